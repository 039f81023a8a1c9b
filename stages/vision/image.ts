/** Decodes image files into the same RGB pixels as PIL's `Image.open(…).convert("RGB")`. */

import type { Metadata, Sharp } from "sharp"
import { type Alpha, blendedOntoWhite, hasTransparentPixel, withoutAlpha } from "./alpha.ts"

/** 8-bit RGB pixels. */
export interface Image {
  /** in pixels */
  readonly height: number
  /** in pixels */
  readonly width: number
  /** [height, width, 3], row-major, red, green, blue interleaved, 0 … 255 */
  readonly data: Uint8Array
}

/** The bytes are not an image that can be decoded. */
export class ImageError extends Error {
  override readonly name = "ImageError"
}

/**
 * Larger images are refused, as in Pillow (`DecompressionBombError`: twice `Image.MAX_IMAGE_PIXELS`); decoded, they
 * take 3 bytes per pixel, 537 MB. Images that Pillow only warns about, from 89,478,486 pixels on, are decoded.
 */
export const maxPixels = 178_956_970

/** The formats compared with PIL. sharp also reads formats (even SVG) that PIL cannot read or reads differently. */
const formats = new Set(["jpeg", "png", "webp", "gif", "tiff"])
const readable = "JPEG, PNG, WebP, GIF and TIFF files can be read"

/** First bytes of formats that PIL reads but sharp's libvips does not. */
const otherFormats = new Map([
  ["BM", "BMP"],
  ["\0\0\0\x0cjP  ", "JPEG 2000"],
  ["\0\0\x01\0", "ICO"],
  ["8BPS", "PSD"],
  ["P5", "PGM"],
  ["P6", "PPM"]
])

/**
 * Decodes a JPEG, PNG, WebP, GIF or TIFF file; only the first of several frames or pages.
 *
 * As PIL opens them: EXIF orientation is not applied, an embedded ICC profile is ignored. As PIL converts them: CMYK
 * without a profile, 16-bit grey saturated at 255 (Pillow's `I;16`), other 16-bit channels reduced to their high
 * byte.
 *
 * @param alpha how to treat transparency, as the encoder's preprocessing says
 * @throws {ImageError} not an image of these formats, truncated or corrupt, of more than `maxPixels` pixels, or in a
 *   colour space without a rule in PIL's `convert("RGB")` (CIELAB, floating point)
 */
export const decodeImage = async (bytes: Uint8Array, alpha: Alpha = "drop"): Promise<Image> =>
  (await openImage(bytes)).decode(alpha)

/** The contents of an image's header. */
export interface ImageSize {
  /** in pixels, as stored: EXIF orientation is not applied */
  readonly height: number
  /** in pixels */
  readonly width: number
  /** EXIF's, 1 to 8; 1 if there is none. Viewers swap height and width from 5 on */
  readonly orientation: number
}

/** An image with its header read. */
export interface OpenedImage extends ImageSize {
  /** Decodes like `decodeImage`, on another thread; starts at once. */
  decode(alpha?: Alpha): Promise<Image>
}

/**
 * Reads the header, so that callers know an image's size before decoding it.
 *
 * @throws {ImageError} not an image of the formats above, or of more than `maxPixels` pixels
 */
export async function openImage(bytes: Uint8Array): Promise<OpenedImage> {
  const image = await open(bytes)
  const metadata = await header(image, bytes)
  const { height, width, orientation = 1 } = metadata
  return { height, width, orientation, decode: (alpha = "drop") => decode(image, metadata, alpha) }
}

async function decode(image: Sharp, metadata: Metadata, alpha: Alpha): Promise<Image> {
  const { width, height, space, depth, hasAlpha } = metadata
  if (space === "cmyk" && depth === "uchar") {
    // The inks as stored (libvips has already undone Adobe's inversion): "srgb" would use a printer's profile.
    const inks = await pixels(image.pipelineColourspace("cmyk").toColourspace("cmyk"))
    return { height, width, data: rgbOfCmyk(inks) }
  }
  if (space === "grey16" && depth === "ushort" && !hasAlpha) {
    const raw = await pixels(image.toColourspace("grey16"), "ushort")
    return { height, width, data: rgbOfGrey16(new Uint16Array(raw.buffer, raw.byteOffset, raw.length >> 1)) }
  }
  const known = depth === "uchar" ? ["srgb", "b-w"] : depth === "ushort" ? ["rgb16", "grey16"] : []
  if (!known.includes(space)) {
    throw new ImageError(`the image's pixels are ${space} of type ${depth}: convert it to 8-bit RGB first`)
  }
  const data = hasAlpha
    ? await transparent(image, metadata, alpha)
    : await pixels(image.removeAlpha().toColourspace("srgb"))
  if (data.length !== height * width * 3) {
    throw new ImageError(`decoded to ${data.length} bytes, not ${height} × ${width} × 3`)
  }
  return { height, width, data }
}

/** [height, width, 3] of an image with alpha. */
async function transparent(image: Sharp, { format }: Metadata, alpha: Alpha): Promise<Uint8Array> {
  if (alpha === "drop" && format !== "gif") return pixels(image.removeAlpha().toColourspace("srgb"))
  const rgba = await pixels(image.toColourspace("srgb"))
  if (alpha === "white") return blendedOntoWhite(rgba)
  // libvips makes them black; PIL uses the palette's colour, which libvips does not expose
  if (hasTransparentPixel(rgba)) {
    throw new ImageError(
      "the GIF file has transparent pixels, and the encoder's preprocessing drops alpha: save it as an opaque PNG"
    )
  }
  return withoutAlpha(rgba)
}

/**
 * An image's size in pixels, from the file's header; no pixels are decoded.
 *
 * @throws {ImageError} not an image of the formats above, or of more than `maxPixels` pixels
 */
export async function imageSize(bytes: Uint8Array): Promise<ImageSize> {
  const { height, width, orientation } = await openImage(bytes)
  return { height, width, orientation }
}

let library: Promise<typeof import("sharp")> | undefined

async function open(bytes: Uint8Array): Promise<Sharp> {
  library ??= import("sharp").then((module) => {
    // Several images are decoded at once, each on a thread of libuv's pool, so more threads per image would only
    // compete with each other and with inference. No image is decoded twice, so a cache would waste memory.
    module.default.concurrency(1)
    module.default.cache(false)
    return module
  })
  const { default: sharp } = await library
  if (bytes.length === 0) throw new ImageError("not an image: the file is empty")
  // `error` includes truncation, which PIL refuses too; PIL also ignores warnings (odd metadata).
  return sharp(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: false })
}

async function header(image: Sharp, bytes: Uint8Array): Promise<Metadata> {
  const metadata = await image.metadata().catch((cause: unknown) => {
    const other = otherFormatOf(bytes)
    if (other !== null) throw new ImageError(`a ${other} file is not supported: ${readable}; convert it`)
    throw new ImageError(`not an image, or its header is damaged: ${reason(cause)} (${readable})`, { cause })
  })
  const { format, width, height, orientation, depth, hasAlpha } = metadata
  if (!formats.has(format)) {
    throw new ImageError(`a file of format "${format}" is not supported: ${readable}; convert it`)
  }
  if (format === "png" && depth === "ushort" && hasAlpha && (bytes[pngColourType]! & 4) === 0) {
    // PIL drops such a colour or compares it at 8 bits, depending on the image's mode
    throw new ImageError(
      "the 16-bit PNG file has a transparent colour (tRNS): save it with an alpha channel or with 8 bits"
    )
  }
  if (width * height > maxPixels) {
    throw new ImageError(`the image has ${width} × ${height} pixels, more than the ${maxPixels} allowed`)
  }
  if (format === "tiff" && (orientation ?? 1) !== 1) {
    // PIL applies the orientation of TIFF files, but of no others.
    throw new ImageError(`the TIFF file has orientation ${orientation}: save it upright`)
  }
  return metadata
}

/** The offset of the colour type in a PNG's IHDR chunk; its bit 4 means an alpha channel. */
const pngColourType = 25

/** A known but unsupported format, by the file's first bytes. */
function otherFormatOf(bytes: Uint8Array): string | null {
  const start = String.fromCharCode(...bytes.subarray(0, 12))
  for (const [magic, name] of otherFormats) if (start.startsWith(magic)) return name
  return null
}

async function pixels(image: Sharp, depth: "uchar" | "ushort" = "uchar"): Promise<Buffer> {
  return image
    .raw({ depth })
    .toBuffer()
    .catch((cause: unknown) => {
      throw new ImageError(`truncated or corrupt image: ${reason(cause)}`, { cause })
    })
}

const reason = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).trim().split("\n")[0] ?? ""

/** Pillow's `cmyk2rgb` (src/libImaging/Convert.c): no profile, just (255 − ink) · (255 − black) / 255. */
function rgbOfCmyk(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3)
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!
    for (let channel = 0; channel < 3; channel++) {
      const product = inks[from + channel]! * light + 128 // Pillow's MULDIV255: rounded a·b/255
      rgb[to++] = light - (((product >> 8) + product) >> 8)
    }
  }
  return rgb
}

/** Pillow's `I16_RGB` (src/libImaging/Convert.c): values above 255 become 255; they are not scaled. */
function rgbOfGrey16(grey: Uint16Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3)
  for (let i = 0, to = 0; i < grey.length; i++) {
    const level = Math.min(grey[i]!, 255)
    rgb[to++] = level
    rgb[to++] = level
    rgb[to++] = level
  }
  return rgb
}
