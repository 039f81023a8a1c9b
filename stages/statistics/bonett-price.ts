/**
 * The difference of two proportions of the same things, with the interval of Bonett and Price, "Adjusted Wald confidence
 * interval for a difference of binomial proportions based on paired data", J. Educ. Behav. Statist. 37 (2012): with b and c
 * discordant pairs of n, p₁₂ = (b + 1)/(n + 2), p₂₁ = (c + 1)/(n + 2), and SE² = (p₁₂ + p₂₁ − (p₁₂ − p₂₁)²)/(n + 2).
 *
 * Unlike Wald's, it has a width where no pair is discordant: 26 things with equal answers do not show that two
 * proportions are the same.
 */
export interface PairedProportions {
  /** p₂₁ − p₁₂, of the second against the first */
  readonly estimate: number
  readonly standardError: number
}

/**
 * @param lost pairs that the first alone has right
 * @param gained pairs that the second alone has right
 * @param pairs all pairs; 0 or more
 */
export function bonettPrice(lost: number, gained: number, pairs: number): PairedProportions {
  const n = pairs + 2
  const [first, second] = [(lost + 1) / n, (gained + 1) / n]
  const estimate = second - first
  return { estimate, standardError: Math.sqrt((first + second - estimate * estimate) / n) }
}
