/** Errors of a proportion: `hits` of `n`. */

/** The upper 2.5 % point of the standard normal distribution. */
export const z95 = 1.959963984540054

/**
 * 95 % interval of a proportion (Wilson 1927), within [0, 1].
 *
 * @param hits may be fractional; @param n > 0
 */
export function wilsonInterval(hits: number, n: number): { readonly low: number; readonly high: number } {
  const square = z95 * z95
  const center = (hits + square / 2) / (n + square)
  const half = (z95 / (n + square)) * Math.sqrt((hits * (n - hits)) / n + square / 4)
  return { low: Math.max(0, center - half), high: Math.min(1, center + half) }
}

/**
 * The variance of a proportion that is an average over others: that of Agresti and Coull (1998), which adds two
 * successes and two failures, so that it is no 0 where all of a few are right.
 */
export function proportionVariance(hits: number, n: number): number {
  const share = (hits + 2) / (n + 4)
  return (share * (1 - share)) / (n + 4)
}

/** Difference of two proportions, and its variance, each with one success and one failure more (Agresti and Caffo 2000). */
export function proportionDifference(
  a: { readonly hits: number; readonly n: number },
  b: { readonly hits: number; readonly n: number }
): { readonly difference: number; readonly variance: number } {
  const [p, q] = [a, b].map(({ hits, n }) => (hits + 1) / (n + 2)) as [number, number]
  return {
    difference: p - q,
    variance: (p * (1 - p)) / (a.n + 2) + (q * (1 - q)) / (b.n + 2)
  }
}
