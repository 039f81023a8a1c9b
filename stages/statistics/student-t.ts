/**
 * Student's t distribution.
 *
 * Sources: the CDF through the regularised incomplete beta function, Abramowitz and Stegun 26.7.1 and 26.5.8 (its
 * continued fraction, evaluated by the modified Lentz method); log Γ by Lanczos (1964), g = 7, 9 coefficients.
 */

import { exp, log } from "../../src/support/elementary/exponential.ts"

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7
] as const

/** ln Γ(x) for x > 0. */
function logGamma(x: number): number {
  let sum: number = LANCZOS[0]
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (x - 1 + i)
  const t = x + 6.5
  return 0.5 * log(2 * Math.PI) + (x - 0.5) * log(t) - t + log(sum)
}

/** The regularised incomplete beta function I_x(a, b); the caller passes y = 1 − x to avoid cancellation. */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (y <= 0) return 1
  // the continued fraction converges quickly on this side of the mean
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(y, x, b, a)
  const front = exp(a * log(x) + b * log(y) + logGamma(a + b) - logGamma(a) - logGamma(b) - log(a))
  const tiny = 1e-300
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny)
  let fraction = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d || tiny)
    c = 1 + even / c || tiny
    fraction *= c * d
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d || tiny)
    c = 1 + odd / c || tiny
    const change = c * d
    fraction *= change
    if (Math.abs(change - 1) < 1e-15) break
  }
  return front * fraction
}

/** P(T > |t|). */
function upperTail(t: number, degrees: number): number {
  const square = t * t
  return 0.5 * incompleteBeta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5)
}

function checkDegrees(degrees: number): void {
  if (!(degrees > 0) || !Number.isFinite(degrees))
    throw new RangeError(`degrees of freedom: ${degrees} is not a positive number`)
}

/** P(T ≤ t) for Student's t with `degrees` degrees of freedom. @throws RangeError if `degrees` ≤ 0 */
export function studentTCdf(t: number, degrees: number): number {
  checkDegrees(degrees)
  if (t === Infinity) return 1
  if (t === -Infinity) return 0
  return t > 0 ? 1 - upperTail(t, degrees) : upperTail(t, degrees)
}

/**
 * The t with P(T ≤ t) = p, for Student's t with `degrees` degrees of freedom, by bisection in log t.
 *
 * @throws RangeError if p is not in (0, 1) or `degrees` ≤ 0
 */
export function studentTQuantile(p: number, degrees: number): number {
  checkDegrees(degrees)
  if (!(p > 0 && p < 1)) throw new RangeError(`probability: ${p} is not in (0, 1)`)
  if (p === 0.5) return 0
  const tail = p < 0.5 ? p : 1 - p
  let low = log(1e-12)
  let high = low
  while (upperTail(exp(high), degrees) > tail && high < 700) high += 4
  for (let i = 0; i < 200 && high - low > 1e-15 * Math.max(1, Math.abs(high)); i++) {
    const middle = (low + high) / 2
    if (upperTail(exp(middle), degrees) > tail) low = middle
    else high = middle
  }
  const t = exp((low + high) / 2)
  return p < 0.5 ? -t : t
}
