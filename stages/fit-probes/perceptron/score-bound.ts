/**
 * How far the kernel's dot product lies from scikit-learn's score, at most.
 *
 * Names: u = 2⁻²⁴ and v = 2⁻⁵³ are the unit roundoffs of float32 and float64; γ(k) = k·u / (1 − k·u), and γ'(k) the same with
 * v. w and x are a vector of weights and a row, both float32, with d features. p = fl32(w·x), feature by feature; S is
 * scikit-learn's score, the sum of p in float64, one by one; A is the kernel's, a sum of the same p in float32.
 *
 * 1. A product has |p − w·x| ≤ u·|w·x| + 2⁻¹⁵⁰ (the second term if it is subnormal), unless it overflows. With
 *    P = Σ|w·x| ≤ ‖w‖·‖x‖ (Cauchy–Schwarz): Σ|p| ≤ (1 + u)·P + d·2⁻¹⁵⁰ =: Q. If ‖w‖·‖x‖ < 2¹²⁶, neither a product nor a
 *    partial sum overflows.
 * 2. Additions have no error of underflow: a subnormal sum is exact. A sum in which no term takes part in more than k
 *    additions has an error of at most γ(k)·Σ|terms| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §4.2).
 *    In the kernel k = m = ⌈d / 16⌉ + 2, and the last three additions are in float64: |A − Σp| ≤ (γ(m) + 2·γ'(3))·Q. In
 *    scikit-learn |S − Σp| ≤ γ'(d)·Q.
 * 3. For d ≤ 2²⁰, m·u < 2⁻⁷, so γ(m) ≤ 1.01·m·u; and γ'(d) + 2·γ'(3) ≤ 0.01·m·u. So |A − S| ≤ 1.02·m·u·Q. The distance
 *    from A to the dot product itself, Σw·x, is at most 1.02·m·u·Q + u·P + d·2⁻¹⁵⁰. Both are below
 *    E = 1.1·(m + 2)·u·‖w‖·‖x‖ + d·2⁻¹⁴⁸.
 *
 * Norms are computed in float64, with relative errors below 2⁻³⁰; they, and the rounding of E and of what is compared with
 * it, are covered by 1.1 in place of 1.02.
 */
import { floatsAtATime } from "./scan-kernel.ts"

const widest = 2 ** 20
const largestProduct = 2 ** 126

export interface ScoreBound {
  /** E = relative · ‖w‖ · ‖x‖ + absolute */
  readonly relative: number
  readonly absolute: number
}

export const scoreBound = (width: number): ScoreBound => ({
  relative: width <= widest ? 1.1 * (Math.ceil(width / floatsAtATime) + 4) * 2 ** -24 : NaN,
  absolute: width * 2 ** -148
})

/** E / ‖x‖ without the absolute part. NaN, and so no bound, if something may overflow for a row with the largest norm. */
export function largestError(bound: ScoreBound, weightNorm: number, largestRowNorm: number): number {
  const isSafe = weightNorm < largestProduct && weightNorm * largestRowNorm < largestProduct
  return isSafe ? bound.relative * weightNorm : NaN
}

/** The sum of squares of the values from `start` to `end`. The square of a float32 is exact in float64. */
export function squaredNorm(values: Float32Array, start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += values[i]! * values[i]!
  return sum
}
