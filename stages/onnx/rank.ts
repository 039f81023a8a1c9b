/** How many dimensions a tensor has, as declared or inferred. */
import type { GraphIndex } from "./graph-index.ts"
import type { OnnxNode } from "./model.ts"
import { isNorm, passesThrough } from "./operators.ts"

/** Elementwise of one tensor, or along one of its axes: the result has the dimensions of the first input. */
const keepsRank = new Set([
  "Abs",
  "Clip",
  "Concat",
  "Elu",
  "Erf",
  "Exp",
  "Gelu",
  "HardSigmoid",
  "LeakyRelu",
  "LogSoftmax",
  "LpNormalization",
  "Neg",
  "Reciprocal",
  "Relu",
  "Sigmoid",
  "Slice",
  "Softmax",
  "Sqrt",
  "Tanh",
  "Transpose"
])
/** With broadcasting, as of numpy. */
const broadcasts = new Set(["Add", "Sub", "Mul", "Div", "Pow", "Sum", "Max", "Min"])

/**
 * Exporters often declare outputs alone. Null where neither a declaration nor the operators on the way tell.
 *
 * @param withTokens tensors that are known to be [batch, tokens, width]
 *
 * Source of what operators do to shapes: https://onnx.ai/onnx/operators/
 */
export function rankOf(
  index: GraphIndex,
  tensor: string,
  withTokens: ReadonlySet<string> = new Set()
): number | null {
  const { graph, producer } = index
  // a stream's sums lead to each tensor on many ways
  const known = new Map<string, number | null>()
  const rank = (name: string): number | null => {
    const found = known.get(name)
    if (found !== undefined) return found
    const declared = declaredDims(index, name)
    const i = producer.get(name)
    // for a graph that is wrong: no tensor is its own input
    known.set(name, null)
    const told = declared?.length ?? (withTokens.has(name) ? 3 : null)
    const made = told ?? (i === undefined ? null : rankMade(graph.nodes[i]!, rank, axesOf))
    known.set(name, made)
    return made
  }
  /** The number of axes that a node names: an attribute, or an input since opset 13 or 18. */
  const axesOf = ({ integers, inputs }: OnnxNode): number | null =>
    integers.get("axes")?.length ??
    (inputs[1] ? (declaredDims(index, inputs[1])?.[0] as number) : null) ??
    null
  return rank(tensor)
}

/** Dims as the file tells them: of a weight, a constant, an input, an output, or in between. */
export function declaredDims({ graph, producer }: GraphIndex, name: string) {
  const info = [...graph.outputs, ...graph.inputs].find((port) => port.name === name)
  const i = producer.get(name)
  return (
    graph.initializers.get(name)?.dims ??
    info?.dims ??
    graph.valueInfo.get(name)?.dims ??
    (i === undefined ? null : (graph.nodes[i]!.constant?.dims ?? null))
  )
}

function rankMade(
  node: OnnxNode,
  rank: (name: string) => number | null,
  axesOf: (node: OnnxNode) => number | null
): number | null {
  const { op, inputs, integers } = node
  const [first, second] = inputs
  const by = (change: number | null): number | null => {
    const before = first === undefined ? null : rank(first)
    return before === null || change === null ? null : before + change
  }
  if (op === "Gemm" || op === "FusedGemm" || op === "Flatten") return 2
  if (keepsRank.has(op) || isNorm(op) || passesThrough(op)) return by(0)
  if (op === "Gather" && second !== undefined) {
    const indices = rank(second)
    return by(indices === null ? null : indices - 1)
  }
  const axes = axesOf(node)
  if (op === "Squeeze") return by(axes === null ? null : -axes)
  if (op === "Unsqueeze") return by(axes)
  if (op.startsWith("Reduce")) {
    const isKept = (integers.get("keepdims")?.[0] ?? 1) === 1
    return isKept ? by(0) : by(axes === null ? null : -axes)
  }
  const isProduct = op === "MatMul" || op === "MatMulInteger"
  if (!isProduct && !broadcasts.has(op)) return null
  const ranks = (isProduct ? inputs.slice(0, 2) : inputs).map(rank)
  // a product with a vector loses a dimension
  if (ranks.some((one) => one === null || (isProduct && one < 2))) return null
  return Math.max(...(ranks as ReadonlyArray<number>))
}
