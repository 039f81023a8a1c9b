import { existsSync, readFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { describe, expect, it, test } from "vitest"
import { decodeImage, ImageError, imageSize, maxPixels } from "../../../stages/vision/image.ts"
import { chunk, pngHeader } from "./png-header.ts"
import { bytesOf, expected, sha256 } from "./preprocessing-fixture.ts"

const files = Object.entries(expected.decoded)
const lossless = files.filter(([file]) => !file.endsWith(".jpg") && file !== "transparent.gif")
const jpegs = files.filter(([file]) => file.endsWith(".jpg"))

/** A copy of a PNG file with a tRNS chunk after its header: black is transparent. */
function withTransparentColour(png: Buffer, bytes: number): Buffer {
  const header = 8 + 25 // the signature and IHDR
  return Buffer.concat([png.subarray(0, header), chunk("tRNS", Buffer.alloc(bytes)), png.subarray(header)])
}

describe("decodeImage", () => {
  test.each(lossless)(
    "%s: every byte is that of PIL's convert('RGB')",
    async (file, { height, width, sha256: hash }) => {
      const image = await decodeImage(await bytesOf(file))
      expect([image.height, image.width, image.data.length]).toEqual([height, width, height * width * 3])
      expect(sha256(image.data)).toBe(hash)
    }
  )

  test.each(jpegs)(
    "%s: 99 %% of the bytes are within 3 levels of PIL's",
    async (file, { height, width, every7 }) => {
      const image = await decodeImage(await bytesOf(file))
      expect([image.height, image.width]).toEqual([height, width])
      const theirs = Buffer.from(every7!, "hex")
      expect(theirs.length).toBe(Math.ceil(image.data.length / 7))
      const close = theirs.filter((level, i) => Math.abs(level - image.data[i * 7]!) <= 3).length
      expect(close / theirs.length).toBeGreaterThanOrEqual(0.99)
    }
  )

  it("leaves EXIF orientation alone", async () => {
    const { height, width } = await decodeImage(await bytesOf("exif-turned.jpg"))
    expect({ height, width }).toEqual({ height: 61, width: 97 })
    expect((await imageSize(await bytesOf("exif-turned.jpg"))).orientation).toBeGreaterThan(1)
  })

  test.each(Object.entries(expected.blended))(
    "%s: blended onto white, every byte is that of transformers' convert_to_rgb",
    async (file, hash) => {
      expect(sha256((await decodeImage(await bytesOf(file), "white")).data)).toBe(hash)
    }
  )

  it("leaves opaque images as they are where alpha is blended", async () => {
    for (const [file] of files.filter(
      ([file]) => !(file in expected.blended) && file !== "grey16-alpha.png"
    )) {
      const bytes = await bytesOf(file)
      expect(await decodeImage(bytes, "white"), file).toEqual(await decodeImage(bytes))
    }
  })

  it("refuses to drop the alpha of a GIF with transparent pixels, whose colour libvips doesn't tell", async () => {
    const bytes = await bytesOf("transparent.gif")
    await expect(decodeImage(bytes)).rejects.toThrow(
      /GIF file has transparent pixels.*save it as an opaque PNG/
    )
    await expect(decodeImage(bytes, "drop")).rejects.toThrow(ImageError)
  })

  it("refuses a transparent colour in a 16-bit PNG, which PIL treats by the image's mode", async () => {
    for (const [file, channels] of [
      ["grey16.png", 1],
      ["rgb16.png", 3]
    ] as const) {
      const tagged = withTransparentColour(await bytesOf(file), 2 * channels)
      await expect(decodeImage(tagged), file).rejects.toThrow(/16-bit PNG .*tRNS/)
      await expect(decodeImage(tagged, "white"), file).rejects.toThrow(ImageError)
    }
  })

  it("drops alpha and doesn't blend it unless asked to", async () => {
    const opaque = await decodeImage(await bytesOf("palette.png"))
    const transparent = await decodeImage(await bytesOf("palette-transparent.png"))
    expect(transparent.data).toEqual(opaque.data)
  })

  it("ignores an embedded ICC profile", async () => {
    const { default: sharp } = await import("sharp")
    const { data, height, width } = await decodeImage(await bytesOf("wide.png"))
    const raw = { raw: { height, width, channels: 3 as const } }
    const tagged = await sharp(data, raw)
      .keepIccProfile()
      .withIccProfile("p3", { attach: true })
      .png()
      .toBuffer()
    const untagged = await sharp(await sharp(tagged, { ignoreIcc: true }).raw().toBuffer(), raw)
      .png()
      .toBuffer()
    expect((await sharp(tagged).metadata()).icc).toBeDefined()
    expect((await decodeImage(tagged)).data).toEqual((await decodeImage(untagged)).data)
  })

  it.each(["rgb.jpg", "progressive.jpg", "wide.png"])("refuses a truncated %s", async (file) => {
    const bytes = await bytesOf(file)
    for (const kept of [0.5, 0.9]) {
      await expect(decodeImage(bytes.subarray(0, bytes.length * kept))).rejects.toThrow(
        /truncated or corrupt/
      )
    }
    await expect(decodeImage(bytes.subarray(0, 12))).rejects.toThrow(ImageError)
  })

  it("refuses a PNG with a damaged byte", async () => {
    const bytes = Buffer.from(await bytesOf("wide.png"))
    bytes[bytes.length >> 1]! ^= 0x55
    await expect(decodeImage(bytes)).rejects.toThrow(ImageError)
  })

  it.each([
    ["nothing", ""],
    ["text", "id,category\n1,dog\n"]
  ])("refuses %s", async (_, text) => {
    await expect(decodeImage(Buffer.from(text))).rejects.toThrow(/^not an image/)
  })

  it("refuses a format that PIL reads otherwise or not at all", async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    await expect(decodeImage(Buffer.from(svg))).rejects.toThrow(
      '"svg" is not supported: JPEG, PNG, WebP, GIF and TIFF files can be read; convert it'
    )
  })

  it.each([
    ["BMP", Buffer.from("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "latin1")],
    ["JPEG 2000", Buffer.from("\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", "latin1")],
    ["PPM", Buffer.from("P6 1 1 255\nabc")]
  ])("names %s, and the formats that can be read", async (name, bytes) => {
    const message = `a ${name} file is not supported: JPEG, PNG, WebP, GIF and TIFF files can be read; convert it`
    await expect(decodeImage(bytes)).rejects.toThrow(message)
    await expect(imageSize(bytes)).rejects.toThrow(ImageError)
  })

  it("refuses an image of too many pixels by its header", async () => {
    const huge = pngHeader(20_000, Math.floor(maxPixels / 20_000) + 1)
    await expect(decodeImage(huge)).rejects.toThrow("20000 × 8948 pixels, more than the 178956970 allowed")
    await expect(imageSize(huge)).rejects.toThrow(ImageError)
  })

  it("decodes many at once as one by one", async () => {
    const names = [...lossless, ...jpegs].map(([file]) => file)
    const together = await Promise.all(names.map(async (name) => decodeImage(await bytesOf(name))))
    for (const [i, name] of names.entries())
      expect(together[i]).toEqual(await decodeImage(await bytesOf(name)))
  })
})

describe("imageSize", () => {
  test.each(files)("%s", async (file, { height, width }) => {
    expect(await imageSize(await bytesOf(file))).toMatchObject({ height, width })
  })

  it("reads the header alone", async () => {
    expect(await imageSize((await bytesOf("landscape.png")).subarray(0, 4096))).toEqual({
      orientation: 1,
      height: 300,
      width: 401
    })
    expect(await imageSize((await bytesOf("rgb.jpg")).subarray(0, 1024))).toEqual({
      orientation: 1,
      height: 61,
      width: 97
    })
  })
})

const real = new URL("../../../../shared/real/coco350/", import.meta.url)

describe.skipIf(!existsSync(real))(
  "350 photographs of COCO (skipped where ../shared/real is missing)",
  () => {
    interface CocoImage {
      readonly file_name: string
      readonly height: number
      readonly width: number
    }
    const listed = (): ReadonlyArray<CocoImage> =>
      (
        JSON.parse(readFileSync(new URL("instances.json", real), "utf8")) as {
          images: ReadonlyArray<CocoImage>
        }
      ).images
    const photograph = (name: string): Promise<Buffer> => readFile(new URL(`images/${name}`, real))

    it("have the sizes that instances.json gives", async () => {
      const images = listed()
      expect(images.length).toBe(350)
      const wrong: Array<string> = []
      for (const { file_name: name, height, width } of images) {
        const size = await imageSize(await photograph(name))
        if (size.height !== height || size.width !== width) wrong.push(name)
      }
      expect(wrong).toEqual([])
    })

    it("decode", async () => {
      for (const { file_name: name, height, width } of listed().slice(0, 6)) {
        const image = await decodeImage(await photograph(name))
        expect([image.height, image.width, image.data.length]).toEqual([height, width, height * width * 3])
        expect(new Set(image.data).size).toBeGreaterThan(100)
      }
    })
  }
)
