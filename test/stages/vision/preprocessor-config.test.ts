import { describe, expect, it, test } from "vitest"
import {
  parsePreprocessorConfig,
  PreprocessorConfigError
} from "../../../stages/vision/preprocessor-config.ts"
import { presets } from "../../../stages/vision/presets.ts"
import { expected } from "./preprocessing-fixture.ts"

/** Every field that is needed, spelled out. */
const explicit = {
  do_resize: true,
  size: { height: 224, width: 224 },
  resample: 2,
  do_center_crop: false,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5]
}

/** The field that an error is about. */
function fieldAtFault(config: object): string | undefined {
  try {
    parsePreprocessorConfig(config)
  } catch (error) {
    if (error instanceof PreprocessorConfigError) return error.field
    throw error
  }
  return undefined
}

describe("parsePreprocessorConfig", () => {
  test.each(expected.configs)("reads as transformers does: %j", ({ config, preprocessing }) => {
    const ours = parsePreprocessorConfig(config)
    expect(ours).toEqual({ ...preprocessing, resample: ours.resize ? preprocessing.resample : ours.resample })
  })

  it("finds the image processor in a processor_config.json", () => {
    const config = {
      processor_class: "CLIPProcessor",
      image_processor: { image_processor_type: "CLIPImageProcessor" }
    }
    expect(parsePreprocessorConfig(config)).toEqual(presets.clip)
  })

  it("takes an unknown class, or none, where every field is explicit", () => {
    expect(parsePreprocessorConfig(explicit)).toEqual(presets.vit)
    expect(parsePreprocessorConfig({ ...explicit, image_processor_type: "NewImageProcessor" })).toEqual(
      presets.vit
    )
  })

  it("blends alpha where the class converts to RGB or the file says so; dropping it leaves no trace in keys", () => {
    const alphaOf = (config: object) => parsePreprocessorConfig(config).alpha
    for (const [name, alpha] of [
      ["CLIP", "white"],
      ["Blip", "white"],
      ["Bit", "white"],
      ["Siglip", "white"],
      ["ViT", undefined],
      ["Flava", undefined],
      ["DeiT", undefined],
      ["Beit", undefined]
    ] as const) {
      const config = { image_processor_type: `${name}ImageProcessor` }
      expect(alphaOf(config), name).toBe(alpha)
      expect(alphaOf({ ...config, do_convert_rgb: true }), name).toBe("white")
      expect(parsePreprocessorConfig({ ...config, do_convert_rgb: false }), name).not.toHaveProperty("alpha")
      expect(alphaOf({ ...config, do_convert_rgb: null }), name).toBeUndefined()
    }
    // of no known class, as timm's and open_clip's exports
    expect(alphaOf(explicit)).toBeUndefined()
    expect(alphaOf({ ...explicit, do_convert_rgb: true })).toBe("white")
  })

  it("guesses nothing for an unknown class", () => {
    for (const field of Object.keys(explicit)) {
      const config = Object.fromEntries(Object.entries(explicit).filter(([key]) => key !== field))
      expect(fieldAtFault(config)).toBe(field)
      expect(fieldAtFault({ ...config, image_processor_type: "NewImageProcessor" })).toBe(field)
    }
    expect(fieldAtFault({ ...explicit, size: 224 })).toBe("size")
    expect(fieldAtFault({ ...explicit, do_center_crop: true })).toBe("crop_size")
  })

  test.each([
    ["do_pad", { do_pad: true }],
    ["crop_pct", { crop_pct: 0.875 }],
    ["do_flip_channel_order", { do_flip_channel_order: true }],
    ["codebook_size", { codebook_size: 112 }], // of FLAVA alone
    ["resample", { resample: 4 }],
    ["resample", { resample: "bicubic" }],
    ["resample", { resample: null }],
    ["size", { size: [224, 336] }],
    ["size", { size: "224" }],
    ["size", { size: 0 }],
    ["size.longest_edge", { size: { shortest_edge: 224, longest_edge: 448 } }],
    ["size.longest_edge", { size: { longest_edge: 448 } }],
    ["size.width", { size: { height: 224 } }],
    ["size.height", { size: { height: 224.5, width: 224 } }],
    ["crop_size", { do_center_crop: true }],
    ["crop_size.shortest_edge", { do_center_crop: true, crop_size: { shortest_edge: 224 } }],
    ["do_normalize", { do_normalize: "yes" }],
    ["do_convert_rgb", { do_convert_rgb: "white" }],
    ["image_mean", { image_mean: [0.5] }],
    ["image_mean", { image_mean: [0.5, 0.5, "0.5"] }],
    ["image_std", { image_std: [1, 1, 0] }],
    ["rescale_factor", { rescale_factor: 0 }]
  ])("refuses and names %s: %j", (field, setting) => {
    const config = { image_processor_type: "ViTImageProcessor", ...setting }
    expect(fieldAtFault(config)).toBe(field)
    expect(() => parsePreprocessorConfig(config, "vit/preprocessor_config.json")).toThrow(
      `vit/preprocessor_config.json: ${field}: `
    )
  })

  it.each([[null], [[]], ["{}"], [3]])("refuses %j", (config) => {
    expect(() => parsePreprocessorConfig(config)).toThrow("expected a JSON object")
  })
})
