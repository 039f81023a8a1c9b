import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  checkGrid,
  geometryOf,
  gridOfPatches,
  inputSizeOf,
  patchPreimage
} from "../../../stages/vision/geometry.ts"
import type { Preprocessing } from "../../../stages/vision/preprocessing.ts"

const numbers = { resample: "bicubic", rescale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] } as const
const direct: Preprocessing = { ...numbers, resize: { kind: "exact", height: 224, width: 224 }, crop: null }
const dinov2: Preprocessing = {
  ...numbers,
  resize: { kind: "shortest-edge", edge: 256 },
  crop: { height: 224, width: 224 }
}
const grid = gridOfPatches({ height: 224, width: 224 }, { height: 14, width: 14 })

interface Case {
  readonly image: [number, number]
  readonly edge: number
  readonly crop: [number, number]
  readonly resized: [number, number]
  /** the first row and column of the resized image that the input shows … */
  readonly first: [number, number]
  /** … and where it shows them */
  readonly at: [number, number]
}
const cases = JSON.parse(
  readFileSync(new URL("../../fixtures/coco-masks/geometry.json", import.meta.url), "utf8")
) as ReadonlyArray<Case>

describe("the geometry of an image", () => {
  it("has the sizes, crops and paddings of transformers", () => {
    expect(cases.some(({ at }) => at[0] > 0 || at[1] > 0)).toBe(true)
    for (const { image, edge, crop, resized, first, at } of cases) {
      const geometry = geometryOf(
        {
          ...numbers,
          resize: { kind: "shortest-edge", edge },
          crop: { height: crop[0], width: crop[1] }
        },
        ...image
      )
      expect([geometry.resizedHeight, geometry.resizedWidth]).toEqual(resized)
      expect([geometry.inputHeight, geometry.inputWidth]).toEqual(crop)
      // row y of the resized image is row y + offsetY of the input
      expect([first[0] + geometry.offsetY, first[1] + geometry.offsetX]).toEqual(at)
    }
  })

  it("maps an image's pixels to the input's: x · scaleX + offsetX", () => {
    // 640 × 480 → 341 × 256 (341.33 truncated) → crop 224 × 224 at (58, 16)
    expect(geometryOf(dinov2, 480, 640)).toEqual({
      imageHeight: 480,
      imageWidth: 640,
      resizedHeight: 256,
      resizedWidth: 341,
      cropTop: 16,
      cropLeft: 58,
      inputHeight: 224,
      inputWidth: 224,
      scaleX: 341 / 640,
      scaleY: 256 / 480,
      offsetX: -58,
      offsetY: -16
    })
  })

  it("stretches the image where the resize is exact", () => {
    const { scaleX, scaleY, offsetX, offsetY } = geometryOf(direct, 480, 640)
    expect([scaleX, scaleY, offsetX, offsetY]).toEqual([0.35, 224 / 480, 0, 0])
  })

  it("changes nothing without resize and crop", () => {
    const { scaleX, inputHeight, inputWidth } = geometryOf({ ...direct, resize: null }, 480, 640)
    expect([scaleX, inputHeight, inputWidth]).toEqual([1, 480, 640])
  })

  it("is refused for an image without pixels", () => {
    expect(() => geometryOf(direct, 0, 640)).toThrow(RangeError)
    expect(() => geometryOf(direct, 480, NaN)).toThrow("NaN × 480 px")
  })
})

describe("the preimage of a patch", () => {
  it("is what the affine map sends to the patch", () => {
    const geometry = geometryOf(dinov2, 480, 640)
    const { left, top, right, bottom } = patchPreimage(geometry, grid, 3 * 16 + 5)
    expect(left * geometry.scaleX + geometry.offsetX).toBeCloseTo(5 * 14, 9)
    expect(right * geometry.scaleX + geometry.offsetX).toBeCloseTo(6 * 14, 9)
    expect(top * geometry.scaleY + geometry.offsetY).toBeCloseTo(3 * 14, 9)
    expect(bottom * geometry.scaleY + geometry.offsetY).toBeCloseTo(4 * 14, 9)
  })

  it("tiles the image where nothing is cropped", () => {
    const geometry = geometryOf(direct, 427, 640)
    const quarters = { rows: 2, columns: 2, patch: { height: 112, width: 112 } }
    expect(patchPreimage(geometry, quarters, 0)).toEqual({ left: 0, top: 0, right: 320, bottom: 213.5 })
    expect(patchPreimage(geometry, quarters, 3)).toEqual({ left: 320, top: 213.5, right: 640, bottom: 427 })
  })

  it("reaches beyond the image where the encoder pads", () => {
    const padded: Preprocessing = { ...numbers, resize: null, crop: { height: 8, width: 8 } }
    const geometry = geometryOf(padded, 4, 5)
    const first = patchPreimage(geometry, { rows: 2, columns: 2, patch: { height: 4, width: 4 } }, 0)
    expect(first).toEqual({ left: -2, top: -2, right: 2, bottom: 2 })
  })

  it("is refused for a patch or a grid that is not there", () => {
    const geometry = geometryOf(dinov2, 480, 640)
    expect(() => patchPreimage(geometry, grid, 256)).toThrow("no patch 256 in a grid of 16 × 16")
    expect(() => patchPreimage(geometry, { ...grid, rows: 100 }, 0)).toThrow(
      "patches of 14 × 14 px cut an input of 224 × 224 px into 16 × 16, not into 100 × 16"
    )
  })

  it.each([
    ["SigLIP so400m", 384, 14, 27],
    ["ViT-B/32 at 240", 240, 32, 7],
    ["ViT-B/32 at 336", 336, 32, 10],
    ["a tiny ViT", 36, 8, 4]
  ])("leaves over what a convolution without padding does: %s, %i px by %i", (_, edge, size, count) => {
    const square: Preprocessing = {
      ...numbers,
      resize: { kind: "exact", height: edge, width: edge },
      crop: null
    }
    const of = gridOfPatches(inputSizeOf(square)!, { height: size, width: size })
    expect(of).toEqual({ rows: count, columns: count, patch: { height: size, width: size } })
    // an image of the input's size is shown as it is
    const last = patchPreimage(geometryOf(square, edge, edge), of, count * count - 1)
    expect(last).toEqual({
      left: (count - 1) * size,
      top: (count - 1) * size,
      right: count * size,
      bottom: count * size
    })
  })
})

describe("the grid of an input", () => {
  it("need not fill it, but leaves no whole patch over", () => {
    checkGrid({ inputHeight: 230, inputWidth: 224 }, grid)
    expect(() => checkGrid({ inputHeight: 238, inputWidth: 224 }, grid)).toThrow("into 17 × 16, not")
    expect(() => checkGrid({ inputHeight: 223, inputWidth: 224 }, grid)).toThrow("into 15 × 16, not")
  })

  it("is of one size where a crop or an exact resize gives it", () => {
    expect(inputSizeOf(direct)).toEqual({ height: 224, width: 224 })
    expect(inputSizeOf({ ...dinov2, crop: { height: 98, width: 70 } })).toEqual({ height: 98, width: 70 })
    expect(inputSizeOf({ ...dinov2, crop: null })).toBeNull()
    expect(inputSizeOf({ ...direct, resize: null })).toBeNull()
  })
})
