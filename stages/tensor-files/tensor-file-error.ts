/** A tensor file is malformed or not supported. The message does not name the file. */
export class TensorFileError extends Error {
  override readonly name = "TensorFileError"
}
