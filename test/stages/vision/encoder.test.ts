import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { checkParams } from "../../../src/pipeline/check-params.ts"
import { encoderParam, onnx, resolveEncoderFile, structureIdentity } from "../../../stages/vision/encoder.ts"

const folder = mkdtempSync(path.join(tmpdir(), "probeline-encoder-"))
afterAll(() => rmSync(folder, { recursive: true }))
const model = path.join(folder, "model.onnx")
copyFileSync(fileURLToPath(new URL("../../fixtures/onnx/clip.onnx", import.meta.url)), model)
writeFileSync(
  path.join(folder, "preprocessor_config.json"),
  JSON.stringify({
    image_processor_type: "ViTImageProcessor",
    size: { height: 32, width: 32 },
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5]
  })
)
const checked = (given: unknown) => checkParams({ encoder: encoderParam }, { encoder: given }, (at) => at)

describe("onnx(path, …)", () => {
  it("takes a preset's name, or what else there is to say", () => {
    const nothing = { hub: null, preprocessor: null, taps: null, patch: null, prefix: null, classToken: null }
    expect(onnx("m.onnx")).toEqual({ model: { path: "m.onnx" }, preset: null, ...nothing })
    expect(onnx("m.onnx", "clip")).toEqual({ model: { path: "m.onnx" }, preset: "clip", ...nothing })
    expect(onnx("m.onnx", { prefix: 0, taps: { embed: "x" } })).toEqual({
      model: { path: "m.onnx" },
      hub: null,
      preset: null,
      preprocessor: null,
      taps: [{ name: "embed", tensor: "x" }],
      patch: null,
      prefix: 0,
      classToken: null
    })
  })

  it("gives a parameter that is read back as it is", () => {
    for (const encoder of [
      onnx("m.onnx"),
      onnx("m.onnx", { taps: { "a.*": "b*" }, patch: 8, classToken: false }),
      onnx("m.onnx", { preprocessor: "other.json" })
    ]) {
      expect(checked(encoder)).toEqual({ values: { encoder }, issues: [] })
    }
    expect(checked({ model: { path: "m.onnx" }, patch: 0 }).issues[0]?.field).toBe("encoder.patch")
  })
})

describe("the preprocessor that a user names", () => {
  const other = path.join(folder, "other.json")
  writeFileSync(
    other,
    JSON.stringify({
      image_processor_type: "CLIPImageProcessor",
      size: { shortest_edge: 32 },
      crop_size: { height: 32, width: 32 },
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5]
    })
  )

  it("takes the place of the file beside the model", async () => {
    const [own, named] = [
      await resolveEncoderFile(onnx(model)),
      await resolveEncoderFile(onnx(model, { preprocessor: other }))
    ]
    expect(own.preprocessing.crop).toBeNull()
    expect(named.preprocessing.crop).toEqual({ height: 32, width: 32 })
    expect(named.origin.preprocessing).toBe("other.json")
  })

  it("must be there, and be one", async () => {
    const missing = resolveEncoderFile(onnx(model, { preprocessor: path.join(folder, "no.json") }))
    await expect(missing).rejects.toThrow("there is no file")
    const wrong = path.join(folder, "wrong.json")
    writeFileSync(wrong, "{")
    await expect(resolveEncoderFile(onnx(model, { preprocessor: wrong }))).rejects.toThrow("is not JSON")
  })
})

describe("the key of activations", () => {
  const identity = async (encoder: ReturnType<typeof onnx>) =>
    structureIdentity(encoder, await resolveEncoderFile(encoder))

  it("holds nothing of the structure where the graph tells it", async () => {
    expect(await identity(onnx(model))).toEqual({})
  })

  it("holds taps that are given by their tensors, and the grid", async () => {
    const tensors = (await resolveEncoderFile(onnx(model))).description.taps
    const tensorOf = (tap: string) => tensors.find(({ name }) => name === tap)!.tensor
    const taps = { embed: tensorOf("embed"), "block.0.resid_post": tensorOf("block.0.resid_post") }
    const expected = {
      taps: Object.entries(taps).map(([name, tensor]) => ({ name, tensor })),
      grid: { rows: 4, columns: 4, prefix: 1 }
    }
    expect(await identity(onnx(model, { taps }))).toEqual(expected)
    // the order in which they are written does not matter
    const { embed, ...others } = taps
    expect(await identity(onnx(model, { taps: { ...others, embed } }))).toEqual(expected)
  })

  it("holds nothing of the class token: activations are of tokens, whatever the first of them is", async () => {
    expect(await identity(onnx(model, { classToken: false }))).toEqual({})
  })

  it("holds the grid where a part of it is given", async () => {
    expect(await identity(onnx(model, { prefix: 3 }))).toEqual({ grid: { rows: 4, columns: 4, prefix: 3 } })
  })
})
