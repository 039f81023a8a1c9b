import { describe, expect, it } from "vitest"
import type { AnnotatedObject } from "../../../../stages/commands/preview/annotated.ts"
import { drawNumber } from "../../../../stages/commands/preview/digits.ts"
import { overlayColours } from "../../../../stages/commands/preview/palette.ts"
import { drawPicture, scaleOf } from "../../../../stages/commands/preview/picture.ts"
import { geometryOf } from "../../../../stages/vision/geometry.ts"
import type { Image } from "../../../../stages/vision/image.ts"
import { preprocess } from "../../../../stages/vision/preprocess.ts"
import type { Preprocessing } from "../../../../stages/vision/preprocessing.ts"
import { maskOfRowMajor } from "../../../../stages/vision/rle.ts"

/** 32 × 32 pixels, of which nothing is resized: 4 × 4 patches of 8 × 8. */
const size = 32
const preprocessing: Preprocessing = {
  resize: null,
  crop: null,
  resample: "bilinear",
  rescale: 1 / 255,
  mean: [0.4, 0.5, 0.6],
  std: [0.2, 0.3, 0.4]
}
const image: Image = {
  height: size,
  width: size,
  data: Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 7) % 256)
}
const grid = { rows: 4, columns: 4, patch: { height: 8, width: 8 } }
const geometry = geometryOf(preprocessing, size, size)
const draw = (objects: ReadonlyArray<AnnotatedObject>, of = image) =>
  drawPicture({ tensor: preprocess(of, preprocessing), preprocessing, geometry, grid, objects })
const grey: Image = { ...image, data: new Uint8Array(size * size * 3).fill(100) }

/** An object that covers patches wholly or in part. */
const object = (coverage: Readonly<Record<number, number>>, crowd = false): AnnotatedObject => ({
  annotation: 1,
  category: "box",
  crowd,
  patches: Object.keys(coverage).map(Number),
  coverage: Object.values(coverage),
  seen: 1,
  mask: maskOfRowMajor(new Uint8Array(size * size), size, size)
})
const scale = scaleOf({ height: size, width: size })
const patch = 8 * scale
/** The pixel at a place of a patch, in shares of its size. */
const pixelOf = ({ data, width }: ReturnType<typeof draw>, index: number, right = 0.25, down = 0.25) => {
  const x = Math.round(((index % 4) + right) * patch)
  const y = Math.round((Math.floor(index / 4) + down) * patch)
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
}

describe("without objects", () => {
  it("each pixel of the input is a square of the picture, in the image's own colours", () => {
    const picture = draw([])
    expect(picture).toMatchObject({ height: size * scale, width: size * scale })
    for (const [x, y] of [
      [1, 1],
      [5, 2],
      [30, 31],
      [12, 20]
    ] as const) {
      const middle = (y * scale + (scale >> 1)) * picture.width + x * scale + (scale >> 1)
      const original = (y * size + x) * 3
      expect([...picture.data.subarray(middle * 3, middle * 3 + 3)]).toEqual([
        ...image.data.subarray(original, original + 3)
      ])
    }
  })
  it("lines are drawn between patches, and are seen on dark and light", () => {
    for (const level of [0, 255]) {
      const picture = draw([], { ...grey, data: grey.data.map(() => level) })
      const [line, within] = [pixelOf(picture, 5, 0, 0.5), pixelOf(picture, 5, 0.5, 0.5)]
      expect(within).toEqual([level, level, level])
      expect(Math.abs(line[0]! - level)).toBeGreaterThan(50)
    }
  })
})

describe("with objects", () => {
  const [first, second] = [overlayColours[0]!.rgb, overlayColours[1]!.rgb]
  const towards = (colour: readonly number[], share: number, light: number) =>
    colour.map((channel) => Math.trunc(100 * light * (1 - share) + channel * share))

  it("what none covers is darker; what one covers is tinted by as much as it covers", () => {
    const picture = draw([object({ 0: 1, 1: 0.5 })], grey)
    expect(pixelOf(picture, 5)).toEqual([55, 55, 55])
    expect(pixelOf(picture, 0)).toEqual(towards(first, 0.45, 1))
    expect(pixelOf(picture, 1)).toEqual(towards(first, 0.225, 0.775))
  })
  it("what two cover has the mix of their colours, by their shares", () => {
    const picture = draw([object({ 0: 0.5 }), object({ 0: 0.5 })], grey)
    const mix = first.map((channel, c) => (channel + second[c]!) / 2)
    expect(pixelOf(picture, 0)).toEqual(towards(mix, 0.45, 1))
  })
  it("crowds are hatched", () => {
    const picture = draw([object({ 0: 1 }, true)], grey)
    const row = Array.from({ length: 40 }, (_, i) => String(pixelOf(picture, 0, 0.1 + i / 100, 0.25)))
    expect(new Set(row)).toEqual(new Set(["100,100,100", String(towards(first, 0.45, 1))]))
  })
  it("each number is at a patch of its own", () => {
    const picture = draw([object({ 5: 1, 6: 1 }), object({ 5: 1, 6: 1 })], grey)
    const coloursIn = (index: number) => {
      const found = new Set<string>()
      for (let i = 0; i < patch * patch; i++)
        found.add(String(pixelOf(picture, index, (i % patch) / patch, Math.floor(i / patch) / patch)))
      return [first, second].map((rgb) => found.has(String(rgb)))
    }
    expect([coloursIn(5), coloursIn(6)].toSorted()).toEqual([
      [false, true],
      [true, false]
    ])
  })
  it("the first object is number 0, as in every table", () => {
    const picture = draw([object({ 5: 1 })], grey)
    const withNumber = (number: number) => {
      const canvas = { ...picture, data: picture.data.slice() }
      drawNumber(canvas, number, 1.5 * patch, 1.5 * patch, Math.round(picture.width / 300), first)
      return canvas.data
    }
    expect(Buffer.compare(withNumber(0), picture.data)).toBe(0)
    expect(Buffer.compare(withNumber(1), picture.data)).not.toBe(0)
  })
  it("outlines follow the mask through the geometry", () => {
    const pixels = new Uint8Array(size * size)
    for (let y = 8; y < 16; y++) pixels.fill(1, y * size + 8, y * size + 16)
    const square = { ...object({ 5: 1 }), mask: maskOfRowMajor(pixels, size, size) }
    const picture = draw([square], grey)
    expect(pixelOf(picture, 5, 0.01, 0.3)).toEqual([...first])
    expect(pixelOf(picture, 5, 0.99, 0.3)).toEqual([...first])
    expect(pixelOf(picture, 4, 0.9, 0.3)).toEqual([55, 55, 55])
  })
})

it("numbers are drawn in a box of their colour, inside the picture", () => {
  const canvas = { height: 7, width: 5, data: new Uint8Array(7 * 5 * 3) }
  drawNumber(canvas, 1, -10, -10, 1, [255, 255, 0])
  const dark = Array.from({ length: 7 }, (_, y) =>
    Array.from({ length: 5 }, (_, x) => (canvas.data[(y * 5 + x) * 3] === 0 ? "#" : ".")).join("")
  )
  expect(dark).toEqual([".....", "..#..", ".##..", "..#..", "..#..", ".###.", "....."])
})
