/**
 * Pillow's `Image.resize` for 8-bit RGB, bit for bit.
 *
 * Source: Pillow's src/libImaging/Resample.c (`precompute_coeffs`, `normalize_coeffs_8bpc`,
 * `ImagingResampleHorizontal_8bpc`, `ImagingResampleVertical_8bpc`) and Geometry.c (`ImagingScaleAffine`) for
 * nearest. Antialiased: when shrinking, the filter is widened by the scale. Two passes, horizontal first, each
 * rounded to 8 bits; weights in 22-bit fixed point.
 */

import type { Image } from "./image.ts"
import type { Resample } from "./preprocessing.ts"

/** A part of the resized image, in its pixels; it must lie inside. */
export interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/**
 * Resizes to `height` × `width` and returns the part inside `window` (everything, if left out). Only that part,
 * and the rows that it needs, are computed.
 *
 * @throws {RangeError} a size that is not a positive integer, or a window that leaves the resized image
 */
export function resample(
  image: Image,
  height: number,
  width: number,
  filter: Resample,
  window: Window = { top: 0, left: 0, height, width }
): Image {
  check(image, height, width, window)
  if (filter === "nearest") return nearest(image, height, width, window)
  const { support, weight } = filters[filter]
  const rows =
    height === image.height ? null : taps(image.height, height, window.top, window.height, support, weight)
  const columns =
    width === image.width ? null : taps(image.width, width, window.left, window.width, support, weight)

  // the source rows that the window's rows reach: taps start and end in ascending order
  const first = rows === null ? window.top : rows.start[0]!
  const end =
    rows === null
      ? window.top + window.height
      : rows.start[window.height - 1]! + rows.count[window.height - 1]!
  const rowBytes = window.width * 3
  const across =
    columns === null
      ? cut(image, first, end - first, window.left, window.width)
      : horizontal(image, first, end - first, columns, window.width)
  const data = rows === null ? across : vertical(across, rowBytes, first, rows, window.height)
  return { height: window.height, width: window.width, data }
}

/** For each output position: the first input position, how many, and their weights (padded to `stride`). */
interface Taps {
  readonly start: Int32Array
  readonly count: Int32Array
  readonly weights: Int32Array
  readonly stride: number
}

interface Filter {
  /** half the width, in input pixels at scale 1 */
  readonly support: number
  readonly weight: (x: number) => number
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI))

const filters: Record<Exclude<Resample, "nearest">, Filter> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys' cubic with a = −0.5, written as Pillow does: another order of operations rounds differently
  bicubic: {
    support: 2,
    weight: (x) => {
      const a = -0.5
      const t = Math.abs(x)
      if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1
      if (t < 2) return (((t - 5) * t + 8) * t - 4) * a
      return 0
    }
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) }
}

const precisionBits = 32 - 8 - 2

function taps(
  inSize: number,
  outSize: number,
  outFirst: number,
  outCount: number,
  filterSupport: number,
  filter: (x: number) => number
): Taps {
  const scale = inSize / outSize
  const filterScale = Math.max(scale, 1)
  const support = filterSupport * filterScale
  const stride = Math.ceil(support) * 2 + 1
  const step = 1 / filterScale
  const start = new Int32Array(outCount)
  const count = new Int32Array(outCount)
  const weights = new Int32Array(outCount * stride)
  const exact = new Float64Array(stride)
  for (let i = 0; i < outCount; i++) {
    const center = (outFirst + i + 0.5) * scale
    const from = Math.max(0, Math.trunc(center - support + 0.5))
    const length = Math.min(inSize, Math.trunc(center + support + 0.5)) - from
    let sum = 0
    for (let x = 0; x < length; x++) {
      exact[x] = filter((x + from - center + 0.5) * step)
      sum += exact[x]!
    }
    for (let x = 0; x < length; x++) {
      const normalised = (sum === 0 ? exact[x]! : exact[x]! / sum) * (1 << precisionBits)
      weights[i * stride + x] = Math.trunc(normalised < 0 ? normalised - 0.5 : normalised + 0.5)
    }
    start[i] = from
    count[i] = length
  }
  return { start, count, weights, stride }
}

/** half of the unit of the last place kept, so that the shift rounds */
const half = 1 << (precisionBits - 1)

// Both passes store into Uint8ClampedArray, which clips as Pillow's clip8 does.

function horizontal(
  image: Image,
  firstRow: number,
  rowCount: number,
  columns: Taps,
  outWidth: number
): Uint8Array {
  const { start, count, weights, stride } = columns
  const source = image.data
  const target = new Uint8ClampedArray(rowCount * outWidth * 3)
  let to = 0
  for (let y = 0; y < rowCount; y++) {
    const row = (firstRow + y) * image.width * 3
    for (let x = 0; x < outWidth; x++) {
      let red = half
      let green = half
      let blue = half
      let from = row + start[x]! * 3
      const weightsStart = x * stride
      const weightsEnd = weightsStart + count[x]!
      for (let k = weightsStart; k < weightsEnd; k++, from += 3) {
        const w = weights[k]!
        red = (red + Math.imul(source[from]!, w)) | 0
        green = (green + Math.imul(source[from + 1]!, w)) | 0
        blue = (blue + Math.imul(source[from + 2]!, w)) | 0
      }
      target[to] = red >> precisionBits
      target[to + 1] = green >> precisionBits
      target[to + 2] = blue >> precisionBits
      to += 3
    }
  }
  return new Uint8Array(target.buffer)
}

/** `source` holds rows of `rowBytes` bytes, the first of which is the input's row `firstRow`. */
function vertical(
  source: Uint8Array,
  rowBytes: number,
  firstRow: number,
  rows: Taps,
  outHeight: number
): Uint8Array {
  const { start, count, weights, stride } = rows
  const target = new Uint8ClampedArray(outHeight * rowBytes)
  let to = 0
  for (let y = 0; y < outHeight; y++) {
    const top = (start[y]! - firstRow) * rowBytes
    const weightsStart = y * stride
    const weightsEnd = weightsStart + count[y]!
    for (let x = 0; x < rowBytes; x++) {
      let sum = half
      let from = top + x
      for (let k = weightsStart; k < weightsEnd; k++, from += rowBytes) {
        sum = (sum + Math.imul(source[from]!, weights[k]!)) | 0
      }
      target[to++] = sum >> precisionBits
    }
  }
  return new Uint8Array(target.buffer)
}

/** The rectangle as it is; without a copy where it is whole rows. */
function cut(image: Image, top: number, height: number, left: number, width: number): Uint8Array {
  const rowBytes = image.width * 3
  if (width === image.width) return image.data.subarray(top * rowBytes, (top + height) * rowBytes)
  const target = new Uint8Array(height * width * 3)
  for (let y = 0; y < height; y++) {
    const from = (top + y) * rowBytes + left * 3
    target.set(image.data.subarray(from, from + width * 3), y * width * 3)
  }
  return target
}

function nearest(image: Image, height: number, width: number, window: Window): Image {
  const rows = nearestPositions(image.height, height)
  const columns = nearestPositions(image.width, width)
  const data = new Uint8Array(window.height * window.width * 3)
  let to = 0
  for (let y = window.top; y < window.top + window.height; y++) {
    const row = rows[y]! * image.width
    for (let x = window.left; x < window.left + window.width; x++) {
      const from = (row + columns[x]!) * 3
      data[to++] = image.data[from]!
      data[to++] = image.data[from + 1]!
      data[to++] = image.data[from + 2]!
    }
  }
  return { height: window.height, width: window.width, data }
}

/** Pillow adds the scale up, position by position: (i + ½) · scale may round to another pixel. */
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
  for (const [name, size] of Object.entries({
    height,
    width,
    "window height": window.height,
    "window width": window.width
  })) {
    if (!Number.isInteger(size) || size < 1)
      throw new RangeError(`resample: ${name} must be a positive integer, got ${size}`)
  }
  if (image.data.length !== image.height * image.width * 3 || image.data.length === 0) {
    throw new RangeError(`resample: ${image.data.length} bytes are not ${image.height} × ${image.width} × 3`)
  }
  const { top, left } = window
  if (!(top >= 0 && left >= 0 && top + window.height <= height && left + window.width <= width)) {
    throw new RangeError(
      `resample: the window ${window.height} × ${window.width} at (${top}, ${left}) leaves the resized image ${height} × ${width}`
    )
  }
}
