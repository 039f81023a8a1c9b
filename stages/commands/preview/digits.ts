/** Draws numbers into a picture with a built-in font, so that results do not depend on installed fonts. */
import type { OverlayRgb } from "./palette.ts"

/** 3 × 5 pixels per digit; each octal digit is a row, from the top. */
const rowsOfDigit = ["75557", "26227", "71747", "71317", "55711", "74717", "74757", "71111", "75757", "75717"]

/** RGB pixels, row-major. */
export interface Canvas {
  readonly height: number
  readonly width: number
  readonly data: Uint8Array
}

/**
 * Draws a number, black or white, in a box of `colour` centred at (x, y), moved to lie inside the canvas.
 *
 * @param dot pixels per dot of the font
 */
export function drawNumber(
  canvas: Canvas,
  number: number,
  x: number,
  y: number,
  dot: number,
  colour: OverlayRgb
): void {
  const digits = [...String(number)].map((digit) => rowsOfDigit[Number(digit)]!)
  const columns = digits.length * 4 + 1 // a column before each digit, and one after the last
  const rows = 7
  const [width, height] = [columns * dot, rows * dot]
  const left = Math.max(0, Math.min(Math.round(x - width / 2), canvas.width - width))
  const top = Math.max(0, Math.min(Math.round(y - height / 2), canvas.height - height))
  const isLight = colour[0] * 0.3 + colour[1] * 0.59 + colour[2] * 0.11 > 140
  const ink: OverlayRgb = isLight ? [0, 0, 0] : [255, 255, 255]
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const glyph = digits[Math.floor((column - 1) / 4)]
      const bit = column > 0 && row > 0 && row < 6 ? 2 - ((column - 1) % 4) : -1
      const isInk = bit >= 0 && glyph !== undefined && ((Number(glyph[row - 1]) >> bit) & 1) === 1
      fill(canvas, left + column * dot, top + row * dot, dot, isInk ? ink : colour)
    }
}

function fill(
  { height, width, data }: Canvas,
  left: number,
  top: number,
  size: number,
  colour: OverlayRgb
): void {
  for (let y = top; y < Math.min(top + size, height); y++)
    for (let x = left; x < Math.min(left + size, width); x++) data.set(colour, (y * width + x) * 3)
}
