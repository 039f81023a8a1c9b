/** A finished fit: the chosen strength, its coefficients, and predictions of the held-out rows. */
import type { OuterSplit } from "../data/probe-data.ts"
import { innerAccuracyOf } from "./inner-accuracy.ts"
import type { Matrix } from "./matrix.ts"
import type { LogisticOptions } from "./options.ts"
import { logProbabilities } from "./predict.ts"
import type { Shape } from "./shape.ts"
import type { RegularisationPath } from "./regularisation-path.ts"
import { compose, type Scaling } from "./standardise.ts"

export interface LogisticFit {
  readonly undefined?: never
  /** [test] the predicted class of each test row: the first of the most probable */
  readonly predictions: Int32Array
  /** [test × classes] natural logs; −Infinity for a class that the training rows lack */
  readonly logProbabilities: Float64Array
  readonly c: number
  /** the choice lies at an end of the grid, so a wider grid might give another */
  readonly edge: "lower" | "upper" | null
  /** [grid] the mean log-loss over the inner folds; NaN past the end of the path, or if nothing was chosen */
  readonly innerLosses: Float64Array
  /** over the inner folds at the chosen C (see `innerAccuracyOf`); NaN if nothing was chosen */
  readonly innerAccuracy: number
  /** F on the training rows */
  readonly objective: number
  readonly converged: boolean
  /** the classes in the training rows, ascending */
  readonly classes: ReadonlyArray<number>
  /** [vectors × width] for features standardised by `scaling`; two classes have one vector, for the second */
  readonly coefficients: Float64Array
  /** [vectors] */
  readonly intercepts: Float64Array
  /** z = (x − mean) · inverse, over the training rows; `inverse` is 0 for a feature that is constant in them */
  readonly scaling: Scaling
}

/** The chosen fit of an outer split, with its predictions of the held-out rows. */
export async function fitOf(
  options: LogisticOptions,
  features: Matrix,
  shape: Shape,
  overall: Scaling,
  grid: ReadonlyArray<number>,
  path: RegularisationPath,
  { test }: OuterSplit
): Promise<LogisticFit> {
  const { outer } = path
  const { cIndex, innerLosses, solutions, minimum } = path.result!
  const { width, classes: count } = options
  const own = await logProbabilities(features, shape, outer, minimum.x, test)
  const logs = new Float64Array(test.length * count).fill(-Infinity)
  const predictions = new Int32Array(test.length)
  const k = outer.classes.length
  for (let t = 0; t < test.length; t++) {
    let best = 0
    for (let j = 0; j < k; j++) {
      logs[t * count + outer.classes[j]!] = own[t * k + j]!
      if (own[t * k + j]! > own[t * k + best]!) best = j
    }
    predictions[t] = outer.classes[best]!
  }
  const vectors = Array.from({ length: outer.vectors }, (_, v) =>
    minimum.x.subarray(v * shape.stride, (v + 1) * shape.stride)
  )
  const coefficients = new Float64Array(outer.vectors * width)
  vectors.forEach((vector, v) => coefficients.set(vector.subarray(0, width), v * width))
  return {
    predictions,
    logProbabilities: logs,
    c: grid[cIndex]!,
    edge: grid.length === 1 ? null : cIndex === 0 ? "lower" : cIndex === grid.length - 1 ? "upper" : null,
    innerLosses,
    innerAccuracy: await innerAccuracyOf(options, features, shape, path.inner, solutions),
    objective: minimum.loss,
    converged: minimum.converged,
    classes: outer.classes,
    coefficients,
    intercepts: Float64Array.from(vectors, (vector) => vector[width]!),
    scaling: compose(overall, outer.scaling)
  }
}
