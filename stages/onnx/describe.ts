/** What an encoder is, read off its graph: how images go in, how many tokens come of them, which taps there are. */
import { imageInput, originPlace } from "./image-flow.ts"
import type { Dimension, ElementType, Model, ValueInfo } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { outputTaps } from "./output-taps.ts"
import { patchEmbedding, type PatchSize } from "./patch-embedding.ts"
import { concatenatedPrefix, positionedPatches } from "./prefix-tokens.ts"
import { residualStream } from "./residual-stream.ts"
import { blocksOf, streamTaps } from "./taps.ts"
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
