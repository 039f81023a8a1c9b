/** What happens to transparency when an image is converted to RGB. */

/**
 * `drop`: the colours as stored, as in PIL's `convert("RGB")`. `white`: blended onto white, as `convert_to_rgb` in
 * transformers 5's image_transforms.py does (transformers 4 always dropped alpha).
 */
export type Alpha = "drop" | "white"

/**
 * Blends RGBA pixels onto opaque white, as Pillow's `alpha_composite` (src/libImaging/AlphaComposite.c) does for a
 * background alpha of 255. Its factors are then alpha · 128 and (255 − alpha) · 128, and it divides by 255 with shifts.
 *
 * @param rgba [height, width, 4], 0 … 255
 * @returns [height, width, 3]
 */
export function blendedOntoWhite(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3)
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    const alpha = rgba[from + 3]!
    const white = 255 * (255 - alpha) + 128
    for (let channel = 0; channel < 3; channel++) {
      const product = (rgba[from + channel]! * alpha + white) << 7
      rgb[to++] = ((product >> 8) + product) >> 15
    }
  }
  return rgb
}

/** Whether an RGBA pixel is fully transparent. */
export function hasTransparentPixel(rgba: Uint8Array): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] === 0) return true
  return false
}

/** RGBA pixels without their alpha: [height, width, 3]. */
export function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3)
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from]!
    rgb[to++] = rgba[from + 1]!
    rgb[to++] = rgba[from + 2]!
  }
  return rgb
}
