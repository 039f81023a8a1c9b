/** How an image becomes tokens: the convolution that cuts it into patches, and the tokens that are put before them. */
import type { GraphIndex } from "./graph-index.ts"
import type { Node } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { passesThrough } from "./operators.ts"
import type { Flow } from "./image-flow.ts"

/** In pixels. */
export interface PatchSize {
  readonly height: number
  readonly width: number
}
export interface PatchEmbedding {
  /** the stride, which for vision transformers is the kernel's size too */
  readonly patch: PatchSize
  /** channels of the last convolution: the transformer's hidden size */
  readonly width: number
}

/** What makes patches of pixels is found before the stream begins: `end` is the place in the flow where it does. */
const stem = ({ nodes }: Flow, end: number): ReadonlyArray<Node> => nodes.slice(0, end + 1)

/**
 * The convolutions before the stream; with several (a convolutional stem) their strides are multiplied. Without one
 * (patches are cut by reshaping, and multiplied), the patches' size has to be given.
 *
 * @throws {OnnxError} there is none with a stride and no size is given, or not in two dimensions
 */
export function patchEmbedding(
  index: GraphIndex,
  flow: Flow,
  end: number,
  given: PatchSize | null = null
): PatchEmbedding {
  const convolutions = stem(flow, end).filter(({ op }) => convolutionWeight[op] !== undefined)
  const patch = { height: 1, width: 1 }
  for (const { integers } of convolutions) {
    const [height, width] = integers.get("strides") ?? [1, 1]
    if (height === undefined || width === undefined) {
      throw new OnnxError(
        "a convolution before the transformer has not two dimensions: this is no image encoder"
      )
    }
    patch.height *= height
    patch.width *= width
  }
  const last = convolutions.at(-1)
  const isCut = last !== undefined && patch.height * patch.width > 1
  if (!isCut && given === null) {
    throw new OnnxError(
      "no convolution cuts the image into patches, so that the size of its token grid is not in the graph: give it, as in onnx(path, { patch: 16, prefix: 1 })"
    )
  }
  const width = isCut
    ? dimsOf(index, last.inputs[convolutionWeight[last.op]!]!)?.[0]
    : productWidth(index, flow, end)
  if (width === undefined) {
    throw new OnnxError(`the weights of the patch embedding ${last?.name ?? ""} have no shape in the file`)
  }
  return { patch: given ?? patch, width }
}

/** The width of what the last product with weights before the stream gives. */
function productWidth(index: GraphIndex, flow: Flow, end: number): number | undefined {
  const widths = stem(flow, end).map(({ op, inputs, integers }) => {
    const dims = op === "MatMul" || op === "Gemm" ? dimsOf(index, inputs[1]!) : null
    return dims?.at(integers.get("transB")?.[0] === 1 ? 0 : -1)
  })
  return widths.findLast((width) => width !== undefined)
}

/** The place of the weights among a convolution's inputs. */
const convolutionWeight: Readonly<Record<string, number>> = {
  Conv: 1,
  FusedConv: 1,
  ConvInteger: 1,
  QLinearConv: 3
}

/**
 * The number of tokens before the patches (class token, registers): what is concatenated before tokens of the image
 * and does not depend on it. Null where its size cannot be read off the weights.
 *
 * @param width the hidden size
 */
export function concatenatedPrefix(index: GraphIndex, flow: Flow, end: number, width: number): number | null {
  let prefix = 0
  for (const { op, inputs } of stem(flow, end)) {
    if (op !== "Concat") continue
    // what comes after the last patch (YOLOS' detection tokens) is no prefix
    for (const name of inputs.slice(0, inputs.findLastIndex(flow.dependsOnImage))) {
      if (flow.dependsOnImage(name)) continue
      const dims = parameterDims(index, name)
      if (dims?.at(-1) !== width) return null
      // [width], [tokens, width] or [copies, tokens, width]: a fixed batch's copies may be folded in
      prefix += dims.at(-2) ?? 1
    }
  }
  return prefix
}

/** From a batch of copies back to the one parameter, whatever casts and quantisation are between them. */
const copies = new Set(["Expand", "Reshape", "Unsqueeze", "Tile"])

function parameterDims(index: GraphIndex, tensor: string): ReadonlyArray<number> | null {
  const dims = dimsOf(index, tensor)
  if (dims !== null) return dims
  const i = index.producer.get(tensor)
  if (i === undefined) return null
  const { op, inputs } = index.graph.nodes[i]!
  return copies.has(op) || passesThrough(op) ? parameterDims(index, inputs[0]!) : null
}

/** Dims of a weight, through casts and dequantisation; null if it is computed. */
function dimsOf({ graph, producer }: GraphIndex, tensor: string): ReadonlyArray<number> | null {
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
