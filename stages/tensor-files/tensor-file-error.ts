/** A tensor file is malformed, or holds what is not read here. The message does not name the file. */
export class TensorFileError extends Error {
  override readonly name = "TensorFileError"
}
