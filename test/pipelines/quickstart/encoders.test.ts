import { readdirSync, readFileSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { parsePreprocessorConfig } from "../../../stages/vision/preprocessor-config.ts"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { modelOf, relativeDifference } from "../../stages/onnx/fixture.ts"
import { readNpy } from "../../stages/onnx/npy.ts"
import { encodeCaption } from "./caption.ts"

const folder = fileURLToPath(new URL("../../../pipelines/quickstart/", import.meta.url))
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/quickstart/${name}.npy`, import.meta.url))
const json = (name: string) => JSON.parse(readFileSync(folder + name, "utf8"))
const families = ["vit", "clip", "blip", "flava"]
const outputs: Readonly<Record<string, string>> = {
  vit: "logits",
  clip: "image_embeds",
  blip: "pooler_output",
  flava: "image_embeds"
}
const taps = ["embed", ...[0, 1, 2, 3].map((block) => `block.${block}.resid_post`)]

describe.each(families)("%s", (family) => {
  test("is at most 2 MB, in one file, and a hub export: final outputs and no hidden states", () => {
    const model = modelOf(`${folder}${family}/model.onnx`)
    expect(statSync(`${folder}${family}/model.onnx`).size).toBeLessThanOrEqual(2e6)
    expect(model.externalFiles).toEqual([])
    const description = describeEncoder(model)
    expect(description).toMatchObject({
      input: { name: "pixel_values", height: 64, width: 64, batch: "dynamic" },
      patch: { height: 8, width: 8 },
      prefixTokens: 1,
      width: 96,
      blocks: 4,
      outputs: ["last_hidden_state", outputs[family]],
      warnings: []
    })
    expect(description.taps.map(({ name }) => name)).toEqual(expect.arrayContaining(taps))
  })

  test("has transformers' hidden states at every block", async () => {
    const { data: states, shape } = readNpy(fixture(family))
    const images = readNpy(fixture("pixels"))
    expect(shape).toEqual([taps.length, 2, 22, 96])
    const session = await openEncoder(`${folder}${family}/model.onnx`, { taps })
    const found = await session.run(
      images.data.map((value) => value / 128 - 1),
      images.shape as [number, number, number, number]
    )
    await session.release()
    const size = 2 * 22 * 96
    taps.forEach((tap, i) => {
      const expected = states.subarray(i * size, (i + 1) * size)
      const { data } = found[tap]!
      const thirds = Float32Array.from(expected, (_, k) => {
        const [image, token, channel] = [Math.floor(k / (22 * 96)), Math.floor(k / 96) % 22, k % 96]
        return data[(image * 65 + token * 3) * 96 + channel]!
      })
      expect(relativeDifference(thirds, expected), tap).toBeLessThan(1e-4)
    })
  })

  test("is given images by its own family's processor, of the size it takes", () => {
    const { mean, resample, resize, crop } = parsePreprocessorConfig(
      json(`${family}/preprocessor_config.json`),
      "preprocessor_config.json"
    )
    const square = { height: 64, width: 64 }
    expect(crop).toEqual(family === "clip" || family === "flava" ? square : null)
    expect(resize).toEqual(
      family === "clip" ? { kind: "shortest-edge", edge: 64 } : { kind: "exact", ...square }
    )
    expect(resample).toBe(family === "vit" ? "bilinear" : "bicubic")
    expect(mean[0]).toBe(family === "vit" ? 0.5 : 0.48145466)
  })

  test("has a card with the scores of its log's last row", () => {
    const card = readFileSync(`${folder}${family}/README.md`, "utf8")
    const last = json(`training/logs/${family}.json`).at(-1)
    expect(Object.keys(last.held_out).length).toBeGreaterThan(1)
    for (const [name, score] of Object.entries<number>(last.held_out))
      expect(card).toContain(`| \`${name}\` | ${score.toFixed(3)} |`)
  })
})

describe("CLIP's text tower", () => {
  test("is at most 2 MB, and gives torch's embeddings of captions that are put into words by its tokenizer", async () => {
    expect(statSync(`${folder}clip/text_model.onnx`).size).toBeLessThanOrEqual(2e6)
    const tokenizer = json("clip/tokenizer.json")
    const captions = [
      "A picture of a disc.",
      "A small red striped star above a square, and an arrow too."
    ].map((caption) => encodeCaption(caption, tokenizer.model.vocab, 32))
    const { InferenceSession, Tensor } = await import("onnxruntime-node")
    const session = await InferenceSession.create(`${folder}clip/text_model.onnx`)
    const input = new Tensor("int64", BigInt64Array.from(captions.flat(), BigInt), [2, 32])
    const { text_embeds } = await session.run({ input_ids: input })
    await session.release()
    expect(
      relativeDifference(text_embeds!.data as Float32Array, readNpy(fixture("clip-text")).data)
    ).toBeLessThan(1e-4)
  })
})

test("no file names the machine on which it was made", () => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(onnx|json|md|py|ts)$/.test(name)
  )
  expect(files.length).toBeGreaterThan(20)
  for (const name of files)
    expect(readFileSync(folder + name, "latin1"), name).not.toMatch(/\/(tmp|home|root|work)\//)
})
