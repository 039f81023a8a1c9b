/**
 * What an encoder is, read off its graph: how images go in, how many tokens come of them, which taps there are. Where
 * the graph does not tell, a user may (`describeGiven`).
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
  /** in pixels; null where it is free, as `width` */
  readonly height: number | null
  readonly width: number | null
  readonly batch: "dynamic" | number
  readonly elementType: ElementType
}
export interface EncoderDescription {
  readonly input: EncoderInput
  readonly patch: PatchSize
  /** tokens before the patches (class token, registers); null where the graph does not tell: see `prefixTokens` */
  readonly prefixTokens: number | null
  /** patches that its position embedding is for; null where there is none, or it is interpolated */
  readonly positions: number | null
  /** hidden size */
  readonly width: number
  readonly blocks: number
  /** in the order in which they are computed */
  readonly taps: ReadonlyArray<Tap>
  readonly outputs: ReadonlyArray<string>
  /** of ONNX's own operators */
  readonly opset: number
  readonly producer: string
  /** what may be not as it looks */
  readonly warnings: ReadonlyArray<string>
}

/**
 * @param patchSize where the graph does not tell it; then it is not compared with positions either
 * @throws {OnnxError} the graph is not that of a plain vision transformer; the message says what was found, and does
 * not name the file
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

/** @throws {OnnxError} channels are not the three of RGB, or come last */
export function describeInput({
  name,
  dims,
  elementType
}: ValueInfo & { readonly dims: ReadonlyArray<Dimension> }): EncoderInput {
  const [batch, channels, height, width] = dims as [Dimension, Dimension, Dimension, Dimension]
  if (typeof channels === "number" && channels !== 3) {
    const layout = width === 3 ? "channels last; export it with [batch, 3, height, width]" : "not RGB"
    throw new OnnxError(`the input ${name} takes images [${dims.join(", ")}], which is ${layout}`)
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
  /** in place of those that are found by structure */
  readonly taps: ReadonlyArray<GivenTap> | null
  /** the edge of a square patch in pixels */
  readonly patch: number | null
  /** tokens before the patches */
  readonly prefix: number | null
}
/** An encoder as far as its graph and its user tell it. */
export interface PartialDescription extends Omit<EncoderDescription, "width"> {
  /** hidden size; null where the graph does not tell */
  readonly width: number | null
}

/**
 * What is given goes before what the graph says. Without taps, the structure has to be recognised.
 *
 * @throws {OnnxError} as `describeEncoder` and `expandTaps`, or the graph does not tell its patches' size and it is not
 * given either; the message does not name the file
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
    const { patch: own, prefixTokens, width, warnings } = found
    return {
      ...base,
      width,
      patch: patch ?? own,
      prefixTokens: given.prefix ?? prefixTokens,
      positions: patch === null ? found.positions : null,
      warnings
    }
  }
  // all that comes before the first tap stands for the stem
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

const blocksNamed = (taps: ReadonlyArray<Tap>): number =>
  new Set(taps.flatMap(({ name }) => /^block\.(\d+)\./.exec(name)?.[1] ?? [])).size
