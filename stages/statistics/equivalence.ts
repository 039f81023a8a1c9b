/**
 * Is a difference nothing, something, or is it not known? The verdict on a difference by two one-sided tests.
 *
 * Source: Schuirmann, "A comparison of the two one-sided tests procedure and the power approach…", J. Pharmacokin.
 * Biopharm. 15 (1987): at α, a difference is smaller than δ if its 1 − 2α interval lies within (−δ, δ).
 */
import type { Difference } from "./differences.ts"
import { studentTCdf, studentTQuantile } from "./student-t.ts"

export interface Assessed extends Difference {
  /** the limits of the 1 − 2α interval (90 % at α = .05) */
  readonly low: number
  readonly high: number
  /** two-sided, of no difference */
  readonly p: number
}

/** @param alpha the level of each one-sided test */
export function assessed(difference: Difference, alpha: number): Assessed {
  const { estimate, standardError, degrees } = difference
  const half = upperQuantile(alpha, degrees) * standardError
  const t = Math.abs(estimate) / standardError
  return {
    estimate,
    standardError,
    degrees,
    low: estimate - half,
    high: estimate + half,
    // 0/0: no difference and no error
    p: Number.isNaN(t) ? 1 : 2 * studentTCdf(-t, degrees)
  }
}

/**
 * `same` if the interval lies within (−δ, δ); `different` if the p-value, adjusted for the family, is at most α; else
 * `inconclusive`.
 */
export function verdictOn(
  { low, high }: Pick<Assessed, "low" | "high">,
  adjusted: number,
  delta: number,
  alpha: number
): "same" | "different" | "inconclusive" {
  if (low > -delta && high < delta) return "same"
  return adjusted <= alpha ? "different" : "inconclusive"
}

/** The largest difference, of either sign, that the interval still holds. */
export const largestCompatible = ({ low, high }: Pick<Assessed, "low" | "high">): number =>
  Math.max(Math.abs(low), Math.abs(high))

export interface ImagesNeeded {
  /** null if no number of images would do, as the difference itself is at least δ, or is 0 */
  readonly forSame: number | null
  readonly forDifferent: number | null
}

/**
 * How many images would give each verdict, if the difference stayed as it is and its standard error fell with the root of
 * the number of images.
 *
 * @param tests the family's adjustment: how often Holm multiplies this p-value
 */
export function imagesNeeded(
  { estimate, standardError, degrees }: Difference,
  { images, delta, alpha, tests }: { images: number; delta: number; alpha: number; tests: number }
): ImagesNeeded {
  const size = Math.abs(estimate)
  const times = (width: number, room: number) =>
    room > 0 ? Math.ceil(images * (width / room) * (width / room)) : null
  return {
    forSame: times(upperQuantile(alpha, degrees) * standardError, delta - size),
    forDifferent: times(upperQuantile(alpha / (2 * nextPowerOfTwo(tests)), degrees) * standardError, size)
  }
}

/** So that few quantiles are needed; it makes the number of images a little too large. */
function nextPowerOfTwo(count: number): number {
  let power = 1
  while (power < count) power *= 2
  return power
}

/** Quantiles by tail and degrees: finding one takes a while, and a comparison has thousands of differences. */
const quantiles = new Map<string, number>()
/** The t that is exceeded with this probability; degrees of freedom are rounded down. */
function upperQuantile(tail: number, degrees: number): number {
  const whole = Math.max(1, Math.floor(degrees))
  const key = `${tail} ${whole}`
  const known = quantiles.get(key)
  if (known !== undefined) return known
  const quantile = -studentTQuantile(tail, whole)
  quantiles.set(key, quantile)
  return quantile
}
