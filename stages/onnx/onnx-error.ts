/**
 * An ONNX model, or a request about it, is invalid. Messages from readers of bytes do not name the file; the caller
 * that opened it adds the name.
 */
export class OnnxError extends Error {
  override readonly name = "OnnxError"
}

/**
 * Runs a recursive walk over a graph. Chains of tens of thousands of nodes, which no encoder has, would overflow the
 * stack.
 *
 * @throws {OnnxError} instead of a stack overflow
 */
export function followingGraph<A>(follow: () => A): A {
  try {
    return follow()
  } catch (cause) {
    if (!(cause instanceof RangeError && /call stack/i.test(cause.message))) throw cause
    throw new OnnxError("the graph has chains of nodes that are too long to follow: this is not an encoder", {
      cause
    })
  }
}
