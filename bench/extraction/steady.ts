/** One worker's work on chunks of images: what bench/extraction-steady.mjs times. */
import { readFile } from "node:fs/promises"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { failed } from "../../src/index.ts"
import { nodeFileSystem } from "../../src/store/file-system.ts"
import { makeStore } from "../../src/store/store.ts"
import { writeShard } from "../../src/store/write-shard.ts"
import { Extractor, type ExtractorOptions } from "../../stages/extract-activations/extractor.ts"
import { InputReader } from "../../stages/extract-activations/inputs.ts"
import { activationColumns } from "../../stages/shared/activations.ts"
import { resolveEncoderFile } from "../../stages/vision/encoder.ts"

/** Rows an image, as many as coco.ts asks of COCO's photographs on average. */
const rows = 15

export async function openWorker(options: ExtractorOptions, store: string) {
  const { preprocessing, grid } = await resolveEncoderFile(options.encoder)
  const size = preprocessing.crop
  if (size === null) throw new Error("the bench takes encoders with a crop")
  const reader = new InputReader(preprocessing, size)
  const extractor = await Extractor.open(options)
  const calls = makeStore(store, nodeFileSystem())
  const tokens = Array.from({ length: rows }, (_, object) => ({
    source: "object",
    object,
    token: "avg_obj",
    indices: [0, 1, 2].map((k) => grid.prefix + object * 3 + k),
    weights: [0.3, 0.3, 0.4]
  }))
  const fileOf = (image: string) => ({
    name: path.basename(image),
    sha256: "",
    size: 0,
    bytes: () => readFile(image)
  })
  const context = { signal: new AbortController().signal, progress: () => {} }
  return {
    size,
    /** Reading, decoding and preprocessing alone. */
    async inputs(images: ReadonlyArray<string>) {
      for (const image of images) {
        const input = await reader.input(await reader.open(fileOf(image)))
        if ("failed" in input) throw new Error(input.failed)
      }
    },
    /** All of it but writing. */
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
        label: "scene"
      } as const
      await Effect.runPromise(writeShard(calls, head, items))
    },
    close: () => extractor[Symbol.asyncDispose]()
  }
}
