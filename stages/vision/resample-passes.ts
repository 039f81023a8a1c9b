/**
 * The two passes of Pillow's antialiased resampling and their weights, for 8-bit RGB.
 *
 * Source: Pillow's src/libImaging/Resample.c (`precompute_coeffs`, `normalize_coeffs_8bpc`,
 * `_ImagingResampleHorizontal_8bpc`, `_ImagingResampleVertical_8bpc`). When shrinking, the filter is widened by the
 * scale; weights are in 22-bit fixed point; each pass rounds and clips to 8 bits.
 */
import { sin } from "../../src/support/elementary/trigonometric.ts"
import type { Resample } from "./preprocessing.ts"
import { kernelWith, precisionBits, rowsAtATime, tapHead } from "./resample-kernel.ts"

/** A rectangle of an image: `data[0]` is the pixel (`top`, `left`); rows are `stride` bytes apart. */
export interface ImagePart {
  readonly data: Uint8Array
  readonly stride: number
  readonly top: number
  readonly left: number
}

/** For each output position: the first input position, their number, and their weights (padded to `stride`). */
export interface Taps {
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

const sinc = (x: number): number => (x === 0 ? 1 : sin(x * Math.PI) / (x * Math.PI))

const filters: Record<Exclude<Resample, "nearest">, Filter> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys' cubic with a = −0.5, written like Pillow's: another order of operations rounds differently
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

/** The taps of the output positions `first` … `first + length − 1` when `inSize` is resized to `outSize`. */
export function tapsOf(
  name: keyof typeof filters,
  inSize: number,
  outSize: number,
  first: number,
  length: number
): Taps {
  const filter = filters[name]
  const scale = inSize / outSize
  const filterScale = Math.max(scale, 1)
  const support = filter.support * filterScale
  const stride = Math.ceil(support) * 2 + 1
  const step = 1 / filterScale
  const start = new Int32Array(length)
  const count = new Int32Array(length)
  const weights = new Int32Array(length * stride)
  const exact = new Float64Array(stride)
  for (let i = 0; i < length; i++) {
    const center = (first + i + 0.5) * scale
    const from = Math.max(0, Math.trunc(center - support + 0.5))
    const inputs = Math.min(inSize, Math.trunc(center + support + 0.5)) - from
    let sum = 0
    for (let x = 0; x < inputs; x++) {
      exact[x] = filter.weight((x + from - center + 0.5) * step)
      sum += exact[x]!
    }
    for (let x = 0; x < inputs; x++) {
      const fixed = (sum === 0 ? exact[x]! : exact[x]! / sum) * (1 << precisionBits)
      weights[i * stride + x] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5)
    }
    start[i] = from
    count[i] = inputs
  }
  return { start, count, weights, stride }
}

/** The input positions that any output position reads. */
export function reachOf({ start, count }: Taps): { first: number; length: number } {
  const first = start[0]!
  return { first, length: start.at(-1)! + count.at(-1)! - first }
}

/**
 * Bytes of the source copied to the kernel's memory at a time, or one row's inputs if they are more. Horizontally,
 * they fit a core's cache; vertically, rows share most of their inputs, so larger parts avoid copying them
 * repeatedly.
 */
const bytesAcross = 2 ** 18
const bytesDown = 2 ** 24

/** Resizes the rows `top` … `top + height − 1` of the image in width; returns [height, positions, 3]. */
export function horizontal(part: ImagePart, top: number, height: number, columns: Taps): Uint8Array {
  const rowBytes = columns.start.length * 3
  const band = Math.min(height, Math.max(rowsAtATime, Math.floor(bytesAcross / part.stride)))
  const { kernel, bytes, taps, source, target } = workspace(columns, 3, band * part.stride, band * rowBytes)
  const result = new Uint8Array(height * rowBytes)
  for (let first = 0; first < height; first += band) {
    const rows = Math.min(band, height - first)
    bytes.set(rowsOf(part, top + first, rows), source)
    for (let y = 0; y < rows;) {
      // for the last rows, if fewer than four remain, one row is taken four times
      const step = y + rowsAtATime <= rows ? 1 : 0
      const from = source + y * part.stride - part.left * 3
      const to = target + y * rowBytes
      kernel.horizontal(from, step * part.stride, to, step * rowBytes, taps.start, taps.end, taps.stride)
      y += step === 1 ? rowsAtATime : 1
    }
    result.set(bytes.subarray(target, target + rows * rowBytes), first * rowBytes)
  }
  return result
}

/** Resizes columns `left` … `left + width − 1` of the image vertically; returns [positions, width, 3]. */
export function vertical(part: ImagePart, left: number, width: number, rows: Taps): Uint8Array {
  const { start, count } = rows
  const height = start.length
  const rowBytes = width * 3
  const most = Math.max(
    Math.floor(bytesDown / part.stride),
    count.reduce((a, b) => Math.max(a, b))
  )
  const band = Math.min(most, reachOf(rows).length)
  const { kernel, bytes, taps, source, target } = workspace(rows, 0, band * part.stride, height * rowBytes)
  for (let y = 0; y < height;) {
    const first = start[y]!
    let end = y + 1
    while (end < height && start[end]! + count[end]! <= first + band) end++
    bytes.set(rowsOf(part, first, start[end - 1]! + count[end - 1]! - first), source)
    for (; y < end; y++) {
      const from = source + (start[y]! - first) * part.stride + (left - part.left) * 3
      const to = target + y * rowBytes
      const weights = taps.start + y * taps.stride + tapHead
      kernel.vertical(from, part.stride, to, to + rowBytes, weights, weights + count[y]! * 4)
    }
  }
  return bytes.slice(target, target + height * rowBytes)
}

const rowsOf = ({ data, stride, top }: ImagePart, first: number, rows: number): Uint8Array =>
  data.subarray((first - top) * stride, (first - top + rows) * stride)

/**
 * The kernel with the taps in its memory, and room for a part of the source and of the target.
 *
 * @param pixel bytes from one input position to the next
 */
function workspace({ start, count, weights, stride }: Taps, pixel: number, source: number, target: number) {
  const tapBytes = tapHead + stride * 4
  const end = start.length * tapBytes
  const kernel = kernelWith(end + source + target)
  const table = new Int32Array(kernel.memory.buffer, 0, end / 4)
  for (let i = 0, at = 0; i < start.length; i++, at += tapBytes / 4) {
    table[at] = start[i]! * pixel
    table[at + 1] = count[i]! * 4
    table.set(weights.subarray(i * stride, (i + 1) * stride), at + tapHead / 4)
  }
  return {
    kernel,
    bytes: new Uint8Array(kernel.memory.buffer),
    taps: { start: 0, end, stride: tapBytes },
    source: end,
    target: end + source
  }
}
