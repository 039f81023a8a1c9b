/**
 * One regression: some rows of the shared matrix, with their weights, a scaling and a strength C.
 *
 * F = Σ wᵢℓᵢ / Σwᵢ + ‖W‖² / (2 C Σwᵢ), with an unpenalised intercept: scikit-learn's objective divided by CΣwᵢ. Two
 * classes have one vector, for the second; more have one each, and a softmax.
 *
 * The scaling is folded into the vectors: the scores of rows x of the shared matrix are x·(v ⊘ σ) + b − μ·(v ⊘ σ), and
 * the gradient is (Xᵀr) ⊘ σ − (μ ⊘ σ) Σr.
 */
import { log, log1p } from "../../../src/support/elementary/exponential.ts"
import { expNonPositive } from "./exp.ts"
import type { Scaling } from "./standardise.ts"

export interface LogisticProblem {
  /** the rows to fit */
  readonly rows: Int32Array
  /** for each of them: its class (0 … K − 1) and its weight */
  readonly labels: Int32Array
  readonly weights: Float64Array
  readonly total: number
  readonly scaling: Scaling
  /** 1 for two classes, else K */
  readonly vectors: number
  readonly c: number
}

/** The length of a solution: the coefficients and the intercept of each vector. */
export const solutionLength = (vectors: number, width: number): number => vectors * (width + 1)

/** No coefficients, and intercepts that reproduce the classes' weighted shares: the minimum as C → 0. */
export function priorSolution(problem: Omit<LogisticProblem, "c">, width: number): Float64Array {
  const { labels, weights, total, vectors } = problem
  const shares = new Float64Array(Math.max(2, vectors))
  for (let t = 0; t < labels.length; t++) shares[labels[t]!]! += weights[t]! / total
  const solution = new Float64Array(solutionLength(vectors, width))
  for (let k = 0; k < vectors; k++)
    solution[k * (width + 1) + width] = vectors === 1 ? log(shares[1]! / shares[0]!) : log(shares[k]!)
  return solution
}

/** Writes the vectors for the shared matrix, v ⊘ σ, into `out` [vectors × width]; returns b − μ·(v ⊘ σ). */
export function foldScalingIn(
  solution: Float64Array,
  { scaling: { mean, inverse }, vectors }: Pick<LogisticProblem, "scaling" | "vectors">,
  out: Float32Array
): Float64Array {
  const width = mean.length
  const offsets = new Float64Array(vectors)
  for (let k = 0; k < vectors; k++) {
    const at = k * (width + 1)
    let offset = solution[at + width]!
    for (let j = 0; j < width; j++) {
      // the offset must use the rounded value
      const value = Math.fround(solution[at + j]! * inverse[j]!)
      out[k * width + j] = value
      offset -= mean[j]! * value
    }
    offsets[k] = offset
  }
  return offsets
}

export interface Pass {
  /** Σ wᵢℓᵢ */
  readonly loss: number
  /** [vectors] Σr */
  readonly sums: Float64Array
}

/**
 * [vectors] the mean curvature Σ wᵢ pᵢ(1 − pᵢ) / Σw, from the residuals r = w(p − y), where |r|(1 − |r|/w) = wp(1 −
 * p).
 */
export function meanCurvatures(problem: LogisticProblem, residuals: Float32Array, n: number): Float64Array {
  const { rows, weights, total, vectors } = problem
  return Float64Array.from({ length: vectors }, (_, k) => {
    let sum = 0
    for (let t = 0; t < rows.length; t++) {
      const size = Math.abs(residuals[k * n + rows[t]!]!)
      if (size > 0) sum += size * (1 - size / weights[t]!)
    }
    return sum / total
  })
}

/**
 * Losses and residuals r = w(p − y).
 *
 * @param scores [vectors × n] without `offsets`
 * @param residuals [vectors × n] set to 0 for rows outside the problem
 */
export function lossPass(
  problem: LogisticProblem,
  scores: Float32Array,
  offsets: Float64Array,
  residuals: Float32Array,
  n: number
): Pass {
  residuals.fill(0)
  return problem.vectors === 1
    ? binomialPass(problem, scores, offsets[0]!, residuals)
    : softmaxPass(problem, scores, offsets, residuals, n)
}

function binomialPass(
  problem: LogisticProblem,
  scores: Float32Array,
  offset: number,
  residuals: Float32Array
): Pass {
  const { rows, labels, weights } = problem
  let loss = 0
  let sum = 0
  for (let t = 0; t < rows.length; t++) {
    const row = rows[t]!
    const score = scores[row]! + offset
    // the margin of the true class
    const margin = labels[t] === 1 ? score : -score
    const e = expNonPositive(-Math.abs(margin))
    const wrong = (margin > 0 ? e : 1) / (1 + e)
    const weight = weights[t]!
    loss += weight * (log1p(e) + (margin < 0 ? -margin : 0))
    const residual = labels[t] === 1 ? -weight * wrong : weight * wrong
    residuals[row] = residual
    sum += residual
  }
  return { loss, sums: Float64Array.of(sum) }
}

function softmaxPass(
  problem: LogisticProblem,
  scores: Float32Array,
  offsets: Float64Array,
  residuals: Float32Array,
  n: number
): Pass {
  const { rows, labels, weights, vectors } = problem
  const sums = new Float64Array(vectors)
  const terms = new Float64Array(vectors)
  let loss = 0
  for (let t = 0; t < rows.length; t++) {
    const row = rows[t]!
    let highest = -Infinity
    for (let k = 0, at = row; k < vectors; k++, at += n) {
      const score = scores[at]! + offsets[k]!
      terms[k] = score
      if (score > highest) highest = score
    }
    const label = labels[t]!
    const weight = weights[t]!
    const truth = terms[label]!
    let sum = 0
    for (let k = 0; k < vectors; k++) sum += terms[k] = expNonPositive(terms[k]! - highest)
    loss += weight * (log(sum) + highest - truth)
    const factor = 1 / sum
    for (let k = 0, at = row; k < vectors; k++, at += n) {
      const p = terms[k]! * factor
      const residual = weight * (k === label ? p - 1 : p)
      residuals[at] = residual
      sums[k]! += residual
    }
  }
  return { loss, sums }
}

/**
 * Returns F's penalty; writes F's gradient.
 *
 * @param products [vectors × width] Xᵀr
 */
export function finishGradient(
  problem: LogisticProblem,
  solution: Float64Array,
  sums: Float64Array,
  products: Float32Array,
  gradient: Float64Array
): number {
  const { scaling, total, vectors, c } = problem
  const { mean, inverse } = scaling
  const width = mean.length
  const shrink = 1 / (c * total)
  let squares = 0
  for (let k = 0; k < vectors; k++) {
    const at = k * (width + 1)
    const sum = sums[k]!
    for (let j = 0; j < width; j++) {
      const value = solution[at + j]!
      squares += value * value
      gradient[at + j] = ((products[k * width + j]! - mean[j]! * sum) * inverse[j]!) / total + shrink * value
    }
    gradient[at + width] = sum / total
  }
  return (shrink / 2) * squares
}
