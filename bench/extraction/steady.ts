/** A worker's job on chunks of images, timed by bench/extraction-steady.mjs. */
import { readFile } from "node:fs/promises"
import * as path from "node:path"
import { failed } from "../../src/index.ts"
import { nodeFileSystem } from "../../src/store/files/file-system.ts"
import { makeStore } from "../../src/store/store.ts"
import { writeShard } from "../../src/store/items/write-shard.ts"
import { Extractor, type ExtractorOptions } from "../../stages/extract-activations/extractor.ts"
import { InputReader } from "../../stages/extract-activations/inputs.ts"
import { activationColumns } from "../../stages/tables/activations.ts"
import { poolingOf, poolingWeights } from "../../stages/extract-activations/activation-rows.ts"
import { resolveEncoderFile } from "../../stages/vision/encoder.ts"
import { patchCount } from "../../stages/vision/grid.ts"
import { chooseTaps } from "../../stages/onnx/tap.ts"
import { openEncoder } from "../../stages/onnx/session.ts"

/** Rows per image: the average of coco.ts over COCO's photographs. */
const rows = 15

export async function openWorker(options: ExtractorOptions, store: string) {
  const { preprocessing, grid, model, description } = await resolveEncoderFile(options.encoder)
  const size = preprocessing.crop
  if (size === null) throw new Error("the bench takes encoders with a crop")
  const reader = new InputReader(preprocessing, size)
  const extractor = await Extractor.open(options)
  const calls = makeStore(store, nodeFileSystem())
  const tokens = Array.from({ length: rows }, (_, object) => ({
    source: "object",
    object,
    token: "avg_obj",
    selection: "aligned",
    task: null,
    indices: [0, 1, 2].map((k) => grid.prefix + object * 3 + k),
    weights: [0.3, 0.3, 0.4]
  }))
  const fileOf = (image: string) => ({
    name: path.basename(image),
    sha256: "",
    size: 0,
    bytes: () => readFile(image)
  })
  const session = await openEncoder(model, {
    taps: chooseTaps(description.taps, options.taps).map(({ name }) => name),
    known: description.taps,
    pool: true,
    provider: options.provider
  })
  const context = { signal: new AbortController().signal, progress: () => {} }
  return {
    size,
    /** The runtime's part of extraction, for a batch of prepared pixels [batch, 3, H, W]. */
    async infer(pixels: Float32Array, batch: number) {
      const all = grid.prefix + patchCount(grid)
      const weights = poolingWeights(
        Array.from({ length: batch }, () => poolingOf(tokens)),
        rows,
        all
      )
      await session.run(pixels, [batch, 3, size.height, size.width], weights, rows)
    },
    /** Only reading, decoding and preprocessing. */
    async inputs(images: ReadonlyArray<string>) {
      for (const image of images) {
        const input = await reader.input(await reader.open(fileOf(image)))
        if ("failed" in input) throw new Error(input.failed)
      }
    },
    /** Everything except writing. */
    extract: (images: ReadonlyArray<string>) =>
      extractor.extract(
        images.map((image) => ({ id: image, scenes: { image: fileOf(image) }, tokens })),
        context
      ),
    /** Digests and files. */
    async write(images: ReadonlyArray<string>, results: Awaited<ReturnType<Extractor["extract"]>>) {
      const items = images.map((item, i) => {
        const result = results[i] ?? failed("no result")
        if ("failed" in result) throw new Error(result.failed)
        return { item, rows: result as unknown as ReadonlyArray<Readonly<Record<string, unknown>>> }
      })
      const head = {
        node: "bench",
        form: "rows per item",
        columns: activationColumns,
        idColumn: "scene"
      } as const
      await writeShard(calls, head, items)
    },
    async close() {
      await session.release()
      await extractor[Symbol.asyncDispose]()
    }
  }
}
