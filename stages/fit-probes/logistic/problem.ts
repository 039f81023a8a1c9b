/**
 * One regression: some rows of the shared matrix, with their weights, a scaling and a strength C.
 *
 * F = Σ wᵢℓᵢ / Σwᵢ + ‖W‖² / (2 C Σwᵢ), with an unpenalised intercept: scikit-learn's objective divided by CΣwᵢ. Two
 * classes have one vector, for the second; more have one each, and a softmax.
 *
 * The scaling is folded into the vectors: the scores of rows x of the shared matrix are x·(v ⊘ σ) + b − μ·(v ⊘ σ), and
 * the gradient is (Xᵀr) ⊘ σ − (μ ⊘ σ) Σr. The shared matrix has a column of ones behind the features, so the products
 * contain the offset and Σr.
 */
import { log } from "../../../src/support/elementary/exponential.ts"
import { FLOAT_BYTES, type FitKernel } from "./kernel.ts"
import type { Query } from "./lbfgs.ts"
import type { Shape } from "./shape.ts"
import type { Scaling } from "./standardise.ts"

/** The regression on some rows, before C is chosen. */
export interface Regression {
  /** the classes in its rows, ascending; its labels are indices into this list */
  readonly classes: ReadonlyArray<number>
  readonly rows: Int32Array
  /** for each of them: its class (0 … K − 1) and its weight */
  readonly labels: Int32Array
  readonly weights: Float64Array
  readonly total: number
  readonly scaling: Scaling
  /** 1 for two classes, else K */
  readonly vectors: number
}

/** Rows held out of a regression, for a loss. */
export interface HeldOut {
  readonly rows: Int32Array
  /** for each of them: its class as in the regression's list, or −1 if that lacks it, and its weight */
  readonly labels: Int32Array
  readonly weights: Float64Array
}

/** A regression in the kernel's memory. */
export interface LogisticProblem {
  readonly vectors: number
  readonly total: number
  readonly place: {
    /** [stride] σ⁻¹ and μ of the features, then zeros */
    readonly inverse: number
    readonly mean: number
    /** [stride] σ⁻¹ / Σw */
    readonly gain: number
    /** [stride] 1 for features that vary */
    readonly mask: number
    /** [rows] two classes are −1 and 1 */
    readonly labels: number
    /** [rows] 0 for rows that are not fitted, or not held out */
    readonly weights: number
    readonly heldOut: number
  }
}

/** Floats that a problem takes in the kernel's memory. */
export const problemFloats = ({ stride, rows }: Shape): number => 4 * stride + 3 * rows

export function placeProblem(
  kernel: FitKernel,
  shape: Shape,
  { rows, labels, weights, total, scaling: { mean, inverse }, vectors }: Regression,
  heldOut?: HeldOut
): LogisticProblem {
  const floats = (values: Iterable<number>, length: number) => {
    const address = kernel.allocate(length)
    kernel.at(address, length).set([...values])
    return address
  }
  const byRow = (value: (t: number) => number, of: Int32Array = rows, into = kernel.allocate(shape.rows)) => {
    const all = kernel.at(into, shape.rows)
    of.forEach((row, t) => (all[row] = value(t)))
    return into
  }
  const label = (k: number) => (vectors === 1 ? [0, -1, 1][k + 1]! : k)
  const places = byRow((t) => label(labels[t]!))
  if (heldOut) byRow((t) => label(heldOut.labels[t]!), heldOut.rows, places)
  return {
    vectors,
    total,
    place: {
      inverse: floats(inverse, shape.stride),
      mean: floats(mean, shape.stride),
      gain: floats(
        inverse.map((value) => value / total),
        shape.stride
      ),
      mask: floats(
        inverse.map((value) => Number(value !== 0)),
        shape.stride
      ),
      labels: places,
      weights: byRow((t) => weights[t]!),
      heldOut: heldOut
        ? byRow((t) => (heldOut.labels[t]! < 0 ? 0 : heldOut.weights[t]!), heldOut.rows)
        : kernel.allocate(shape.rows)
    }
  }
}

/** No coefficients, and intercepts that reproduce the classes' weighted shares: the minimum as C → 0. */
export function priorSolution(
  { labels, weights, total, vectors }: Regression,
  { stride, width }: Shape
): Float32Array {
  const shares = new Float64Array(Math.max(2, vectors))
  for (let t = 0; t < labels.length; t++) shares[labels[t]!]! += weights[t]! / total
  const solution = new Float32Array(vectors * stride)
  for (let k = 0; k < vectors; k++)
    solution[k * stride + width] = vectors === 1 ? log(shares[1]! / shares[0]!) : log(shares[k]!)
  return solution
}

/** Writes the vectors for the shared matrix, [vectors × stride], to an address. */
export function foldScalingIn(
  kernel: FitKernel,
  { stride, width }: Shape,
  { vectors, place }: LogisticProblem,
  { x }: Query,
  out: number
): void {
  for (let k = 0; k < vectors; k++) {
    const at = k * stride * FLOAT_BYTES
    const to = out + at
    kernel.passes.foldScaling(to, x + at, place.inverse, place.mean, to + stride * FLOAT_BYTES)
    // the sum is of rounded values, as are the scores
    kernel.floats[to / FLOAT_BYTES + width] = kernel.floats[(x + at) / FLOAT_BYTES + width]! - kernel.sum
  }
}

/** Σ wᵢℓᵢ over the fitted rows, and over the rows held out. */
export interface Losses {
  readonly loss: number
  readonly heldOut: number
}

/** Replaces the scores, [vectors × rows], by residuals r = w(p − y). */
export function lossPass(
  kernel: FitKernel,
  { rows }: Shape,
  { vectors, place: { labels, weights, heldOut } }: LogisticProblem,
  scores: number
): Losses {
  const below = rows * FLOAT_BYTES
  if (vectors === 1) kernel.passes.binomial(scores, scores + below, labels, weights, heldOut)
  else kernel.passes.softmax(scores, scores + below, below, vectors * below, labels, weights, heldOut)
  return { loss: kernel.sum, heldOut: kernel.otherSum }
}

/**
 * [vectors] the mean curvature Σ wᵢ pᵢ(1 − pᵢ) / Σw, from the residuals r = w(p − y), where |r|(1 − |r|/w) = wp(1 −
 * p).
 */
export function meanCurvatures(
  kernel: FitKernel,
  { rows }: Shape,
  { vectors, total, place }: LogisticProblem,
  residuals: number
): Float64Array {
  return Float64Array.from({ length: vectors }, (_, k) => {
    const at = residuals + k * rows * FLOAT_BYTES
    kernel.passes.curvature(at, place.weights, at + rows * FLOAT_BYTES)
    return kernel.sum / total
  })
}

/**
 * Returns F's penalty; writes F's gradient.
 *
 * @param products the address of [vectors × stride] Xᵀr, and Σr in the column of ones
 */
export function finishGradient(
  kernel: FitKernel,
  { stride, width }: Shape,
  { vectors, total, place }: LogisticProblem,
  c: number,
  { x, gradient }: Query,
  products: number
): number {
  const { floats } = kernel
  const shrink = 1 / (c * total)
  let squares = kernel.dot(x, x, vectors * stride)
  for (let k = 0; k < vectors; k++) {
    const at = k * stride * FLOAT_BYTES
    const intercept = at / FLOAT_BYTES + width
    const sum = floats[products / FLOAT_BYTES + intercept]!
    const to = gradient + at
    kernel.factors(sum, shrink)
    kernel.passes.gradient(to, products + at, place.mean, place.gain, x + at, to + stride * FLOAT_BYTES)
    floats[gradient / FLOAT_BYTES + intercept] = sum / total
    // taken out as it went in, rounded
    squares -= Math.fround(floats[x / FLOAT_BYTES + intercept]! * floats[x / FLOAT_BYTES + intercept]!)
  }
  return (shrink / 2) * squares
}
