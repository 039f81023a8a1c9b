/** An encoder in the runtime: checks that it can run, and maps images to taps. */
import type { TypedTensor } from "onnxruntime-node"
import { toFloat16 } from "../../src/support/float16.ts"
import { imageInput } from "./image-flow.ts"
import { loadTapped } from "./load.ts"
import type { Dimension, OnnxGraph } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { weightsInput } from "./patch.ts"
import type { Provider, Runtime } from "./providers.ts"
import { joinBatches, repeatRows, type TapOutputs, type TapValues } from "./tap-values.ts"
import type { Tap } from "./tap.ts"

export type { TapOutputs, TapValues } from "./tap-values.ts"

export interface EncoderOptions {
  /** names of taps, or `tensor:NAME` */
  readonly taps: ReadonlyArray<string>
  /** the encoder's taps, if its structure does not reveal them: see `describeGiven` */
  readonly known?: ReadonlyArray<Tap> | null
  /** Output pooled rows instead of all tokens; see `TapOptions.pool`. */
  readonly pool?: boolean
  /** threads of the runtime: several sessions with one thread each are faster than one session with several */
  readonly threads?: number
  /** the provider that computes; default: `cpu` */
  readonly provider?: Provider
  /** default: onnxruntime-node; a test may pass its own */
  readonly runtime?: Runtime
}
export interface EncoderSession {
  /**
   * Runs a batch of pixels [B, 3, H, W], normalised for the encoder; for an encoder with float16 inputs they are rounded
   * like `pixels.half()`. With pooling it takes weights [B, R, T] with `rows` R ≥ 2 (`TapOptions.pool` explains why not
   * one). A model with a fixed batch size runs as often as needed. Blocks this thread.
   *
   * @returns by tap, float32 [B, T, D] or pooled [B, R, D]; a tap without tokens (`pooled`) is [B, D], or with pooling
   * repeated in each of R rows
   * @throws {OnnxError} sizes that do not fit the model or each other, or an error of the runtime
   */
  run(pixels: Float32Array, shape: ImageShape, weights?: Float32Array, rows?: number): Promise<TapOutputs>
  release(): Promise<void>
}

/**
 * Loads an encoder with taps.
 *
 * @throws {OnnxError} the file is missing, corrupt or not a vision transformer, a tap does not exist, or the runtime
 * cannot load it or lacks the provider
 */
export async function openEncoder(
  file: string,
  { taps, known = null, pool = false, threads = 1, provider = "cpu", runtime }: EncoderOptions
): Promise<EncoderSession> {
  const used = runtime ?? (await import("onnxruntime-node"))
  const { Tensor } = used
  const { model, tapped, session } = await loadTapped(file, {
    taps,
    known,
    pool,
    threads,
    provider,
    runtime: used
  })
  const input = imageInput(model.graph)
  const [reason = unnameable([input.name, ...tapped.outputs.values()])] = reasonsNotRun(model.graph)
  if (reason !== undefined) {
    await session.release()
    throw new OnnxError(`${file}: ${reason}`)
  }

  const runOnce = async (
    pixels: Float32Array,
    shape: ImageShape,
    weights: Float32Array | null,
    rows: number
  ) => {
    const feeds: Record<string, TypedTensor<"float32" | "float16">> = {
      [input.name]:
        input.elementType === "float16"
          ? new Tensor("float16", toFloat16(pixels), shape)
          : new Tensor("float32", pixels, shape)
    }
    if (weights !== null) {
      const tokens = weights.length / (shape[0] * rows)
      feeds[weightsInput] = new Tensor("float32", weights, [shape[0], rows, tokens])
    }
    const results = await session.run(feeds, [...new Set(tapped.outputs.values())]).catch((error: Error) => {
      throw new OnnxError(`${file}: onnxruntime failed on images [${shape.join(", ")}]: ${error.message}`, {
        cause: error
      })
    })
    const values = [...tapped.outputs].map(([tap, output]): [string, TapValues] => {
      const { data, dims } = results[output] as TypedTensor<"float32">
      const value = { data, shape: dims }
      return [tap, weights === null ? value : pooledRows(file, tap, value, shape[0], rows)]
    })
    return Object.fromEntries(values)
  }

  return {
    async run(pixels, shape, weights, rows = 0) {
      checkImages(file, input, pixels, shape)
      if (pool) checkWeights(file, shape[0], weights, rows)
      const given = pool ? weights! : null
      const size = batchSize(input)
      if (size === null || size === shape[0]) return runOnce(pixels, shape, given, rows)
      const [batch, ...image] = shape
      const parts: Array<TapOutputs> = []
      for (let from = 0; from < batch; from += size) {
        const part = (all: Float32Array) => padded(all, from, size, all.length / batch)
        parts.push(await runOnce(part(pixels), [size, ...image], given && part(given), rows))
      }
      return joinBatches(parts, batch)
    },
    release: () => session.release()
  }
}

/** The runtime's JavaScript interface stores inputs and outputs as properties of plain objects. */
const unnameable = (tensors: ReadonlyArray<string>): string | undefined =>
  tensors.includes("__proto__")
    ? 'an input or output tensor is named "__proto__", which onnxruntime cannot handle: rename it in the model'
    : undefined

const batchSize = ({ dims }: { readonly dims: ReadonlyArray<Dimension> }): number | null =>
  typeof dims[0] === "number" && dims[0] > 0 ? dims[0] : null

/** `size` items starting at `from`, padded with zeros. */
function padded(all: Float32Array, from: number, size: number, item: number): Float32Array {
  const part = all.subarray(from * item, (from + size) * item)
  if (part.length === size * item) return part
  const whole = new Float32Array(size * item)
  whole.set(part)
  return whole
}

/** @throws {OnnxError} a tap to be pooled is neither [batch, rows, width] nor [batch, width] */
function pooledRows(file: string, tap: string, value: TapValues, batch: number, rows: number): TapValues {
  const { shape } = value
  if (shape.length === 2 && shape[0] === batch) return repeatRows(value, rows)
  if (shape.length === 3 && shape[0] === batch && shape[1] === rows) return value
  throw new OnnxError(
    `${file}: the tap ${tap}, for ${batch} images and ${rows} pooled rows, has shape [${shape.join(", ")}]; it must be [batch, tokens, width] or [batch, width]`
  )
}

export type ImageShape = readonly [batch: number, channels: number, height: number, width: number]

/** @throws {OnnxError} a shape that the model does not accept, or that does not fit the pixels */
function checkImages(
  file: string,
  input: { readonly name: string; readonly dims: ReadonlyArray<Dimension> },
  pixels: Float32Array,
  shape: ImageShape
): void {
  const given = `images [${shape.join(", ")}]`
  const wanted = input.dims.slice(1)
  if (wanted.some((size, i) => typeof size === "number" && size !== shape[i + 1])) {
    const layout = shape[3] === 3 && shape[1] !== 3 ? ": put channels before height and width" : ""
    throw new OnnxError(
      `${file}: ${given} do not fit its input ${input.name}, which takes [batch, ${wanted.join(", ")}]${layout}`
    )
  }
  const size = shape.reduce((a, b) => a * b, 1)
  if (pixels.length !== size || size === 0) {
    throw new OnnxError(`${file}: ${given} need ${size} values, at least one, but have ${pixels.length}`)
  }
}

/** @throws {OnnxError} weights are missing, or do not divide into rows */
function checkWeights(file: string, batch: number, weights: Float32Array | undefined, rows: number): void {
  const isWhole = weights !== undefined && rows > 0 && weights.length % (batch * rows) === 0
  if (isWhole && weights.length > 0) return
  throw new OnnxError(
    `${file}: pooling needs weights [${batch}, rows, tokens], but got ${weights?.length ?? 0} values and ${rows} rows`
  )
}

/**
 * Why a model cannot run on images alone; empty if it can.
 *
 * @throws {OnnxError} no input takes images
 */
export function reasonsNotRun(graph: OnnxGraph): ReadonlyArray<string> {
  const { name: image, elementType } = imageInput(graph)
  const reasons: Array<string> = []
  if (elementType !== "float32" && elementType !== "float16") {
    reasons.push(
      `its input ${image} takes ${elementType}: export it with float32 or float16 inputs (weights may stay as they are)`
    )
  }
  const others = graph.inputs.filter(
    ({ name }) => name !== image && name !== weightsInput && !graph.initializers.has(name)
  )
  if (others.length > 0) {
    const names = others.map(({ name }) => name).join(", ")
    reasons.push(`it also needs ${names}: export the vision encoder alone`)
  }
  return reasons
}
