/**
 * Pillow's `Image.resize` for 8-bit RGB, byte for byte, optionally only a part of the result.
 *
 * Source: Pillow 13's src/libImaging/Resample.c (`ImagingResampleInner`), Geometry.c (`ImagingScaleAffine`).
 */

import type { Image } from "./image.ts"
import type { Resample } from "./preprocessing.ts"
import { horizontal, reachOf, tapsOf, vertical, type ImagePart } from "./resample-passes.ts"

/** A part of the resized image, in its pixels; must lie inside. */
export interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/**
 * Resizes to `height` × `width` and returns the part inside `window` (default: everything). Computes only that part
 * and the input that it depends on. The result may share memory with `image`.
 *
 * @throws {RangeError} a size that is not a positive integer, or a window that exceeds the resized image
 */
export function resample(
  image: Image,
  height: number,
  width: number,
  filter: Resample,
  window: Window = { top: 0, left: 0, height, width }
): Image {
  check(image, height, width, window)
  const data =
    filter === "nearest"
      ? nearest(image, height, width, window)
      : filtered(image, height, width, filter, window)
  return { height: window.height, width: window.width, data }
}

/**
 * Pillow 13 runs the vertical pass first if the height loses more than twice as many pixels as the width. Up to 12.3,
 * the horizontal pass always came first; since each pass rounds, such results differ by a few levels.
 */
function verticalFirst(image: Image, height: number, width: number): boolean {
  const lost = image.height - height
  return lost > 0 && lost > (image.width - width) * 2
}

function filtered(
  image: Image,
  height: number,
  width: number,
  filter: Exclude<Resample, "nearest">,
  window: Window
): Uint8Array {
  const whole: ImagePart = { data: image.data, stride: image.width * 3, top: 0, left: 0 }
  // Skip a pass that would change nothing.
  const rows =
    height === image.height ? null : tapsOf(filter, image.height, height, window.top, window.height)
  const columns = width === image.width ? null : tapsOf(filter, image.width, width, window.left, window.width)
  if (rows === null)
    return columns === null ? cut(image, window) : horizontal(whole, window.top, window.height, columns)
  if (columns === null) return vertical(whole, window.left, window.width, rows)
  if (verticalFirst(image, height, width)) {
    const { first, length } = reachOf(columns)
    const data = vertical(whole, first, length, rows)
    return horizontal({ data, stride: length * 3, top: 0, left: first }, 0, window.height, columns)
  }
  const { first, length } = reachOf(rows)
  const data = horizontal(whole, first, length, columns)
  return vertical({ data, stride: window.width * 3, top: first, left: 0 }, 0, window.width, rows)
}

/** The window's pixels, unchanged; not copied if it consists of whole rows. */
function cut(image: Image, { top, left, height, width }: Window): Uint8Array {
  const rowBytes = image.width * 3
  if (width === image.width) return image.data.subarray(top * rowBytes, (top + height) * rowBytes)
  const target = new Uint8Array(height * width * 3)
  for (let y = 0; y < height; y++) {
    const from = (top + y) * rowBytes + left * 3
    target.set(image.data.subarray(from, from + width * 3), y * width * 3)
  }
  return target
}

function nearest(image: Image, height: number, width: number, window: Window): Uint8Array {
  const rows = nearestPositions(image.height, height)
  const columns = nearestPositions(image.width, width)
  const target = new Uint8Array(window.height * window.width * 3)
  let to = 0
  for (let y = window.top; y < window.top + window.height; y++) {
    const row = rows[y]! * image.width
    for (let x = window.left; x < window.left + window.width; x++) {
      const from = (row + columns[x]!) * 3
      target[to++] = image.data[from]!
      target[to++] = image.data[from + 1]!
      target[to++] = image.data[from + 2]!
    }
  }
  return target
}

/** Pillow adds up the scale position by position; (i + ½) · scale could round to another pixel. */
function nearestPositions(inSize: number, outSize: number): Int32Array {
  const scale = inSize / outSize
  const positions = new Int32Array(outSize)
  let position = scale * 0.5
  for (let i = 0; i < outSize; i++) {
    positions[i] = Math.min(Math.trunc(position), inSize - 1)
    position += scale
  }
  return positions
}

function check(image: Image, height: number, width: number, window: Window): void {
  const { top, left } = window
  const sizes = { height, width, "window height": window.height, "window width": window.width }
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`resample: ${name} must be a positive integer, got ${size}`)
    }
  }
  if (image.data.length !== image.height * image.width * 3 || image.data.length === 0) {
    throw new RangeError(`resample: ${image.data.length} bytes are not ${image.height} × ${image.width} × 3`)
  }
  if (!(top >= 0 && left >= 0 && top + window.height <= height && left + window.width <= width)) {
    const part = `${window.height} × ${window.width} at (${top}, ${left})`
    throw new RangeError(`resample: the window ${part} leaves the resized image ${height} × ${width}`)
  }
}
