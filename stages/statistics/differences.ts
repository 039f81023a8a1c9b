/**
 * Differences between two sets of runs (one value per seed and fold), with the corrected standard error of `intervals`.
 *
 * A ratio of means is a series of runs as well, once it is linearised; so are means over tasks.
 */
import { correctedInterval } from "./intervals.ts"

/** The runs of one side: seed by seed, K folds each. */
export interface RunSeries {
  readonly values: ReadonlyArray<number>
  readonly folds: number
}

export interface Difference {
  /** second − first */
  readonly estimate: number
  readonly standardError: number
  readonly degrees: number
}

/** Whether the runs of two sides can be paired: as many folds and seeds. */
export const arePaired = (a: RunSeries, b: RunSeries): boolean =>
  a.folds === b.folds && a.values.length === b.values.length

/**
 * The difference of the means of two sides.
 *
 * With as many seeds and folds, run i of one is paired with run i of the other: SE² = s²(1/KS + 1/(K − 1)) of the
 * differences. Where both hold out the same images, pairing removes what the sides share; where they do not (another
 * seed, other images), the differences scatter as both sides together do, and the interval is as wide as an unpaired one.
 * Otherwise the variances of the two means are added, with Welch's degrees of freedom.
 *
 * @throws RangeError as `correctedInterval`
 */
export function differenceOf(a: RunSeries, b: RunSeries): Difference {
  if (arePaired(a, b))
    return correctedInterval(
      b.values.map((value, run) => value - a.values[run]!),
      { folds: a.folds }
    )
  const first = correctedInterval(a.values, { folds: a.folds })
  const second = correctedInterval(b.values, { folds: b.folds })
  const [u, v] = [first.standardError * first.standardError, second.standardError * second.standardError]
  const shares = (u * u) / first.degrees + (v * v) / second.degrees
  return {
    estimate: second.estimate - first.estimate,
    standardError: Math.sqrt(u + v),
    degrees: shares === 0 ? first.degrees + second.degrees : ((u + v) * (u + v)) / shares
  }
}

/**
 * A ratio of means M = (mean numerator − c)/(mean denominator − c) as a series whose mean is M: M + v, with v linearised
 * as in `ratioInterval`. Null if the denominator's mean is c.
 */
export function ratioSeries(
  numerator: ReadonlyArray<number>,
  denominator: ReadonlyArray<number>,
  chance: number
): Array<number> | null {
  const mean = (values: ReadonlyArray<number>) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const scale = mean(denominator) - chance
  if (scale === 0) return null
  const ratio = (mean(numerator) - chance) / scale
  return numerator.map(
    (value, run) => ratio + (value - chance - ratio * (denominator[run]! - chance)) / scale
  )
}
