import { describe, expect, it } from "vitest"
import { maskOf } from "../../../stages/vision/mask.ts"
import { areaOf, MaskError, maskOfRowMajor, stringOfCounts } from "../../../stages/vision/rle.ts"
import type { Segmentation } from "../../../stages/tables/scenes.ts"

describe("the mask of a segmentation", () => {
  const pixels = [
    [0, 0, 0, 0],
    [0, 1, 1, 0],
    [0, 0, 1, 1]
  ]
  const mask = maskOfRowMajor(pixels.flat(), 3, 4)

  it("is that of its run lengths (crowds), which go down the columns", () => {
    expect(maskOf({ size: [3, 4], counts: [4, 1, 2, 2, 2, 1] }, 3, 4)).toEqual(mask)
  })

  it("is that of its compressed string", () => {
    expect(maskOf({ size: [3, 4], counts: stringOfCounts(mask.counts) }, 3, 4)).toEqual(mask)
  })

  it("is the union of its polygons, which may overlap and leave the image", () => {
    const [left, right] = [
      [0, 0, 3, 0, 3, 4, 0, 4],
      [2, 0, 9, 0, 9, 4, 2, 4]
    ]
    expect(areaOf(maskOf([left!, right!], 4, 6))).toBe(24)
    expect(areaOf(maskOf([left!], 4, 6))).toBe(12)
  })
})

describe("a segmentation is refused", () => {
  const cases: ReadonlyArray<readonly [string, Segmentation, string]> = [
    ["without polygons", [], "segmentation is an empty list"],
    [
      "with a polygon of two points",
      [
        [0, 0, 4, 0, 4, 4],
        [1, 1, 2, 2]
      ],
      "segmentation[1] has 2 points"
    ],
    ["with half a point", [[0, 0, 4, 0, 4, 4, 5]], "segmentation[0] has an odd number of coordinates (7)"],
    ["with NaN", [[0, 0, 4, 0, 4, NaN]], "segmentation[0] has NaN as coordinate 5"],
    ["of another size", { size: [4, 3], counts: [12] }, "size is [4, 3], but the image is [3, 4]"],
    [
      "that is too short",
      { size: [3, 4], counts: [5, 6] },
      "add up to 11 pixels, but the image has 3 × 4 = 12"
    ],
    ["that is too long", { size: [3, 4], counts: "61X12" }, "add up to 50 pixels"],
    ["with a negative run", { size: [3, 4], counts: [14, -2] }, "segmentation.counts[1] is -2"],
    ["with a broken string", { size: [3, 4], counts: "X" }, "ends within run 0"]
  ]
  it.each(cases)("%s", (_, segmentation, message) => {
    expect(() => maskOf(segmentation, 3, 4)).toThrow(message)
    expect(() => maskOf(segmentation, 3, 4)).toThrow(MaskError)
  })
})
