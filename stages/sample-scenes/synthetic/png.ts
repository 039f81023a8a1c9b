/** Encodes rendered scenes as PNG. */

/**
 * Encodes RGB pixels (row-major, height × width × 3) as lossless PNG.
 *
 * Sets every option that affects the bytes, so that a pinned sharp writes the same file everywhere.
 *
 * @throws {RangeError} if `pixels` does not have height × width × 3 bytes
 */
export async function encodePng(pixels: Uint8Array, height: number, width: number): Promise<Uint8Array> {
  if (pixels.length !== height * width * 3) {
    throw new RangeError(
      `${pixels.length} bytes are no RGB image of ${height}×${width} pixels: give height × width × 3 = ${height * width * 3}.`
    )
  }
  const { default: sharp } = await import("sharp")
  return sharp(pixels, { raw: { height, width, channels: 3 } })
    .png({ compressionLevel: 6, adaptiveFiltering: true, progressive: false, palette: false })
    .toBuffer()
}
