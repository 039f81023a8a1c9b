/** What an encoder is, read off its graph: how images go in, how many tokens come of them, which taps there are. */
import type { GraphIndex } from "./graph-index.ts"
import { dependents, imageInput, originPlace } from "./image-flow.ts"
import type { Dimension, ElementType, Model, ValueInfo } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { patchEmbedding, type PatchSize } from "./patch-embedding.ts"
import { concatenatedPrefix, positionedPatches } from "./prefix-tokens.ts"
import { residualStream, type ResidualStream } from "./residual-stream.ts"
import { blocksOf, streamTaps, type Tap } from "./taps.ts"

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
  return {
    input: describeInput(imageInput(model.graph)),
    patch,
    prefixTokens: concatenatedPrefix(index, flow, end, width),
    positions: patchSize === null ? positionedPatches(index, flow, end, width) : null,
    width,
    blocks: blocksOf(additions).length,
    taps: [...streamTaps(stream), ...pooledTap(model, stream, width)],
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

/** An output that has one vector of the hidden size for an image, of those behind the stream. */
function pooledTap({ graph }: Model, { index, additions }: ResidualStream, width: number) {
  const behind = dependents(index, additions.at(-1)!.node.outputs[0]!)
  const pooled = graph.outputs.find(({ name, dims }) => {
    if (dims?.length !== 2 || !behind.has(name)) return false
    // some exporters leave the size open: then the weights of the last step tell
    return (typeof dims[1] === "number" ? dims[1] : lastWidth(index, name)) === width
  })
  return pooled === undefined ? [] : [{ name: "pooled", tensor: pooled.name }]
}

function lastWidth({ graph, producer }: GraphIndex, tensor: string): number | null {
  for (let name = tensor; ;) {
    const i = producer.get(name)
    if (i === undefined) return null
    const { op, inputs } = graph.nodes[i]!
    for (const input of inputs) {
      const dims = graph.initializers.get(input)?.dims
      if (dims?.length === 1 && !takesOneToken(op)) return dims[0]!
    }
    if (!takesOneToken(op)) return null
    name = inputs[0]!
  }
}
const takesOneToken = (op: string) => op === "Gather" || op === "Slice" || op === "Squeeze"
