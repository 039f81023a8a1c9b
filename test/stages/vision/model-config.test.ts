/** A checkpoint's config.json: read for what the graph does not say, and compared with what it does. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { onnx, type OnnxOptions, resolveEncoderFile } from "../../../stages/vision/encoder.ts"
import { type ModelConfig, parseModelConfig, presetFor } from "../../../stages/vision/model-config.ts"
import { patchOfPreset, presets } from "../../../stages/vision/presets.ts"

const parse = (config: object): ModelConfig => parseModelConfig(config)!

describe("config.json", () => {
  it("is read where the family has its vision encoder's part", () => {
    const own = { image_size: 224, patch_size: 16, num_hidden_layers: 12, hidden_size: 768 }
    const same = { imageSize: 224, patchSize: 16, blocks: 12, width: 768, prefix: 1 }
    const text = { hidden_size: 512, num_hidden_layers: 8 }
    for (const config of [
      { model_type: "vit", ...own },
      { model_type: "clip", vision_config: own, text_config: text },
      { model_type: "clip_vision_model", ...own },
      { model_type: "blip", vision_config: { ...own, patch_size: [16, 16] }, text_config: text },
      { model_type: "flava", image_config: own, text_config: text },
      { model_type: "dinov2", ...own }
    ])
      expect(parse(config), config.model_type).toMatchObject(same)
    expect(parse({ model_type: "clip" })).toMatchObject({ imageSize: null, blocks: null, prefix: 1 })
  })
  it("counts a family's class tokens and registers", () => {
    const prefix = (config: object) => parse(config).prefix
    expect(prefix({ model_type: "dinov2_with_registers", num_register_tokens: 2 })).toBe(3)
    expect(prefix({ model_type: "dinov2_with_registers", num_register_tokens: 0 })).toBe(1)
    expect(prefix({ model_type: "dinov2_with_registers" })).toBe(5)
    expect(prefix({ model_type: "siglip" })).toBe(0)
    expect(prefix({ model_type: "deit" })).toBe(2)
  })
  it("is left alone where its family is not known here", () => {
    expect(parseModelConfig({ model_type: "swin", depths: [2, 2] })).toBeNull()
    expect(parseModelConfig({ architecture: "vit_base_patch16_224" })).toBeNull()
  })
  it("is refused where it is malformed, by field", () => {
    expect(() => parseModelConfig([], "c.json")).toThrow("c.json: expected a JSON object")
    expect(() => parse({ model_type: "vit", hidden_size: "768" })).toThrow(/hidden_size: .*got "768"/)
    expect(() => parse({ model_type: "clip", vision_config: 3 })).toThrow(/vision_config: expected an object/)
  })
})

describe("the preset that config.json names", () => {
  const of = (config: object, size: number | null = null) => presetFor(parse(config), size)
  it("is the one of its family and image size", () => {
    expect(of({ model_type: "clip", vision_config: { image_size: 224 } })).toEqual({ preset: "clip" })
    expect(
      presets[(of({ model_type: "clip_vision_model", image_size: 336 }) as { preset: "clip" }).preset]
    ).toBe(presets["clip-large"])
    expect(of({ model_type: "blip", vision_config: { image_size: 384 } })).toEqual({ preset: "blip" })
    expect(of({ model_type: "flava", image_config: {} }, 224)).toEqual({ preset: "flava" })
    // trained at 518 pixels, used at any
    expect(of({ model_type: "dinov2", image_size: 518 })).toEqual({ preset: "dinov2" })
    expect(of({ model_type: "dinov2_with_registers" })).toEqual({ preset: "dinov2" })
  })
  it("is none where it would be a guess", () => {
    expect(of({ model_type: "vit", image_size: 224 })).toEqual({
      problem: expect.stringMatching(/which the presets vit and dino share/) as string
    })
    expect(of({ model_type: "clip", vision_config: { image_size: 448 } })).toEqual({
      problem: expect.stringMatching(/for 448 pixels, for which there is no preset/) as string
    })
    expect(of({ model_type: "clip" })).toEqual({
      problem: expect.stringMatching(/but no image_size/) as string
    })
    expect(of({ model_type: "siglip" })).toHaveProperty("problem")
  })
})

it("every preset has its checkpoint's patch size", () => {
  expect(Object.keys(patchOfPreset).toSorted()).toEqual(Object.keys(presets).toSorted())
})

describe("an encoder with files beside it", () => {
  let folder: string
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-config-"))
  })
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

  /** clip.onnx: 3 blocks of width 16 over 4×4 patches of 8 pixels, with a class token */
  const lay = (files: Record<string, object>, at = "model.onnx"): string => {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      fs.writeFileSync(path.join(folder, name), JSON.stringify(content))
    }
    const model = path.join(folder, at)
    fs.mkdirSync(path.dirname(model), { recursive: true })
    fs.copyFileSync(new URL("../../fixtures/onnx/clip.onnx", import.meta.url), model)
    return model
  }
  const resolve = (model: string, options: OnnxOptions = {}) => resolveEncoderFile(onnx(model, options))
  const processor = {
    image_processor_type: "CLIPImageProcessor",
    size: { shortest_edge: 32 },
    crop_size: { height: 32, width: 32 }
  }
  const right = { model_type: "clip_vision_model", patch_size: 8, image_size: 32 }

  it("goes by preprocessor_config.json first, and says so where it goes before a preset", async () => {
    const model = lay({ "preprocessor_config.json": processor, "config.json": right })
    const alone = await resolve(model)
    expect(alone.preprocessing.crop).toEqual({ height: 32, width: 32 })
    expect(alone.origin).toEqual({ model: "model.onnx", preprocessing: "preprocessor_config.json" })
    const beside = await resolve(model, { preset: "vit" })
    expect(beside.preprocessing).toEqual(alone.preprocessing)
    expect(beside.origin.preprocessing).toBe("preprocessor_config.json, which goes before the preset vit")
  })
  it("finds them above a folder `onnx`, as exports for transformers.js have them, but no further up", async () => {
    const above = { "preprocessor_config.json": processor }
    expect((await resolve(lay(above, "onnx/vision_model.onnx"))).grid.rows).toBe(4)
    await expect(resolve(lay(above, "other/model.onnx"))).rejects.toThrow(/no preprocessing found/)
  })
  it("takes transformers 5's processor_config.json for it, where it has an image processor", async () => {
    const model = lay({
      "processor_config.json": { image_processor: processor, processor_class: "CLIPProcessor" }
    })
    expect((await resolve(model)).origin.preprocessing).toBe("processor_config.json")
    fs.writeFileSync(path.join(folder, "processor_config.json"), '{"processor_class":"CLIPProcessor"}')
    await expect(resolve(model)).rejects.toThrow(/no preprocessing found/)
  })
  it("goes by config.json last, and names it", async () => {
    const model = lay({ "config.json": { ...right, model_type: "dinov2" } })
    // this graph's size is another, which is found out by what that preset gives
    await expect(resolve(model)).rejects.toThrow(/32×32 pixels, but its preprocessing gives 224×224/)
    fs.writeFileSync(path.join(folder, "config.json"), JSON.stringify({ model_type: "vit" }))
    await expect(resolve(model)).rejects.toThrow(/no preprocessing found.*model_type "vit" for 32 pixels/)
  })
  it.each<[string, object, RegExp]>([
    ["patches", { patch_size: 16 }, /patch_size 16, but its graph cuts images into patches of 8×8 pixels/],
    ["blocks", { num_hidden_layers: 12 }, /num_hidden_layers 12, but its graph has \d blocks/],
    ["width", { hidden_size: 768 }, /hidden_size 768, but its graph's tokens have \d+ values/],
    ["input", { image_size: 224 }, /image_size 224, but its graph takes images of 32×32 pixels/],
    ["tokens", { model_type: "siglip_vision_model" }, /0 tokens before the patches, but its graph has 1/]
  ])("of another model is refused: %s", async (_, other, says) => {
    const model = lay({ "preprocessor_config.json": processor, "config.json": { ...right, ...other } })
    const error = await resolve(model).catch((error: Error & { file: string }) => error)
    expect(error).toMatchObject({ name: "EncoderError", file: path.join(folder, "config.json") })
    expect((error as Error).message).toMatch(says)
  })
  it("is not compared in what the user gives", async () => {
    const files = {
      "preprocessor_config.json": processor,
      "config.json": { ...right, model_type: "siglip_vision_model" }
    }
    expect((await resolve(lay(files), { prefix: 1 })).grid.prefix).toBe(1)
  })
})
