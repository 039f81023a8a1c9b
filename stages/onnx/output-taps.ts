/** Taps after the stream with one vector per image: `pooled`, and outputs under their own names. */
import { own } from "../../src/support/own.ts"
import type { GraphIndex } from "./graph-index.ts"
import { dependents } from "./image-flow.ts"
import type { OnnxGraph } from "./model.ts"
import { isNorm, passesThrough, productOperands } from "./operators.ts"
import { declaredDims, rankOf } from "./tensor-facts.ts"
import { tensorsWithTokens } from "./stream-taps.ts"
import type { Tap } from "./tap.ts"

/** Names that can be a tap's: they appear in patterns and as column names. */
const ownName = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/

/**
 * `pooled` is a vector of the stream's width that is a slice or mean of its tokens, a norm, or a dense layer with
 * tanh (BERT's pooler). An output of that kind comes first; otherwise it is the input of a linear layer before an
 * output, as in CLIP's projection or a classifier. The result of such a layer is never `pooled`, even if it is as
 * wide as the stream.
 *
 * All other outputs of two dimensions (`image_embeds`, `logits`) are taps under their own names.
 *
 * @param stream its taps
 * @param last a tensor at the end of the stream: only outputs after it are considered
 * @param width of the stream
 */
export function outputTaps(
  index: GraphIndex,
  stream: ReadonlyArray<Tap>,
  last: string,
  width: number
): ReadonlyArray<Tap> {
  const { graph } = index
  const behind = dependents(index, last)
  const isVector = (name: string) => rankOf(index, name, tensorsWithTokens(stream)) === 2
  const vectors = graph.outputs
    .map(({ name }) => name)
    .filter((name) => behind.has(name) && index.producer.has(name) && isVector(name))
  const isPooled = (name: string) => makerOf(index, behind, name).kind === "vector"
  const pooled =
    vectors.find((name) => isPooled(name) && widthOf(index, name) === width) ??
    vectors.flatMap((name) => beforeLinear(index, behind, name, width) ?? []).find((name) => isVector(name))
  const taps = pooled === undefined ? [] : [{ name: "pooled", tensor: pooled }]
  const others = vectors.filter((name) => name !== pooled && name !== "pooled" && ownName.test(name))
  return [...taps, ...others.filter((name) => isFloat(graph, name)).map((name) => ({ name, tensor: name }))]
}

type Maker =
  | { readonly kind: "vector" | "other" }
  /** `width`: of its input, if the weights tell */
  | { readonly kind: "linear"; readonly input: string; readonly width: number | null }

const other: Maker = { kind: "other" }

/** Selects one token, or the mean or maximum of all. */
const takesTokens = new Set([
  "Gather",
  "GatherND",
  "Slice",
  "Split",
  "ReduceMean",
  "ReduceMax",
  "GlobalAveragePool"
])
/** Change only the shape, or lead to an 8-bit product. */
const reshapes = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze", "DynamicQuantizeLinear"])

/** What kind of vector it is, looking back through shapes, biases, scales and quantisation. */
function makerOf(index: GraphIndex, behind: ReadonlySet<string>, tensor: string): Maker {
  const { graph, producer } = index
  for (let name = tensor; ;) {
    const i = producer.get(name)
    if (i === undefined) return other
    const { op, inputs, integers } = graph.nodes[i]!
    if (isNorm(op) || takesTokens.has(op)) return { kind: "vector" }
    // a Gemm fused with its activation by onnxruntime
    if (op === "FusedGemm") return { kind: "vector" }
    const operands = inputs.filter((input) => behind.has(input))
    const [operand] = operands
    if (operand === undefined) return other
    if (op === "Tanh") {
      return makerOf(index, behind, operand).kind === "linear" ? { kind: "vector" } : other
    }
    const places = own(productOperands, op)
    if (places !== undefined) {
      const [left, right] = [inputs[places[0]]!, inputs[places[1]]!]
      if (behind.has(right)) return other
      const weight = weightDims(index, right)
      const isTransposed = integers.get("transB")?.[0] === 1
      return {
        kind: "linear",
        input: unquantised(index, left),
        width: weight?.at(isTransposed ? 1 : 0) ?? null
      }
    }
    if (op === "Div") {
      const centred = producer.get(inputs[0]!)
      // (x − mean) / √(variance + ε): a decomposed norm
      if (centred !== undefined && graph.nodes[centred]!.op === "Sub") return { kind: "vector" }
    } else if (op === "Add") {
      if (operands.length > 1) return other
    } else if (!(op === "Mul" || reshapes.has(op) || passesThrough(op))) return other
    name = operand
  }
}

/** The input of the last linear layer before an output, if it is a vector of the stream's width. */
function beforeLinear(
  index: GraphIndex,
  behind: ReadonlySet<string>,
  output: string,
  width: number
): string | null {
  const maker = makerOf(index, behind, output)
  if (maker.kind !== "linear" || (maker.width ?? widthOf(index, maker.input)) !== width) return null
  return makerOf(index, behind, maker.input).kind === "vector" ? maker.input : null
}

function unquantised({ graph, producer }: GraphIndex, tensor: string): string {
  for (let name = tensor; ;) {
    const i = producer.get(name)
    if (i === undefined) return name
    const { op, inputs } = graph.nodes[i]!
    if (!(passesThrough(op) || op === "DynamicQuantizeLinear")) return name
    name = inputs[0]!
  }
}

/** [inputs, outputs] of a weight, through casts and dequantisation; null if computed. */
function weightDims(index: GraphIndex, tensor: string): ReadonlyArray<number> | null {
  const weight = index.graph.initializers.get(tensor)
  if (weight !== undefined) return weight.dims
  const i = index.producer.get(tensor)
  if (i === undefined) return null
  const { op, inputs, constant } = index.graph.nodes[i]!
  if (constant !== null) return constant.dims
  if (op === "Transpose") return weightDims(index, inputs[0]!)?.toReversed() ?? null
  return passesThrough(op) ? weightDims(index, inputs[0]!) : null
}

/** The width of a vector or of its tokens: as declared, or from the parameters of the last step. */
function widthOf(index: GraphIndex, tensor: string): number | null {
  const { graph, producer } = index
  for (let name = tensor; ;) {
    const declared = declaredDims(index, name)?.at(-1)
    if (typeof declared === "number") return declared
    const i = producer.get(name)
    if (i === undefined) return null
    const { op, inputs } = graph.nodes[i]!
    if (!takesTokens.has(op)) {
      const parameter = inputs.map((input) => weightDims(index, input)).find((dims) => dims?.length === 1)
      if (parameter !== undefined && op !== "Squeeze" && op !== "Unsqueeze" && op !== "Reshape") {
        return parameter![0]!
      }
      if (op === "Reshape" || op === "Flatten" || own(productOperands, op) !== undefined) return null
    }
    name = inputs[0]!
  }
}

const isFloat = ({ outputs }: OnnxGraph, name: string): boolean => {
  const type = outputs.find((output) => output.name === name)!.elementType
  return type.startsWith("float") || type === "bfloat16" || type === "undefined"
}
