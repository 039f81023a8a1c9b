/** How far two sets of answers to the same questions agree, and whether one is right more often. */
import { exp, log } from "../../src/support/elementary/exponential.ts"
import type { Random } from "../../src/index.ts"

/**
 * Cohen's kappa: agreement beyond that of independent answers, (pₒ − pₑ)/(1 − pₑ) (Educ. Psychol. Meas. 20, 1960). It is
 * scikit-learn's `cohen_kappa_score`. NaN without answers, or if both give one and the same answer throughout.
 *
 * @param a [n] answers by number
 */
export function cohenKappa(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length
  const [first, second] = [new Map<number, number>(), new Map<number, number>()]
  let equal = 0
  for (let i = 0; i < n; i++) {
    if (a[i] === b[i]) equal++
    first.set(a[i]!, (first.get(a[i]!) ?? 0) + 1)
    second.set(b[i]!, (second.get(b[i]!) ?? 0) + 1)
  }
  let expected = 0
  for (const [answer, count] of first) expected += (count / n) * ((second.get(answer) ?? 0) / n)
  return (equal / n - expected) / (1 - expected)
}

/**
 * The exact p-value of McNemar's test, two-sided: of the discordant pairs, half are expected on each side (Psychometrika
 * 12, 1947). It is scipy's `binomtest(lost, lost + gained)`.
 *
 * @param lost pairs that the first alone has right
 * @param gained pairs that the second alone has right
 */
export function mcnemar(lost: number, gained: number): number {
  const n = lost + gained
  let term = -n * log(2)
  let sum = 0
  for (let k = 0; k <= Math.min(lost, gained); k++) {
    sum += exp(term)
    term += log((n - k) / (k + 1))
  }
  return Math.min(1, 2 * sum)
}

/** Random flips of a sign-flip test: its least p-value is 1 / (flips + 1). */
const flips = 1999

/**
 * The p-value of a sign-flip test, two-sided: without a difference, the sign of each image's sum of differences is as likely
 * + as −. Monte Carlo, with the observed signs counted as one draw (Phipson and Smyth 2010).
 *
 * @param sums [images] how much more often the second is right, summed over an image's rows
 */
export function signFlipTest(sums: ArrayLike<number>, random: Random): number {
  const values = Float64Array.from(sums).filter((value) => value !== 0)
  // sums of fractions: what is equal may differ by a few ulps
  const observed = Math.abs(values.reduce((total, value) => total + value, 0)) * (1 - 1e-9)
  let extreme = 1
  for (let draw = 0; draw < flips; draw++) {
    let total = 0
    let [bits, left] = [0, 0]
    for (let i = 0; i < values.length; i++) {
      if (left === 0) [bits, left] = [Math.floor(random() * 2 ** 30), 30]
      total += (bits & 1) === 1 ? values[i]! : -values[i]!
      bits >>= 1
      left--
    }
    if (Math.abs(total) >= observed) extreme++
  }
  return extreme / (flips + 1)
}
