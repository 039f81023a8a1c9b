/** What a graph reveals about a tensor: its element type, a parameter's dims, and its rank, as declared or inferred. */
import type { GraphIndex } from "./graph-index.ts"
import { type ElementType, elementTypes, type OnnxNode } from "./model.ts"
import { passesThrough, isNorm } from "./operators.ts"

const isFloat = (type: ElementType | undefined): type is ElementType =>
  type === "float32" || type === "float16" || type === "bfloat16" || type === "float64"

/**
 * The floating-point type of a tensor: as declared, or the type of the weights behind it. Exporters often declare
 * only outputs, but a sum has the type of its addends, and that chain ends at a weight or a cast.
 */
export function elementTypeOf({ graph, producer }: GraphIndex, tensor: string): ElementType {
  const declared = [...graph.outputs, ...graph.inputs]
  for (let name = tensor, steps = 0; steps < graph.nodes.length; steps++) {
    const type = declared.find((info) => info.name === name) ?? graph.valueInfo.get(name)
    if (isFloat(type?.elementType)) return type.elementType
    const weight = graph.initializers.get(name)
    if (isFloat(weight?.elementType)) return weight.elementType
    const i = producer.get(name)
    if (i === undefined) break
    const { op, inputs, integers } = graph.nodes[i]!
    if (op === "Cast") return elementTypes[integers.get("to")?.[0] ?? 0] ?? "undefined"
    const weights = inputs.map((input) => graph.initializers.get(input)?.elementType)
    const float = weights.find(isFloat)
    if (float !== undefined) return float
    name = inputs[0]!
  }
  return "float32"
}

/** Dims of a weight, through casts and dequantisation; null if computed. */
export function dimsOf({ graph, producer }: GraphIndex, tensor: string): ReadonlyArray<number> | null {
  for (let name = tensor; ;) {
    const weight = graph.initializers.get(name)
    if (weight !== undefined) return weight.dims
    const i = producer.get(name)
    if (i === undefined) return null
    const { op, inputs, constant } = graph.nodes[i]!
    if (constant !== null) return constant.dims
    if (!passesThrough(op)) return null
    name = inputs[0]!
  }
}

const copies = new Set(["Expand", "Reshape", "Unsqueeze", "Tile"])

/**
 * From a batch of copies back to the single parameter, through casts and quantisation, and through a lookup of rows
 * by a constant list (CLIP's positions).
 */
export function parameterDims(index: GraphIndex, tensor: string): ReadonlyArray<number> | null {
  for (let name = tensor; ;) {
    const dims = dimsOf(index, name)
    if (dims !== null) return dims
    const i = index.producer.get(name)
    if (i === undefined) return null
    const { op, inputs, integers } = index.graph.nodes[i]!
    if (copies.has(op) || passesThrough(op)) name = inputs[0]!
    else if (op !== "Gather" || (integers.get("axis")?.[0] ?? 0) !== 0) return null
    else {
      const [rows, chosen] = [dimsOf(index, inputs[0]!), dimsOf(index, inputs[1]!)]
      return rows?.length === 2 && chosen !== null ? [...chosen, rows[1]!] : null
    }
  }
}

/** Elementwise on one tensor, or along one axis: the result has the rank of the first input. */
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
/** With numpy's broadcasting. */
const broadcasts = new Set(["Add", "Sub", "Mul", "Div", "Pow", "Sum", "Max", "Min"])

/**
 * The rank of a tensor; exporters often declare only outputs. Null if neither a declaration nor the operators on the
 * way tell.
 *
 * @param withTokens tensors known to be [batch, tokens, width]
 *
 * Source of what operators do to shapes: https://onnx.ai/onnx/operators/
 */
export function rankOf(
  index: GraphIndex,
  tensor: string,
  withTokens: ReadonlySet<string> = new Set()
): number | null {
  const { graph, producer } = index
  // a stream's sums reach each tensor on many paths
  const known = new Map<string, number | null>()
  const rank = (name: string): number | null => {
    const found = known.get(name)
    if (found !== undefined) return found
    const declared = declaredDims(index, name)
    const i = producer.get(name)
    // protects against invalid graphs: no tensor is its own input
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

/** Dims as declared in the file: of a weight, a constant, an input, an output or an intermediate tensor. */
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
