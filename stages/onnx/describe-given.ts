/** An encoder described with what a user says of it, for graphs that do not tell it all. */
import { describeEncoder, describeInput, type EncoderDescription } from "./describe.ts"
import { expandTaps, type GivenTap } from "./given-taps.ts"
import { indexGraph } from "./graph-index.ts"
import { dependents, flowTo, imageInput } from "./image-flow.ts"
import type { Model } from "./model.ts"
import { followingGraph, OnnxError } from "./onnx-error.ts"
import { patchEmbedding } from "./patch-embedding.ts"
import { concatenatedPrefix } from "./prefix-tokens.ts"
import type { Tap } from "./tap.ts"

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
