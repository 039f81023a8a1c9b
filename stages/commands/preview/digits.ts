/** Numbers in a picture, by a font of our own: what fonts a machine has must not matter. */
import type { OverlayRgb } from "./palette.ts"

/** 3 × 5 pixels a digit, a row an octal digit from the top. */
const rowsOfDigit = ["75557", "26227", "71747", "71317", "55711", "74717", "74757", "71111", "75757", "75717"]

/** RGB pixels, row-major. */
export interface Canvas {
  readonly height: number
  readonly width: number
  readonly data: Uint8Array
}

/**
 * Draws a number in a box of `colour`, black or white on it, centred at (x, y) and moved inside the canvas.
 *
 * @param dot pixels a dot of the font
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
  const columns = digits.length * 4 + 1 // a column before each digit, and one behind the last
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
