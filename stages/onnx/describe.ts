/**
 * Describes an encoder from its graph: its image input, number of tokens, and taps. A user may supply what the graph
 * does not reveal (`describeGiven`).
 */
import { expandTaps, type GivenTap } from "./given-taps.ts"
import { indexGraph } from "./graph-index.ts"
import { imageInput, originPlace, dependents, flowTo } from "./image-flow.ts"
import type { Dimension, ElementType, Model, ValueInfo } from "./model.ts"
import { OnnxError, followingGraph } from "./onnx-error.ts"
import { outputTaps } from "./output-taps.ts"
import { residualStream } from "./residual-stream.ts"
import { patchEmbedding, type PatchSize, concatenatedPrefix, positionedPatches } from "./stem.ts"
import { blocksOf, streamTaps } from "./stream-taps.ts"
import type { Tap } from "./tap.ts"

export interface EncoderInput {
  readonly name: string
  /** in pixels; null if free, like `width` */
  readonly height: number | null
  readonly width: number | null
  readonly batch: "dynamic" | number
  readonly elementType: ElementType
}
export interface EncoderDescription {
  readonly input: EncoderInput
  readonly patch: PatchSize
  /** tokens before the patches (class token, registers); null if the graph does not say: see `prefixTokens` */
  readonly prefixTokens: number | null
  /** patches that the position embedding covers; null if there is none or it is interpolated */
  readonly positions: number | null
  /** hidden size */
  readonly width: number
  readonly blocks: number
  /** in the order of computation */
  readonly taps: ReadonlyArray<Tap>
  readonly outputs: ReadonlyArray<string>
  /** version of ONNX's own operator set */
  readonly opset: number
  readonly producer: string
  /** findings that may be misleading */
  readonly warnings: ReadonlyArray<string>
}

/**
 * @param patchSize for graphs that do not tell it; then it is not checked against positions either
 * @throws {OnnxError} the graph is not a plain vision transformer; the message says what was found, without the
 *   file's name
 */
export function describeEncoder(model: Model, patchSize: PatchSize | null = null): EncoderDescription {
  const stream = residualStream(model)
  const { index, flow, additions, warnings } = stream
  const end = originPlace(flow, additions[0]!.skip) ?? 0
  const { patch, width } = patchEmbedding(index, flow, end, patchSize)
  const ofStream = streamTaps(stream)
  return {
    input: describeInput(imageInput(model.graph)),
    patch,
    prefixTokens: concatenatedPrefix(index, flow, end, width),
    positions: patchSize === null ? positionedPatches(index, flow, end, width) : null,
    width,
    blocks: blocksOf(additions).length,
    taps: [...ofStream, ...outputTaps(index, ofStream, additions.at(-1)!.node.outputs[0]!, width)],
    outputs: model.graph.outputs.map(({ name }) => name),
    opset: model.opsets.get("") ?? 0,
    producer: model.producer,
    warnings
  }
}

/**
 * The number of tokens before the patches, from the number of all tokens at run time.
 *
 * @throws {OnnxError} there are fewer tokens than patches
 */
export function prefixTokens(
  tokens: number,
  grid: { readonly rows: number; readonly columns: number }
): number {
  const prefix = tokens - grid.rows * grid.columns
  if (prefix >= 0) return prefix
  throw new OnnxError(`${tokens} tokens are fewer than the ${grid.rows}×${grid.columns} patches of the image`)
}

/** @throws {OnnxError} the input does not have three channels, or they come last */
export function describeInput({
  name,
  dims,
  elementType
}: ValueInfo & { readonly dims: ReadonlyArray<Dimension> }): EncoderInput {
  const [batch, channels, height, width] = dims as [Dimension, Dimension, Dimension, Dimension]
  if (typeof channels === "number" && channels !== 3) {
    const layout = width === 3 ? "channels last; export it with [batch, 3, height, width]" : "not RGB"
    throw new OnnxError(`the input ${name} takes images [${dims.join(", ")}]: ${layout}`)
  }
  const fixed = (size: Dimension) => (typeof size === "number" && size > 0 ? size : null)
  return {
    name,
    height: fixed(height),
    width: fixed(width),
    batch: fixed(batch) ?? "dynamic",
    elementType
  }
}

export interface GivenStructure {
  /** replace the taps found by structure */
  readonly taps: ReadonlyArray<GivenTap> | null
  /** the edge of a square patch in pixels */
  readonly patch: number | null
  /** tokens before the patches */
  readonly prefix: number | null
}
/** An encoder as far as its graph and its user describe it. */
export interface PartialDescription extends Omit<EncoderDescription, "width"> {
  /** hidden size; null if the graph does not say */
  readonly width: number | null
}

/**
 * Given values take precedence over the graph. Without taps, the structure must be recognised.
 *
 * @throws {OnnxError} as `describeEncoder` and `expandTaps`, or the patch size is neither in the graph nor given; the
 *   message does not name the file
 */
export const describeGiven = (model: Model, given: GivenStructure): PartialDescription =>
  followingGraph(() => described(model, given))

function described(model: Model, given: GivenStructure): PartialDescription {
  const patch = given.patch === null ? null : { height: given.patch, width: given.patch }
  if (given.taps === null) {
    const found = describeEncoder(model, patch)
    return { ...found, prefixTokens: given.prefix ?? found.prefixTokens }
  }
  const index = indexGraph(model.graph)
  const image = imageInput(model.graph)
  const dependent = dependents(index, image.name)
  const taps = expandTaps(index, dependent, given.taps)
  const base = {
    input: describeInput(image),
    blocks: blocksNamed(taps),
    taps,
    outputs: model.graph.outputs.map(({ name }) => name),
    opset: model.opsets.get("") ?? 0,
    producer: model.producer
  }
  const found = recognised(model)
  if (found !== null) {
    const { patch: own, prefixTokens, width, blocks, warnings } = found
    return {
      ...base,
      blocks,
      width,
      patch: patch ?? own,
      prefixTokens: given.prefix ?? prefixTokens,
      positions: patch === null ? found.positions : null,
      warnings
    }
  }
  // everything before the first tap counts as the stem
  const flow = flowTo(index, image.name, taps[0]!.tensor, dependent)
  const end = flow.nodes.length - 1
  const embedding = patch === null || given.prefix === null ? patchEmbedding(index, flow, end, patch) : null
  return {
    ...base,
    width: embedding?.width ?? null,
    patch: patch ?? embedding!.patch,
    prefixTokens: given.prefix ?? concatenatedPrefix(index, flow, end, embedding!.width),
    positions: null,
    warnings: []
  }
}

function recognised(model: Model): EncoderDescription | null {
  try {
    return describeEncoder(model)
  } catch (error) {
    if (error instanceof OnnxError) return null
    throw error
  }
}

/** As many as the highest number in a tap's name tells: not every block need have a tap. */
const blocksNamed = (taps: ReadonlyArray<Tap>): number =>
  taps.reduce((most, { name }) => Math.max(most, 1 + Number(/^block\.(\d+)\./.exec(name)?.[1] ?? -1)), 0)
