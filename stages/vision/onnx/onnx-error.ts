/**
 * Something is wrong with an ONNX model or with what is asked of it. The message does not name the file when it comes
 * from a reader of bytes: who opened the file says which it was.
 */
export class OnnxError extends Error {
  override readonly name = "OnnxError"
}
