/**
 * Something is wrong with an ONNX model or with what is asked of it. The message does not name the file when it comes
 * from a reader of bytes: who opened the file says which it was.
 */
export class OnnxError extends Error {
  override readonly name = "OnnxError"
}

/**
 * Follows a graph. Chains of tens of thousands of nodes, which no encoder has, would leave no stack to follow them with.
 *
 * @throws {OnnxError} in place of the stack's overflow
 */
export function followingGraph<A>(follow: () => A): A {
  try {
    return follow()
  } catch (cause) {
    if (!(cause instanceof RangeError && /call stack/i.test(cause.message))) throw cause
    throw new OnnxError("the graph has chains of nodes that are too long to follow: this is no encoder", {
      cause
    })
  }
}
