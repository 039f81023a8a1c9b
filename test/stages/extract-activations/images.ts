/** Items of the extractor, with images in memory; and a runtime that gives what a test wants. */
import { readFile } from "node:fs/promises"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import type { FileHandle } from "../../../src/index.ts"
import { Extractor, type ExtractorOptions } from "../../../stages/extract-activations/extractor.ts"
import { onnx } from "../../../stages/vision/encoder.ts"
import type { TokenRow } from "../../../stages/tables/tokens.ts"
import type { Runtime } from "../../../stages/onnx/providers.ts"

const model = fileURLToPath(new URL("../../fixtures/vit-random/model.onnx", import.meta.url))
/** That encoder takes images of 64 × 64 in patches of 8. */
export const tokens = 1 + 64
export const options: ExtractorOptions = {
  encoder: { ...onnx(model) },
  taps: "embed,block.5.resid_post",
  precision: "float32",
  provider: "cpu"
}
const images = fileURLToPath(new URL("../../fixtures/preprocessing/images/", import.meta.url))

export const fileOf = (bytes: () => Promise<Uint8Array>): FileHandle => ({
  sha256: "",
  size: 0,
  bytes
})
/** An image among the fixtures of preprocessing. */
export const imageFile = (name: string) => fileOf(() => readFile(path.join(images, name)))

/** The CLS token, and the mean of all others. */
export const chosenTokens: ReadonlyArray<TokenRow> = [
  { selection: null, task: null, source: "s", object: -1, token: "cls", indices: [0], weights: [1] },
  {
    selection: "aligned",
    task: null,
    source: "s",
    object: 4,
    token: "avg_obj",
    indices: Array.from({ length: tokens - 1 }, (_, i) => i + 1),
    weights: Array.from({ length: tokens - 1 }, () => 1 / (tokens - 1))
  }
]
/** An item of its own id. */
export const item = (image: FileHandle, chosen = chosenTokens) => ({
  id: `image-${items++}`,
  scenes: { image },
  tokens: chosen
})

let items = 0

export async function extracted(
  items: Parameters<Extractor["extract"]>[0],
  more: Partial<ExtractorOptions> = {},
  runtime?: Runtime
) {
  await using extractor = await Extractor.open({ ...options, ...more }, runtime)
  return await extractor.extract(items, { signal: new AbortController().signal, progress: () => {} })
}

/** What a runtime was asked for. */
export interface Asked {
  readonly options: Array<Readonly<Record<string, unknown>>>
  readonly batches: Array<number>
  /** rows of pooling weights per image */
  readonly rows: Array<number>
}
/** A runtime whose every output is `value`, of width 2. */
export function runtimeOf(value: number, backends: ReadonlyArray<string> = ["cpu", "cuda"]) {
  const asked: Asked = { options: [], batches: [], rows: [] }
  const runtime = {
    listSupportedBackends: () => backends.map((name) => ({ name, bundled: true })),
    Tensor: class {
      readonly data: Float32Array
      readonly dims: ReadonlyArray<number>
      constructor(_type: string, data: Float32Array, dims: ReadonlyArray<number>) {
        this.data = data
        this.dims = dims
      }
    },
    InferenceSession: {
      create: async (_model: Uint8Array, given: Readonly<Record<string, unknown>>) => {
        asked.options.push(given)
        return {
          run: async (
            feeds: Record<string, { dims: ReadonlyArray<number> }>,
            names: ReadonlyArray<string>
          ) => {
            const weights = feeds["probeline_weights"]!
            asked.batches.push(weights.dims[0]!)
            asked.rows.push(weights.dims[1]!)
            const dims = [weights.dims[0]!, weights.dims[1]!, 2]
            const data = new Float32Array(dims.reduce((a, b) => a * b)).fill(value)
            return Object.fromEntries(names.map((name) => [name, { data, dims }]))
          },
          release: async () => {}
        }
      }
    }
  }
  // what of it is not asked for is left out
  return { asked, runtime: runtime as unknown as Runtime }
}
