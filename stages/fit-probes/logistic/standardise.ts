/**
 * Scaling of features: once over all rows, so that large means cost float32 products no digits; then per training
 * fold by an affine map, so that the fit sees features standardised within its fold.
 */
import { isRounding } from "../probes/probe.ts"

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

/** [rows × width] all rows, scaled, in float32. */
export function scaled(
  x: Float32Array | Float64Array,
  width: number,
  { mean, inverse }: Scaling
): Float32Array {
  const result = new Float32Array(x.length)
  for (let at = 0; at < x.length;)
    for (let j = 0; j < width; j++, at++) result[at] = (x[at]! - mean[j]!) * inverse[j]!
  return result
}

/**
 * A fold's scaling, relative to the scaling over all rows.
 *
 * @param z [rows × width] the features `x` as scaled by `overall`
 */
export function foldScaling(
  z: Float32Array,
  x: Float32Array | Float64Array,
  width: number,
  rows: Int32Array,
  overall: Scaling
): Scaling {
  return moments(z, width, rows, (low, high, j) => {
    if (overall.inverse[j] === 0 || low === high) return true
    // back to raw units, where rounding is judged
    const raw = (value: number) => overall.mean[j]! + value / overall.inverse[j]!
    return isRounding(raw(low), raw(high), x)
  })
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
