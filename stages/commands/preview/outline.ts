/** Draws the outline of a mask, mapped through an encoder's geometry. */
import type { Geometry } from "../../vision/geometry.ts"
import { boundingBoxOf, type Mask, rowMajorOf } from "../../vision/rle.ts"
import type { Canvas } from "./digits.ts"
import type { OverlayRgb } from "./palette.ts"

/**
 * Draws the border of the mask's pixels in the encoder's input: the colour just inside, black just outside. Dashed if
 * `dashed`.
 *
 * @param scale canvas pixels per input pixel
 */
export function drawOutline(
  { data, height, width }: Canvas,
  mask: Mask,
  { scaleX, scaleY, offsetX, offsetY }: Geometry,
  scale: number,
  colour: OverlayRgb,
  dashed: boolean
): void {
  const thickness = Math.max(1, Math.round(width / 350))
  const pixels = rowMajorOf(mask)
  // where each column and row of the canvas lies in the image; −1 outside of it
  const place = (size: number, factor: number, offset: number, most: number) =>
    Int32Array.from({ length: size }, (_, i) => {
      const at = Math.floor(((i + 0.5) / scale - offset) / factor)
      return at >= 0 && at < most ? at : -1
    })
  const columns = place(width, scaleX, offsetX, mask.width)
  const rows = place(height, scaleY, offsetY, mask.height)
  const isInside = (x: number, y: number) => {
    const [column, row] = [columns[x] ?? -1, rows[y] ?? -1]
    return column >= 0 && row >= 0 && pixels[row * mask.width + column] === 1
  }
  const [boxLeft, boxTop, boxWidth, boxHeight] = boundingBoxOf(mask)
  const span = (from: number, length: number, factor: number, offset: number, most: number) => [
    Math.max(0, Math.floor((from * factor + offset) * scale) - 2),
    Math.min(most, Math.ceil(((from + length) * factor + offset) * scale) + 2)
  ]
  const [left = 0, right = 0] = span(boxLeft, boxWidth, scaleX, offsetX, width)
  const [top = 0, bottom = 0] = span(boxTop, boxHeight, scaleY, offsetY, height)
  const period = thickness * 8
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const inside = isInside(x, y)
      const reach = inside ? thickness : 1
      const isBorder =
        isInside(x - reach, y) !== inside ||
        isInside(x + reach, y) !== inside ||
        isInside(x, y - reach) !== inside ||
        isInside(x, y + reach) !== inside
      if (!isBorder || (dashed && (x + y) % period < period / 2)) continue
      data.set(inside ? colour : [0, 0, 0], (y * width + x) * 3)
    }
}
