/**
 * The inner loops of Pillow's two passes in WebAssembly, which computes four sums at a time. Sums are 32-bit integers
 * that wrap, then are shifted and clipped like Pillow's `clip8`, so that rounding is identical.
 */

import {
  type Code,
  doWhile,
  extend,
  func,
  i32,
  i32x4,
  type Local,
  moduleBytes,
  narrow,
  v128
} from "../wasm/code.ts"
import { instantiate, type Memory } from "../wasm/instance.ts"

/** Fractional bits of a weight: Pillow's PRECISION_BITS. */
export const precisionBits = 32 - 8 - 2
/** Rows that `horizontal` processes at a time. */
export const rowsAtATime = 4
/** Bytes past the end of the input or output that may be read or written too. */
export const slack = 16

/** Bytes before a tap's weights. */
export const tapHead = 8

/** Addresses are in bytes of the kernel's memory. */
export interface Kernel {
  readonly memory: Memory
  /**
   * Computes four rows of RGB pixels, `under` bytes apart, from four rows of the source, `below` bytes apart (0: one
   * row, four times). From `taps` to `tapsEnd`, each pixel has `stride` bytes of int32: where in the row it begins
   * and the size of its weights, both in bytes, then the weights.
   */
  horizontal(
    source: number,
    below: number,
    target: number,
    under: number,
    taps: number,
    tapsEnd: number,
    stride: number
  ): void
  /**
   * Computes the bytes from `target` to `targetEnd`, or up to 15 more: weighted sums of source bytes that lie `below`
   * bytes apart.
   */
  vertical(
    source: number,
    below: number,
    target: number,
    targetEnd: number,
    weights: number,
    weightsEnd: number
  ): void
}

const half = i32x4.splat(i32.const(1 << (precisionBits - 1)))
const rounded = (sum: Local) => i32x4.shrS(sum.get, i32.const(precisionBits))
const advance = (place: Local, by: Code) => place.set(i32.plus(place.get, by))
const isBefore = (place: Local, end: Local) => i32.ltU(place.get, end.get)
/** Adds four values times the weight. */
const addProduct = (sum: Local, values: Code, weight: Local) =>
  sum.set(i32x4.plus(sum.get, i32x4.times(values, weight.get)))

// functions, so that loading this file costs nothing until something is resampled
const horizontal = () =>
  func(
    "horizontal",
    ["source", "below", "target", "under", "taps", "tapsEnd", "stride"],
    { from: "i32", to: "i32", at: "i32", end: "i32", w: "v128", a: "v128", b: "v128", c: "v128", d: "v128" },
    ({ source, below, target, under, taps, tapsEnd, stride, from, to, at, end, w, a, b, c, d }) => {
      const sums = [a, b, c, d]
      /** red, green, blue, and a following byte, which is not stored */
      const pixel = extend.low16(extend.low8(v128.load32Zero(from.get)))
      // row k of the source is at source + k · below: `from` steps down the rows, then back up to the next pixel
      return [
        doWhile(
          [
            from.set(i32.plus(source.get, i32.load(taps.get))),
            at.set(i32.plus(taps.get, i32.const(tapHead))),
            end.set(i32.plus(at.get, i32.load(taps.get, 4))),
            ...sums.map((sum) => sum.set(half)),
            doWhile(
              [
                w.set(v128.load32Splat(at.get)),
                ...sums.flatMap((sum) => [addProduct(sum, pixel, w), advance(from, below.get)]),
                advance(from, i32.minus(i32.const(3), i32.times(below.get, i32.const(rowsAtATime)))),
                advance(at, i32.const(4))
              ],
              isBefore(at, end)
            ),
            to.set(target.get),
            ...sums.flatMap((sum) => [
              sum.set(narrow.toUnsigned8(narrow.to16(rounded(sum), rounded(sum)), half)),
              v128.store16First(to.get, sum.get),
              v128.store8Third(i32.plus(to.get, i32.const(2)), sum.get),
              advance(to, under.get)
            ]),
            advance(target, i32.const(3)),
            advance(taps, stride.get)
          ],
          isBefore(taps, tapsEnd)
        )
      ]
    }
  )

const vertical = () =>
  func(
    "vertical",
    ["source", "below", "target", "targetEnd", "weights", "weightsEnd"],
    {
      from: "i32",
      at: "i32",
      low: "v128",
      high: "v128",
      w: "v128",
      a: "v128",
      b: "v128",
      c: "v128",
      d: "v128"
    },
    ({ source, below, target, targetEnd, weights, weightsEnd, from, at, low, high, w, a, b, c, d }) => [
      doWhile(
        [
          from.set(source.get),
          at.set(weights.get),
          ...[a, b, c, d].map((sum) => sum.set(half)),
          doWhile(
            [
              w.set(v128.load32Splat(at.get)),
              low.set(v128.load(from.get)),
              high.set(extend.high8(low.get)),
              low.set(extend.low8(low.get)),
              addProduct(a, extend.low16(low.get), w),
              addProduct(b, extend.high16(low.get), w),
              addProduct(c, extend.low16(high.get), w),
              addProduct(d, extend.high16(high.get), w),
              advance(from, below.get),
              advance(at, i32.const(4))
            ],
            isBefore(at, weightsEnd)
          ),
          v128.store(
            target.get,
            narrow.toUnsigned8(narrow.to16(rounded(a), rounded(b)), narrow.to16(rounded(c), rounded(d)))
          ),
          advance(source, i32.const(16)),
          advance(target, i32.const(16))
        ],
        isBefore(target, targetEnd)
      )
    ]
  )

let instance: Kernel | undefined

/** This thread's kernel, with memory for this many bytes plus the slack; the next use overwrites its memory. */
export function kernelWith(bytes: number): Kernel {
  instance ??= instantiate<Kernel>(moduleBytes([horizontal(), vertical()]))
  const lacking = bytes + slack - instance.memory.buffer.byteLength
  if (lacking > 0) instance.memory.grow(Math.ceil(lacking / 65_536))
  return instance
}
