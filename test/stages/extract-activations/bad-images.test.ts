/** Images that are none, or odd ones: an item fails by its file's name, and the others are as they would be alone. */
import sharp from "sharp"
import { expect, it, test } from "vitest"
import { maxPixels } from "../../../stages/vision/image.ts"
import { pngHeader } from "../vision/png-header.ts"
import { extracted, fileOf, imageFile, item } from "./images.ts"

const good = ["rgb.jpg", "grey.png"].map((name) => item(imageFile(name)))
const alone = await extracted(good)
const photograph = Buffer.from(await imageFile("rgb.jpg").bytes())

test.each([
  ["an empty file", Buffer.alloc(0), "not an image: the file is empty"],
  ["a text", Buffer.from("hello, world\n"), "not an image"],
  ["an HTML page", Buffer.from("<!doctype html><title>404</title>"), "not an image"],
  [
    "an SVG drawing",
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    'format "svg"'
  ],
  ["half a JPEG", photograph.subarray(0, photograph.length >> 1), "truncated or corrupt image"],
  ["a JPEG without its last bytes", photograph.subarray(0, -200), "truncated or corrupt image"],
  ["a JPEG's first bytes", photograph.subarray(0, 40), "not an image, or its header is damaged"],
  ["too many pixels", pngHeader(20_000, 10_000), `20000 × 10000 pixels, more than the ${maxPixels} allowed`]
])("%s: the item fails, the others go on", async (_, bytes, says) => {
  const bad = item(fileOf(async () => bytes))
  const [first, failure, second] = await extracted([good[0]!, bad, good[1]!])

  expect((failure as { failed: string }).failed).toContain(says)
  expect([first, second]).toEqual(alone)
})

it("a file that is gone fails its item with what the store says of it", async () => {
  const gone = fileOf(() => Promise.reject(new Error("gone.jpg is gone since it was sampled")))
  const [failure] = await extracted([item(gone)])
  expect(failure).toEqual({ failed: "gone.jpg is gone since it was sampled" })
})

const flat = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 100, b: 50 } } })
const flatRows = await extracted([item(fileOf(() => flat(64, 64).png().toBuffer()))])

test.each([
  ["1 × 1", () => flat(1, 1).png().toBuffer()],
  ["1 × 3000", () => flat(1, 3000).png().toBuffer()],
  ["3000 × 1", () => flat(3000, 1).png().toBuffer()],
  ["of 16 bits", () => flat(64, 64).toColourspace("rgb16").png().toBuffer()],
  ["with alpha", () => flat(64, 64).ensureAlpha(0.5).png().toBuffer()],
  ["animated: its first frame", animation]
])("an image %s is taken as one of its colour", async (_, bytes) => {
  expect(await extracted([item(fileOf(bytes))])).toEqual(flatRows)
})

/** Two frames of 64 × 64, the second of another colour. */
async function animation(): Promise<Buffer> {
  const frames = await Promise.all(
    [flat(64, 64), flat(64, 64).negate()].map((frame) => frame.png().toBuffer())
  )
  return sharp(frames, { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer()
}

it("an image of 100 megapixels is taken beside others, each as if alone", async () => {
  const large = item(fileOf(() => flat(10_000, 10_000).jpeg({ quality: 100 }).toBuffer()))
  const [first, rows, second] = await extracted([good[0]!, large, good[1]!])

  expect([first, second]).toEqual(alone)
  expect(rows).toHaveLength(2)
})

it("a CMYK photograph is taken", async () => {
  const [rows] = await extracted([item(imageFile("cmyk.jpg"))])
  expect(rows).toHaveLength(2)
})
