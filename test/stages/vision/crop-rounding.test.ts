/** Centre crops of an odd number of pixels: Hugging Face's, and torchvision's, by which timm and open_clip crop. */
import { describe, expect, it } from "vitest"
import { geometryOf } from "../../../stages/vision/geometry.ts"
import { preprocess } from "../../../stages/vision/preprocess.ts"
import type { Preprocessing } from "../../../stages/vision/preprocessing.ts"
import { parsePreprocessorConfig } from "../../../stages/vision/preprocessor-config.ts"
import { cropStart } from "../../../stages/vision/resized-size.ts"

describe("where a centre crop starts", () => {
  it("is half of what is cut away, rounded down", () => {
    expect([4, 5, 6, 7, 8].map((size) => cropStart(size, 4))).toEqual([0, 0, 1, 1, 2])
    expect([4, 3, 2, 1].map((size) => cropStart(size, 4) + 0)).toEqual([0, -1, -1, -2])
  })
  it("is rounded to an even number by torchvision: int(round((size - crop) / 2))", () => {
    expect([4, 5, 6, 7, 8, 9, 10, 11].map((size) => cropStart(size, 4, "half-even"))).toEqual([
      0, 0, 1, 2, 2, 2, 3, 4
    ])
  })
  it("has the smaller half of a padding before the image in torchvision: (crop - size) // 2", () => {
    expect([4, 3, 2, 1].map((size) => cropStart(size, 4, "half-even"))).toEqual([0, 0, -1, -1])
  })
})

describe("crop_rounding in a preprocessor_config.json", () => {
  const config = {
    do_resize: false,
    do_center_crop: true,
    crop_size: 2,
    do_rescale: false,
    do_normalize: false
  }
  const read = (crop_rounding?: unknown) => parsePreprocessorConfig({ ...config, crop_rounding })
  it("is down unless it is said, and then leaves no trace in keys", () => {
    expect(read()).toEqual(read("down"))
    expect(read()).not.toHaveProperty("cropRounding")
    expect(read("half_even").cropRounding).toBe("half-even")
  })
  it("is refused where it means nothing", () => {
    expect(() => read("up")).toThrow(/crop_rounding: expected "down" or "half_even", got "up"/)
  })
  it("moves pixels and geometry alike", () => {
    const image = {
      height: 2,
      width: 5,
      data: Uint8Array.from({ length: 30 }, (_, i) => Math.floor((i % 15) / 3))
    }
    const firstColumn = (preprocessing: Preprocessing) => preprocess(image, preprocessing).data[0]
    expect([firstColumn(read()), firstColumn(read("half_even"))]).toEqual([1, 2])
    expect(geometryOf(read(), 2, 5).cropLeft).toBe(1)
    expect(geometryOf(read("half_even"), 2, 5).cropLeft).toBe(2)
  })
})
