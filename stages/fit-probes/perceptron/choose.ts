/** Which of a model's classes a row gets: the one with the highest score, or by the sign of the only score. */
import type { FilteredWeights } from "./filtered-weights.ts"

export interface Scores {
  /** [vectors × width] */
  readonly coefficients: Float64Array
  /** [vectors] */
  readonly intercepts: Float64Array
}

/**
 * The class's place in the model: the first with the highest score; if there is one vector, 1 if its score is > 0, else 0.
 *
 * @param start where the row begins in x
 */
export function chooseClass(
  scores: Scores,
  x: Float32Array | Float64Array,
  width: number,
  start: number
): number {
  const { coefficients, intercepts } = scores
  let best = 0
  let highest = intercepts.length === 1 ? 0 : -Infinity
  for (let k = 0; k < intercepts.length; k++) {
    let score = intercepts[k]!
    for (let j = 0; j < width; j++) score += coefficients[k * width + j]! * x[start + j]!
    if (score > highest) {
      highest = score
      best = intercepts.length === 1 ? 1 : k
    }
  }
  return best
}

/**
 * The same from quick scores; undefined if they leave it in doubt.
 *
 * For d features, what `chooseClass` computes differs from the exact score by at most (d + 1)·2⁻⁵³ of Σ|w·x|, which the vector's
 * bound covers (score-bound.ts), and of the intercept. Twice that leaves room for the rounding here.
 */
export function chooseClassQuickly(
  vectors: ReadonlyArray<FilteredWeights>,
  intercepts: Float64Array,
  width: number,
  row: number
): number | undefined {
  const scores = vectors.map((vector, k) => vector.score(row) + intercepts[k]!)
  const errors = vectors.map(
    (vector, k) => vector.error(row) + (width + 2) * 2 ** -52 * Math.abs(intercepts[k]!)
  )
  if (vectors.length === 1) return Math.abs(scores[0]!) > errors[0]! ? Number(scores[0]! > 0) : undefined
  const best = scores.indexOf(Math.max(...scores))
  const low = scores[best]! - errors[best]!
  // comparisons with NaN fail
  return scores.every((score, k) => k === best || score + errors[k]! < low) ? best : undefined
}
