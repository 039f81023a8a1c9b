/** The stem of an encoder, before the residual stream: patch embedding, parameter tokens and positions. */
import { own } from "../../src/support/own.ts"
import type { GraphIndex } from "./graph-index.ts"
import type { Flow } from "./image-flow.ts"
import type { OnnxNode } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { isAddition } from "./operators.ts"
import { dimsOf, parameterDims } from "./tensor-facts.ts"

/** In pixels. */
export interface PatchSize {
  readonly height: number
  readonly width: number
}
export interface PatchEmbedding {
  /** the stride; in vision transformers also the kernel size */
  readonly patch: PatchSize
  /** channels of the last convolution: the transformer's hidden size */
  readonly width: number
}

/** The nodes that turn pixels into patches, before the stream; `end` is the position in the flow where it begins. */
const stem = ({ nodes }: Flow, end: number): ReadonlyArray<OnnxNode> => nodes.slice(0, end + 1)

/**
 * Finds the convolutions before the stream; if there are several (a convolutional stem, a residual network), their
 * strides along a path are multiplied. Without any (patches made by reshaping and a product), the patch size must be
 * given.
 *
 * @throws {OnnxError} no convolution has a stride and no size is given, or convolutions are not two-dimensional
 */
export function patchEmbedding(
  index: GraphIndex,
  flow: Flow,
  end: number,
  given: PatchSize | null = null
): PatchEmbedding {
  const convolutions = stem(flow, end).filter(({ op }) => own(convolutionWeight, op) !== undefined)
  const patch = strideAt(flow, end)
  const last = convolutions.at(-1)
  const isCut = last !== undefined && patch.height * patch.width > 1
  if (!isCut && given === null) {
    throw new OnnxError(
      "no convolution cuts the image into patches, so the graph does not show the patch size: give it, as in onnx(path, { patch: 16, prefix: 1 })"
    )
  }
  const width = isCut
    ? dimsOf(index, last.inputs[own(convolutionWeight, last.op)!]!)?.[0]
    : productWidth(index, flow, end)
  if (width === undefined) {
    throw new OnnxError(`the weights of the patch embedding ${last?.name ?? ""} have no shape in the file`)
  }
  return { patch: given ?? patch, width }
}

const poolings = new Set(["MaxPool", "AveragePool", "LpPool", "QLinearAveragePool"])

/**
 * Image pixels per step of the output of the node at `end`. Parallel paths (a block and the convolution on its
 * shortcut) give the same; a path that discards positions (squeeze and excitation) gives less than the other.
 */
function strideAt({ nodes, place }: Flow, end: number): PatchSize {
  const strides: Array<PatchSize> = []
  for (const { op, inputs, integers } of nodes.slice(0, end + 1)) {
    let [height, width] = [1, 1]
    for (const name of inputs) {
      const before = strides[place.get(name) ?? -1]
      height = Math.max(height, before?.height ?? 1)
      width = Math.max(width, before?.width ?? 1)
    }
    if (own(convolutionWeight, op) !== undefined || poolings.has(op)) {
      const [down, across] = integers.get("strides") ?? [1, 1]
      if (down === undefined || across === undefined)
        throw new OnnxError(
          "a convolution before the transformer is not two-dimensional: this is not an image encoder"
        )
      height *= strideOf(down)
      width *= strideOf(across)
    }
    strides.push({ height, width })
  }
  return strides[end] ?? { height: 1, width: 1 }
}

/** @throws {OnnxError} the value in the file is not a valid stride */
function strideOf(stride: number): number {
  if (stride >= 1 && stride < 2 ** 16) return stride
  throw new OnnxError(`the file is invalid: a convolution or a pooling has a stride of ${stride}`)
}

/** The output width of the last product with weights before the stream. */
function productWidth(index: GraphIndex, flow: Flow, end: number): number | undefined {
  const widths = stem(flow, end).map(({ op, inputs, integers }) => {
    const dims = op === "MatMul" || op === "Gemm" ? dimsOf(index, inputs[1]!) : null
    return dims?.at(integers.get("transB")?.[0] === 1 ? 0 : -1)
  })
  return widths.findLast((width) => width !== undefined)
}

/** The index of the weights among a convolution's inputs. */
const convolutionWeight: Readonly<Record<string, number>> = {
  Conv: 1,
  FusedConv: 1,
  ConvInteger: 1,
  QLinearConv: 3
}

interface Concatenated {
  /** class token, registers; null if the weights do not show their number */
  readonly before: number | null
  /** YOLOS' detection tokens; null likewise */
  readonly behind: number | null
}

/**
 * Counts tokens that do not depend on the image and are concatenated to those that do, by the nodes before position
 * `end`.
 */
function concatenated(index: GraphIndex, { nodes, dependsOnImage }: Flow, end: number, width: number) {
  const sum: { -readonly [K in keyof Concatenated]: Concatenated[K] } = { before: 0, behind: 0 }
  for (const { op, inputs } of nodes.slice(0, end)) {
    if (op !== "Concat") continue
    const last = inputs.findLastIndex(dependsOnImage)
    for (const [i, name] of inputs.entries()) {
      if (dependsOnImage(name)) continue
      const side = i < last ? "before" : "behind"
      const dims = parameterDims(index, name)
      // [width], [tokens, width] or [copies, tokens, width]: copies of a fixed batch may be folded in
      const tokens = dims?.at(-1) === width ? (dims.at(-2) ?? 1) : null
      sum[side] = tokens === null || sum[side] === null ? null : sum[side] + tokens
    }
  }
  return sum as Concatenated
}

/**
 * The number of tokens before the patches (class token, registers): constant tokens concatenated before those of the
 * image. Null if the weights do not show their number.
 *
 * @param end the position in the flow where the stream begins
 * @param width the hidden size
 */
export const concatenatedPrefix = (
  index: GraphIndex,
  flow: Flow,
  end: number,
  width: number
): number | null => concatenated(index, flow, end + 1, width).before

/**
 * The number of patches that the position embedding covers: the length of what is added to the tokens before the
 * stream begins, minus the tokens present by then that are not patches. Null if nothing is added or the length is
 * computed (interpolated or cut to the image's size).
 */
export function positionedPatches(index: GraphIndex, flow: Flow, end: number, width: number): number | null {
  for (const [place, { op, inputs }] of flow.nodes.slice(0, end + 1).entries()) {
    if (!isAddition(op)) continue
    for (const name of inputs) {
      if (flow.dependsOnImage(name)) continue
      const dims = parameterDims(index, name)
      // [tokens, width] or [copies, tokens, width]; one row is a bias, or the class token's position
      const tokens = dims?.at(-1) === width && dims.length <= 3 ? (dims.at(-2) ?? 1) : 1
      if (tokens === 1) continue
      const { before, behind } = concatenated(index, flow, place, width)
      return before === null || behind === null ? null : tokens - before - behind
    }
  }
  return null
}
