/**
 * The extractor: images in, the selected rows of every tap out.
 *
 * Images are decoded while the images before them are in the runtime, a batch ahead. Selected rows are pooled in the
 * graph itself, so that only they leave the runtime.
 */
import { type Failed, failed, type FileHandle, type StageContext } from "../../src/index.ts"
import { decodeImage } from "../vision/image.ts"
import { type Encoder, type ResolvedEncoder, resolveEncoderFile } from "../vision/encoder.ts"
import { patchCount } from "../vision/grid.ts"
import { chooseTaps } from "../vision/onnx/choose-taps.ts"
import { type EncoderSession, openEncoder } from "../vision/onnx/session.ts"
import { preprocessInto } from "../vision/preprocess.ts"

/** Images in the runtime at a time: more only costs cache (measured: docs/performance.md). */
const batchSize = 4
/** The runtime takes another kernel for a single row, whose sums differ in the last bits: there are always two. */
const fewestRows = 2

interface SelectedTokens {
  readonly source: string
  readonly object: number
  readonly token: string
  readonly indices: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
}
interface Item {
  readonly id: string
  readonly scenes: { readonly image: FileHandle }
  readonly tokens: ReadonlyArray<SelectedTokens>
}
interface ActivationRow {
  readonly source: string
  readonly object: number
  readonly token: string
  readonly activation: Readonly<Record<string, Float32Array>>
}
type Result = ReadonlyArray<ActivationRow> | Failed

export class Extractor implements AsyncDisposable {
  readonly #session: EncoderSession
  readonly #encoder: ResolvedEncoder
  readonly #taps: ReadonlyArray<string>
  readonly #size: { readonly height: number; readonly width: number }
  private constructor(session: EncoderSession, encoder: ResolvedEncoder, taps: ReadonlyArray<string>) {
    this.#session = session
    this.#encoder = encoder
    this.#taps = taps
    const { rows, columns } = encoder.grid
    const { patch } = encoder.description
    this.#size = encoder.preprocessing.crop ?? { height: rows * patch.height, width: columns * patch.width }
  }

  /** Fails when the file is no vision transformer, a tap is not there, or the runtime cannot load it. */
  static async open(encoder: Encoder, patterns: string): Promise<Extractor> {
    const resolved = await resolveEncoderFile(encoder)
    const taps = chooseTaps(resolved.description.taps, patterns)
    const session = await openEncoder(encoder.model.path, {
      taps: taps.map(({ name }) => name),
      pool: true,
      threads: 1
    })
    return new Extractor(
      session,
      resolved,
      taps.map(({ name }) => name)
    )
  }

  /** As many results as items, in their order. An image that cannot be read fails its item alone. */
  async extract(
    items: ReadonlyArray<Item>,
    { signal, progress }: StageContext
  ): Promise<ReadonlyArray<Result>> {
    const results = new Map<string, Result>()
    // a scene of which nothing was selected need not be decoded
    const asked = items.filter(({ tokens }) => tokens.length > 0)
    const batches = Array.from({ length: Math.ceil(asked.length / batchSize) }, (_, i) =>
      asked.slice(i * batchSize, (i + 1) * batchSize)
    )
    let next = batches[0] === undefined ? null : this.#load(batches[0])
    for (const [i, batch] of batches.entries()) {
      const loaded = await next!
      next = batches[i + 1] === undefined ? null : this.#load(batches[i + 1]!)
      signal.throwIfAborted()
      for (const [id, result] of await this.#run(batch, loaded)) results.set(id, result)
      progress(results.size, items.length)
    }
    return items.map(({ id }) => results.get(id) ?? [])
  }

  /** Each image as the encoder's input [3, H, W], or why it has none. */
  #load(batch: ReadonlyArray<Item>): Promise<ReadonlyArray<Float32Array | Failed>> {
    return Promise.all(
      batch.map(async ({ scenes: { image } }) => {
        try {
          const decoded = await decodeImage(await image.bytes())
          const input = new Float32Array(3 * this.#size.height * this.#size.width)
          preprocessInto(decoded, this.#encoder.preprocessing, input, 0)
          return input
        } catch (error) {
          return failed(`${image.name}: ${(error as Error).message}`)
        }
      })
    )
  }

  async #run(
    batch: ReadonlyArray<Item>,
    loaded: ReadonlyArray<Float32Array | Failed>
  ): Promise<ReadonlyArray<readonly [string, Result]>> {
    const good = batch.flatMap((item, i) => {
      const input = loaded[i]!
      return input instanceof Float32Array ? [{ item, input }] : []
    })
    const bad = batch.flatMap(({ id }, i) => {
      const input = loaded[i]!
      return input instanceof Float32Array ? [] : [[id, input] as const]
    })
    if (good.length === 0) return bad
    const { height, width } = this.#size
    const pixels = new Float32Array(good.length * 3 * height * width)
    good.forEach(({ input }, i) => pixels.set(input, i * input.length))
    const rows = Math.max(fewestRows, ...good.map(({ item }) => item.tokens.length))
    const weights = this.#weights(
      good.map(({ item }) => item.tokens),
      rows
    )
    const outputs = await this.#session.run(pixels, [good.length, 3, height, width], weights, rows)
    return [...bad, ...good.map(({ item }, i) => [item.id, this.#rows(item, i, rows, outputs)] as const)]
  }

  /** [batch, rows, tokens], zero where an item has fewer rows than its neighbours. */
  #weights(selections: ReadonlyArray<ReadonlyArray<SelectedTokens>>, rows: number): Float32Array {
    const { grid } = this.#encoder
    const tokens = grid.prefix + patchCount(grid)
    const all = new Float32Array(selections.length * rows * tokens)
    selections.forEach((selection, item) =>
      selection.forEach(({ indices, weights }, row) => {
        const at = (item * rows + row) * tokens
        indices.forEach((token, k) => (all[at + token] = weights[k]!))
      })
    )
    return all
  }

  #rows(
    item: Item,
    index: number,
    rows: number,
    outputs: Readonly<Record<string, { readonly data: Float32Array; readonly shape: ReadonlyArray<number> }>>
  ): Result {
    const result: Array<ActivationRow> = []
    for (const [row, { source, object, token }] of item.tokens.entries()) {
      const activation: Record<string, Float32Array> = {}
      for (const tap of this.#taps) {
        const { data, shape } = outputs[tap]!
        const size = shape.at(-1)!
        const from = (index * rows + row) * size
        const values = data.slice(from, from + size)
        if (!values.every(Number.isFinite)) return failed(`tap ${tap} is not finite at ${token} of ${source}`)
        activation[tap] = values
      }
      result.push({ source, object, token, activation })
    }
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release()
  }
}
