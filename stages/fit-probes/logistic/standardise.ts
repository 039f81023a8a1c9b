/**
 * Scaling of features: once over all rows, so that large means cost float32 products no digits; then per training
 * fold by an affine map, so that the fit sees features standardised within its fold.
 */
import { isRounding } from "../data/probe-data.ts"
import type { Shape } from "./shape.ts"

/** z = (x − mean) · inverse, per feature; `inverse` is 0 for a constant feature, which removes it. */
export interface Scaling {
  readonly mean: Float64Array
  readonly inverse: Float64Array
}

/**
 * Mean and standard deviation (divided by n, as scikit-learn's StandardScaler) of each feature over some rows, in
 * two passes in float64.
 *
 * @param constant whether feature j is constant, given its least and greatest value
 */
function moments(
  x: Float32Array | Float64Array,
  width: number,
  rows: Int32Array,
  constant: (low: number, high: number, j: number) => boolean
): Scaling {
  const mean = new Float64Array(width)
  const inverse = new Float64Array(width)
  const low = new Float64Array(width).fill(Infinity)
  const high = new Float64Array(width).fill(-Infinity)
  for (const row of rows)
    for (let j = 0, at = row * width; j < width; j++, at++) {
      const value = x[at]!
      mean[j]! += value
      if (value < low[j]!) low[j] = value
      if (value > high[j]!) high[j] = value
    }
  for (let j = 0; j < width; j++) mean[j]! /= rows.length
  for (const row of rows)
    for (let j = 0, at = row * width; j < width; j++, at++) {
      const difference = x[at]! - mean[j]!
      inverse[j]! += difference * difference
    }
  for (let j = 0; j < width; j++)
    inverse[j] = constant(low[j]!, high[j]!, j) ? 0 : 1 / Math.sqrt(inverse[j]! / rows.length)
  return { mean, inverse }
}

/** The scaling of raw features over some rows. */
export const scalingOf = (x: Float32Array | Float64Array, width: number, rows: Int32Array): Scaling =>
  moments(x, width, rows, (low, high) => isRounding(low, high, x))

/** [shape.rows × shape.stride] all rows, scaled, in float32, with a column of ones behind the features. */
export function scaled(
  x: Float32Array | Float64Array,
  { width, stride, rows }: Shape,
  { mean, inverse }: Scaling
): Float32Array {
  const result = new Float32Array(rows * stride)
  for (let from = 0, row = 0; from < x.length; from += width, row++) {
    const to = row * stride
    for (let j = 0; j < width; j++) result[to + j] = (x[from + j]! - mean[j]!) * inverse[j]!
    result[to + width] = 1
  }
  return result
}

/** Sums over some rows of the scaled features. */
export interface Sums {
  readonly rows: Int32Array
  /** [width] Σz and Σz² */
  readonly linear: Float64Array
  readonly squares: Float64Array
}

/**
 * Scalings of training sets, relative to the scaling over all rows. Sets share most rows, so sums are taken once per part
 * and added.
 */
export class FoldScalings {
  private readonly x: Float32Array | Float64Array
  private readonly z: Float32Array
  private readonly shape: Shape
  private readonly overall: Scaling
  /** [width] the variance, in z, up to which a feature's values may be mere rounding */
  private readonly doubtful: Float64Array

  /** @param z the features `x` as scaled by `overall` */
  constructor(x: Float32Array | Float64Array, z: Float32Array, shape: Shape, overall: Scaling) {
    this.x = x
    this.z = z
    this.shape = shape
    this.overall = overall
    const { width } = shape
    const largest = new Float64Array(width)
    for (let at = 0; at < x.length; at += width)
      for (let j = 0; j < width; j++) largest[j] = Math.max(largest[j]!, Math.abs(x[at + j]!))
    // values within 2⁻²⁰ of the largest have at most half of that as their standard deviation
    this.doubtful = largest.map((value, j) => {
      const range = 2 ** -20 * value * overall.inverse[j]!
      return range * range
    })
  }

  sums(rows: Int32Array): Sums {
    const { z } = this
    const { width, stride } = this.shape
    const linear = new Float64Array(width)
    const squares = new Float64Array(width)
    // four rows at a time halve the time, most of which loads and stores sums
    const whole = rows.length - (rows.length % 4)
    for (let i = 0; i < whole; i += 4) {
      const [a, b, c, d] = [0, 1, 2, 3].map((k) => rows[i + k]! * stride) as [number, number, number, number]
      for (let j = 0; j < width; j++) {
        const v = z[a + j]!
        const w = z[b + j]!
        const x = z[c + j]!
        const y = z[d + j]!
        linear[j]! += v + w + (x + y)
        squares[j]! += v * v + w * w + (x * x + y * y)
      }
    }
    for (const row of rows.subarray(whole))
      for (let j = 0, at = row * stride; j < width; j++, at++) {
        const value = z[at]!
        linear[j]! += value
        squares[j]! += value * value
      }
    return { rows, linear, squares }
  }

  /** The scaling over all rows of the parts. */
  of(parts: ReadonlyArray<Sums>): Scaling {
    const { width } = this.shape
    const n = parts.reduce((sum, { rows }) => sum + rows.length, 0)
    const mean = new Float64Array(width)
    const inverse = new Float64Array(width)
    for (const { linear, squares } of parts)
      for (let j = 0; j < width; j++) {
        mean[j]! += linear[j]! / n
        inverse[j]! += squares[j]! / n
      }
    for (let j = 0; j < width; j++) {
      const square = mean[j]! * mean[j]!
      const variance = inverse[j]! - square
      if (variance > 1e-6 * square && variance > this.doubtful[j]!) inverse[j] = 1 / Math.sqrt(variance)
      else {
        // the difference has lost digits, or the feature may be constant
        const exact = this.exactly(
          j,
          parts.flatMap(({ rows }) => [...rows])
        )
        mean[j] = exact.mean[0]!
        inverse[j] = exact.inverse[0]!
      }
    }
    return { mean, inverse }
  }

  /** The scaling of feature j, in two passes. */
  private exactly(j: number, rows: ReadonlyArray<number>): Scaling {
    const { x, overall, shape } = this
    const column = Float32Array.from(rows, (row) => this.z[row * shape.stride + j]!)
    // back to raw units, where rounding is judged
    const raw = (value: number) => overall.mean[j]! + value / overall.inverse[j]!
    return moments(
      column,
      1,
      Int32Array.from(rows, (_, i) => i),
      (low, high) => overall.inverse[j] === 0 || low === high || isRounding(raw(low), raw(high), x)
    )
  }
}

/** Combines the two scalings into one on raw features. */
export function compose(overall: Scaling, fold: Scaling): Scaling {
  return {
    mean: fold.mean.map((mean, j) =>
      overall.inverse[j] === 0 ? overall.mean[j]! : overall.mean[j]! + mean / overall.inverse[j]!
    ),
    inverse: fold.inverse.map((inverse, j) => inverse * overall.inverse[j]!)
  }
}
