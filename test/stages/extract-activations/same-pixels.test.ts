import { expect, it } from "vitest"
import { samePixels } from "../../../stages/extract-activations/same-pixels.ts"
import { extracted, fileOf, imageFile, item } from "./images.ts"
import { tableOf } from "../fakes.ts"
import sharp from "sharp"

const scenes = (files: Readonly<Record<string, string>>) =>
  tableOf(Object.entries(files).map(([item, sha256]) => ({ item, image: { sha256 } })))
const activations = (pixels: Readonly<Record<string, string>>) =>
  tableOf(
    Object.entries(pixels).flatMap(([item, of]) => [
      { item, pixels: of },
      { item, pixels: of }
    ])
  )
type Tables = Parameters<typeof samePixels>
const found = (files: Readonly<Record<string, string>>, pixels: Readonly<Record<string, string>>) =>
  samePixels(activations(pixels) as unknown as Tables[0], scenes(files) as unknown as Tables[1])

it("counts files with the pixels of another file, and names both scenes", async () => {
  expect(await found({ a: "1", b: "2", c: "3", d: "4" }, { a: "x", b: "x", c: "y", d: "x" })).toEqual({
    count: 2,
    examples: ["b has the pixels of a", "d has the pixels of a"]
  })
})

it("does not count the same file under two ids", async () => {
  expect(await found({ a: "1", b: "1", c: "2" }, { a: "x", b: "x", c: "y" })).toEqual({
    count: 0,
    examples: []
  })
})

it("counts a file once, however many scenes show it", async () => {
  expect((await found({ a: "1", b: "2", c: "2" }, { a: "x", b: "x", c: "x" })).count).toBe(1)
})

const pixels = (result: unknown) => (result as ReadonlyArray<{ readonly pixels: string }>)[0]!.pixels

it("an image has the same pixels in another file of another format, and others where a pixel differs", async () => {
  const original = Buffer.from(await imageFile("grey.png").bytes())
  const lossless = await sharp(original).webp({ lossless: true }).toBuffer()
  const recompressed = await sharp(original).png({ compressionLevel: 0 }).toBuffer()
  const { data, info } = await sharp(original).raw().toBuffer({ resolveWithObject: true })
  data[0] = data[0]! ^ 0xff
  const { width, height, channels } = info
  const changed = await sharp(data, { raw: { width, height, channels } }).png().toBuffer()
  const files = [original, lossless, recompressed, changed]
  const [a, b, c, d] = (await extracted(files.map((bytes) => item(fileOf(async () => bytes))))).map(pixels)
  expect([b, c]).toEqual([a, a])
  expect(d).not.toBe(a)
})
