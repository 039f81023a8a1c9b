/** One digest for one encoder: the same wherever its files lie, another for whatever changes activations. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { digestJson } from "../../../src/store/format/canonical-json.ts"
import {
  encoderDigest,
  type EncoderDigestOptions
} from "../../../stages/extract-activations/encoder-digest.ts"
import { extractActivations } from "../../../stages/extract-activations/stage.ts"
import { graphPatch, message } from "../../../stages/onnx/writer.ts"
import { onnx, type OnnxOptions, resolveEncoderFile } from "../../../stages/vision/encoder.ts"
import { worldOf } from "../fakes.ts"
import { options } from "./images.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "probeline-digest-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const model = options.encoder.model!.path
const config = "preprocessor_config.json"
/** A copy of the encoder in a folder of its own. */
function copyOf(
  name: string,
  { weights = (bytes: Uint8Array) => bytes, preprocessing = (text: string) => text } = {}
): string {
  mkdirSync(path.join(folder, name))
  writeFileSync(path.join(folder, name, "other.onnx"), weights(readFileSync(model)))
  const text = readFileSync(path.join(path.dirname(model), config), "utf8")
  writeFileSync(path.join(folder, name, config), preprocessing(text))
  return path.join(folder, name, "other.onnx")
}
async function digestOf(file: string, given: OnnxOptions = {}, more: Partial<EncoderDigestOptions> = {}) {
  const encoder = onnx(file, given)
  return encoderDigest({ ...options, ...more, encoder }, await resolveEncoderFile(encoder))
}

it("is the digest of what the key says of the encoder, with precision and provider", async () => {
  const { identity } = extractActivations.stage.spec
  const { encoder } = await identity!(options, worldOf("/"))
  expect(await digestOf(model)).toBe(digestJson({ encoder, precision: "float32", provider: "cpu" }))
})

it("does not go by the path, or by the order in which a file states its settings", async () => {
  const reversed = (text: string) =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).toReversed()))
  expect(await digestOf(copyOf("copy"))).toBe(await digestOf(model))
  expect(await digestOf(copyOf("reversed", { preprocessing: reversed }))).toBe(await digestOf(model))
})

describe("is another for", () => {
  it("other weights", async () => {
    const weights = (bytes: Uint8Array) => message(bytes, graphPatch({ nodes: [], inputs: [], outputs: [] }))
    expect(await digestOf(copyOf("weights", { weights }))).not.toBe(await digestOf(model))
  })

  it("other weights in a file beside the model", async () => {
    const resolved = await resolveEncoderFile(options.encoder)
    const data = path.join(folder, "weights.data")
    const of = async (content: string) => {
      writeFileSync(data, content)
      return encoderDigest(options, { ...resolved, dataFiles: [data] })
    }
    const first = await of("one")
    expect(await of("two")).not.toBe(first)
    expect(await of("one")).toBe(first)
  })

  it("another preprocessing", async () => {
    const preprocessing = (text: string) => {
      const settings = JSON.parse(text) as Record<string, unknown>
      return JSON.stringify({ ...settings, image_mean: [0.1, 0.2, 0.3] })
    }
    expect(await digestOf(copyOf("preprocessing", { preprocessing }))).not.toBe(await digestOf(model))
  })

  it("another precision, another provider", async () => {
    const all = await Promise.all([
      digestOf(model),
      digestOf(model, {}, { precision: "float16" }),
      digestOf(model, {}, { provider: "cuda" })
    ])
    expect(new Set(all).size).toBe(3)
  })

  it("a structure that the user gives", async () => {
    const { taps } = (await resolveEncoderFile(options.encoder)).description
    const given = { mine: taps[0]!.tensor }
    const all = await Promise.all([
      digestOf(model),
      digestOf(model, { taps: given }),
      digestOf(model, { taps: { yours: taps[0]!.tensor } }),
      digestOf(model, { prefix: 1 })
    ])
    expect(new Set(all).size).toBe(4)
  })
})
