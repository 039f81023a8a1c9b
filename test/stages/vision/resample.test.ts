import { describe, expect, it, test } from "vitest"
import { decodeImage, type Image } from "../../../stages/vision/image.ts"
import { resample } from "../../../stages/vision/resample.ts"
import { bytesOf, expected, sha256 } from "./preprocessing-fixture.ts"

const decoded = new Map<string, Promise<Image>>()
function load(name: string): Promise<Image> {
  const image = decoded.get(name) ?? bytesOf(name).then(decodeImage)
  decoded.set(name, image)
  return image
}

// The promise is one level of 255; held is equality.
describe("resample equals Pillow's resize, byte for byte", () => {
  const cases = expected.resampled.map(
    (c) => [`${c.image} to ${c.height} × ${c.width}, ${c.filter}`, c] as const
  )

  test.each(cases)("%s", async (_, { image, height, width, filter, sha256: hash, middle }) => {
    const resized = resample(await load(image), height, width, filter)
    expect([resized.height, resized.width]).toEqual([height, width])
    const start = (height >> 1) * width * 3
    expect([...resized.data.subarray(start, Math.min(start + 12, start + width * 3))]).toEqual(middle)
    expect(sha256(resized.data)).toBe(hash)
  })

  test.each(cases.filter(([, { window }]) => window))("a window of %s", async (_, c) => {
    const part = resample(await load(c.image), c.height, c.width, c.filter, c.window)
    expect([part.height, part.width]).toEqual([c.window!.height, c.window!.width])
    expect(sha256(part.data)).toBe(c.window!.sha256)
  })
})

describe("resample", () => {
  const grey: Image = { height: 5, width: 4, data: new Uint8Array(60).fill(77) }

  it.each(["nearest", "bilinear", "bicubic", "lanczos"] as const)("keeps a flat image flat: %s", (filter) => {
    for (const [height, width] of [
      [9, 13],
      [2, 3],
      [5, 1]
    ] as const) {
      expect(new Set(resample(grey, height, width, filter).data)).toEqual(new Set([77]))
    }
  })

  it("leaves its input alone", () => {
    const before = grey.data.slice()
    resample(grey, 5, 4, "bicubic")
    resample(grey, 2, 2, "bicubic")
    expect(grey.data).toEqual(before)
  })

  it("refuses sizes, windows and buffers that make no sense", () => {
    expect(() => resample(grey, 0, 4, "bicubic")).toThrow(/height must be a positive integer, got 0/)
    expect(() => resample(grey, 4, 2.5, "bicubic")).toThrow(/width must be a positive integer, got 2.5/)
    expect(() => resample(grey, 8, 8, "bicubic", { top: 1, left: 0, height: 8, width: 8 })).toThrow(
      /leaves the resized/
    )
    expect(() => resample({ ...grey, width: 5 }, 8, 8, "bicubic")).toThrow(/60 bytes are not 5 × 5 × 3/)
  })
})
