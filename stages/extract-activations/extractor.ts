/**
 * The extractor turns images into the selected rows of every tap.
 *
 * While one batch is in the runtime, the next is decoded and the files of the one after are read, but no more, so
 * that memory does not depend on the number of images. Selected rows are pooled in the graph, so that only they leave
 * the runtime.
 */
import type { Failed, FileHandle, StageContext } from "../../src/index.ts"
import { type Encoder, type ResolvedEncoder, resolveEncoderFile } from "../vision/encoder.ts"
import type { TokenRow } from "../tables/tokens.ts"
import { patchCount } from "../vision/grid.ts"
import { chooseTaps } from "../onnx/tap.ts"
import { OnnxError } from "../onnx/onnx-error.ts"
import type { Provider, Runtime } from "../onnx/providers.ts"
import { type EncoderSession, openEncoder } from "../onnx/session.ts"
import {
  type ActivationRow,
  activationRows,
  type EncoderFacts,
  pixelsOf,
  poolingOf,
  poolingWeights
} from "./activation-rows.ts"
import { encoderDigest } from "./encoder-digest.ts"
import { InputReader } from "./inputs.ts"
import type { Precision } from "./precision.ts"

/**
 * Images in the runtime at a time. On the CPU a few are fastest (docs/performance.md), and any number gives
 * bit-identical values (tested). On other providers, where this was not measured, each image runs alone, so that it
 * cannot depend on others.
 */
const batchSizeOf = (provider: Provider): number => (provider === "cpu" ? 4 : 1)
/** At least two: for a single row the runtime uses another kernel, with sums that differ in the last bits. */
const fewestRows = 2

export interface ExtractorOptions {
  readonly encoder: Encoder
  /** names or patterns */
  readonly taps: string
  readonly precision: Precision
  readonly provider: Provider
}
interface Item {
  readonly id: string
  readonly scenes: { readonly image: FileHandle }
  readonly tokens: ReadonlyArray<TokenRow>
}
type Result = ReadonlyArray<ActivationRow> | Failed

export class Extractor implements AsyncDisposable {
  readonly #session: EncoderSession
  readonly #taps: ReadonlyArray<string>
  readonly #precision: Precision
  readonly #batchSize: number
  readonly #size: { readonly height: number; readonly width: number }
  /** tokens per image: the prefix and the patches */
  readonly #tokens: number
  readonly #reader: InputReader
  readonly #facts: EncoderFacts
  private constructor(
    session: EncoderSession,
    { grid, inputSize, preprocessing }: ResolvedEncoder,
    facts: EncoderFacts,
    taps: ReadonlyArray<string>,
    { precision, provider }: ExtractorOptions
  ) {
    this.#session = session
    this.#taps = taps
    this.#precision = precision
    this.#batchSize = batchSizeOf(provider)
    this.#size = inputSize
    this.#tokens = grid.prefix + patchCount(grid)
    this.#reader = new InputReader(preprocessing, this.#size)
    this.#facts = facts
  }

  /**
   * Fails if the file is not a vision transformer, a tap does not exist, or the runtime cannot load or run the model
   * or lacks the provider. Runs an image of zeros first, so that a fault of the model is not reported for each image.
   *
   * @param runtime default: onnxruntime-node; a test may pass its own
   */
  static async open(options: ExtractorOptions, runtime?: Runtime): Promise<Extractor> {
    const { encoder, provider } = options
    const resolved = await resolveEncoderFile(encoder)
    const taps = chooseTaps(resolved.description.taps, options.taps).map(({ name }) => name)
    const session = await openEncoder(resolved.model, {
      taps,
      known: resolved.description.taps,
      pool: true,
      threads: 1,
      provider,
      ...(runtime === undefined ? {} : { runtime })
    })
    try {
      const facts = {
        encoder_digest: await encoderDigest(options, resolved),
        // taps that are given by tensor may tell of no block
        blocks: resolved.description.blocks || null
      }
      const extractor = new Extractor(session, resolved, facts, taps, options)
      await extractor.#tryZeros()
      return extractor
    } catch (error) {
      await session.release()
      throw error
    }
  }

  /** @throws {OnnxError} the runtime cannot compute the taps of an image of zeros */
  async #tryZeros(): Promise<void> {
    const { height, width } = this.#size
    try {
      await this.#session.run(
        new Float32Array(3 * height * width),
        [1, 3, height, width],
        new Float32Array(fewestRows * this.#tokens),
        fewestRows
      )
    } catch (error) {
      throw new OnnxError(
        `${(error as Error).message} (on a test image of zeros, so the model is at fault: its only input must be images [batch, 3, height, width])`,
        { cause: error }
      )
    }
  }

  /** One result per item, in order. An unreadable image fails only its item. */
  async extract(
    items: ReadonlyArray<Item>,
    { signal, progress }: Pick<StageContext, "signal" | "progress">
  ): Promise<ReadonlyArray<Result>> {
    const results = new Map<string, Result>()
    // a scene with no selected tokens need not be decoded
    const asked = items.filter(({ tokens }) => tokens.length > 0)
    const batches = Array.from({ length: Math.ceil(asked.length / this.#batchSize) }, (_, i) =>
      asked.slice(i * this.#batchSize, (i + 1) * this.#batchSize)
    )
    const open = (i: number) =>
      Promise.all((batches[i] ?? []).map(({ scenes }) => this.#reader.open(scenes.image)))
    const decode = async (opened: ReturnType<typeof open>) =>
      Promise.all((await opened).map((one) => this.#reader.input(one)))
    let opened = open(1)
    let inputs = decode(open(0))
    for (const [i, batch] of batches.entries()) {
      const ready = await inputs
      // The runtime blocks this thread, so work for other threads must start before.
      await opened
      inputs = decode(opened)
      opened = open(i + 2)
      signal.throwIfAborted()
      for (const [id, result] of await this.#run(batch, ready)) results.set(id, result)
      progress(results.size, items.length)
    }
    return items.map(({ id }) => results.get(id) ?? [])
  }

  async #run(
    batch: ReadonlyArray<Item>,
    inputs: ReadonlyArray<Float32Array | Failed>
  ): Promise<ReadonlyArray<readonly [string, Result]>> {
    const good: Array<{ readonly item: Item; readonly input: Float32Array }> = []
    const results: Array<readonly [string, Result]> = []
    for (const [i, item] of batch.entries()) {
      const input = inputs[i]!
      if (input instanceof Float32Array) good.push({ item, input })
      else results.push([item.id, input])
    }
    if (good.length === 0) return results
    const { height, width } = this.#size
    const poolings = good.map(({ item }) => poolingOf(item.tokens))
    const rows = Math.max(fewestRows, ...poolings.map(({ vectors }) => vectors.length))
    const outputs = await this.#session.run(
      joined(good.map(({ input }) => input)),
      [good.length, 3, height, width],
      poolingWeights(poolings, rows, this.#tokens),
      rows
    )
    for (const [i, { item, input }] of good.entries()) {
      const same = { ...this.#facts, pixels: pixelsOf(input) }
      const kept = activationRows(poolings[i]!, same, i, rows, outputs, this.#taps, this.#precision)
      results.push([item.id, kept])
    }
    return results
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release()
  }
}

/** Concatenates inputs; a single one is not copied. */
function joined(inputs: ReadonlyArray<Float32Array>): Float32Array {
  const [first, ...others] = inputs
  if (others.length === 0) return first!
  const all = new Float32Array(inputs.length * first!.length)
  for (const [i, input] of inputs.entries()) all.set(input, i * input.length)
  return all
}
