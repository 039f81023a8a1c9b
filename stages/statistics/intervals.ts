/**
 * Intervals over seeds × folds that account for overlapping training sets, which make the runs dependent.
 *
 * Source: Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52 (2003); for repeated
 * K-fold, Bouckaert and Frank, "Evaluating the replicability of significance tests…" (PAKDD 2004). With S seeds of
 * K folds, SE² = s²(1/KS + 1/(K − 1)), where 1/(K − 1) is the ratio of test to training rows, and t with KS − 1
 * degrees of freedom.
 */
import { studentTQuantile } from "./student-t.ts"

export interface Interval {
  readonly estimate: number
  readonly lower: number
  readonly upper: number
  readonly standardError: number
  readonly degrees: number
}

export interface IntervalOptions {
  /** K, the number of folds per seed */
  readonly folds: number
  /** the coverage; .95 by default */
  readonly level?: number
}

/**
 * The corrected interval of the mean of `values`, one per seed and fold, in any order.
 *
 * @throws RangeError if there are not K values for each seed, if K < 2, or if a value is not finite
 */
export function correctedInterval(values: ArrayLike<number>, options: IntervalOptions): Interval {
  const runs = checkRuns("values", values, options.folds)
  return around(mean(values), standardError(values, options.folds), runs - 1, options.level)
}

export type RatioInterval =
  | (Interval & { readonly undefined?: never })
  | { readonly undefined: true; readonly denominator: Interval }

export interface RatioOptions extends IntervalOptions {
  /** c, subtracted from numerator and denominator: 0 for M2, ½ for corrected M2 */
  readonly chance: number
  /** the interval is undefined if the denominator's own lower limit is below this: .6 if `chance` > 0, else none */
  readonly minimum?: number
}

/**
 * A ratio of means M = (mean numerator − c)/(mean denominator − c), such as M2 = A_sp/A_pp, linearised:
 * v = [(numerator − c) − M(denominator − c)]/(mean denominator − c).
 *
 * A ratio with a denominator near chance means nothing: its interval is undefined, and the result gives the
 * denominator's own interval instead.
 *
 * @throws RangeError as `correctedInterval`, and if the two lists differ in length
 */
export function ratioInterval(
  numerator: ArrayLike<number>,
  denominator: ArrayLike<number>,
  options: RatioOptions
): RatioInterval {
  const { folds, level, chance, minimum = chance > 0 ? 0.6 : -Infinity } = options
  const runs = checkRuns("numerator", numerator, folds)
  if (checkRuns("denominator", denominator, folds) !== runs)
    throw new RangeError(`numerator has ${runs} values and denominator ${denominator.length}`)
  const below = correctedInterval(denominator, level === undefined ? { folds } : { folds, level })
  const scale = below.estimate - chance
  if (below.lower < minimum || scale === 0) return { undefined: true, denominator: below }
  const ratio = (mean(numerator) - chance) / scale
  const linear = Float64Array.from(
    { length: runs },
    (_, i) => (numerator[i]! - chance - ratio * (denominator[i]! - chance)) / scale
  )
  return around(ratio, standardError(linear, folds), runs - 1, level)
}

function around(estimate: number, se: number, degrees: number, level = 0.95): Interval {
  if (!(level > 0 && level < 1)) throw new RangeError(`level: ${level} is not in (0, 1)`)
  const half = quantileOf(level, degrees) * se
  return { estimate, lower: estimate - half, upper: estimate + half, standardError: se, degrees }
}

/** Quantiles by level and degrees: finding one takes a millisecond, and a table of measures has thousands of intervals. */
const quantiles = new Map<string, number>()
function quantileOf(level: number, degrees: number): number {
  const key = `${level} ${degrees}`
  const known = quantiles.get(key)
  if (known !== undefined) return known
  const quantile = studentTQuantile((1 + level) / 2, degrees)
  quantiles.set(key, quantile)
  return quantile
}

function standardError(values: ArrayLike<number>, folds: number): number {
  const center = mean(values)
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i]! - center) * (values[i]! - center)
  return Math.sqrt((squares / (values.length - 1)) * (1 / values.length + 1 / (folds - 1)))
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}

function checkRuns(name: string, values: ArrayLike<number>, folds: number): number {
  if (!Number.isInteger(folds) || folds < 2)
    throw new RangeError(`folds: ${folds} is not a whole number of 2 or more`)
  const { length } = values
  if (length === 0 || length % folds !== 0)
    throw new RangeError(`${name}: ${length} values are not ${folds} folds for each seed`)
  for (let i = 0; i < length; i++)
    if (!Number.isFinite(values[i]!))
      throw new RangeError(`${name}[${i}] is ${values[i]}, not a finite number`)
  return length
}
