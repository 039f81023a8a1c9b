/** A kind of probe: what `fit-probes` asks of each. */
import type { FitControl, OuterSplit, ProbeData, UndefinedProbe } from "../data/probe-data.ts"

export interface Probe {
  /**
   * Fits each outer split on its training rows and predicts its test rows.
   *
   * @throws RangeError on inconsistent data; the signal's reason if aborted
   */
  fit(task: ProbeTask): Promise<Array<ProbeFit | UndefinedProbe>>
}

export interface ProbeTask extends ProbeData, FitControl {
  readonly outer: ReadonlyArray<OuterSplit>
  /** [rows] the number of the image that a row belongs to, for folds within the training rows */
  readonly images: Int32Array
  /** the images' ids, by that number */
  readonly imageIds: ReadonlyArray<string>
  /** [rows] cells, which weigh the same */
  readonly cells: Int32Array
  readonly settings: ProbeSettings
  /** may not change a result */
  readonly threads: number
}
export interface ProbeSettings {
  /** of folds within the training rows */
  readonly seed: number
  /** scikit-learn's `random_state`, 0 … 2³² − 1 */
  readonly randomState: number
}

export interface ProbeFit {
  readonly undefined?: never
  /** [test] the predicted class of each test row */
  readonly predictions: Int32Array
  /** [test] ln p of each test row's own class; null if the probe has no probabilities */
  readonly logProbabilities: Float64Array | null
  /** the strength chosen within the training rows; NaN if there is none */
  readonly c: number
  /** whether it lies at an end of the grid */
  readonly edge: "lower" | "upper" | ""
  readonly converged: boolean
  /** passes over the training rows; 0 if the probe does not count them */
  readonly epochs: number
  /** balanced accuracy within the training rows at the chosen strength; NaN if there was no choice */
  readonly innerAccuracy: number
  readonly weights: ProbeWeights
}

/** A linear probe: its scores are (x − mean) · scale · coefficientsᵀ + intercepts. */
export interface ProbeWeights {
  /** [width] */
  readonly mean: Float64Array
  /** [width] 0 for a feature that is constant in the training rows */
  readonly scale: Float64Array
  /** [vectors × width]; two classes have one vector: a score above 0 means the second */
  readonly coefficients: Float64Array
  /** [vectors] */
  readonly intercepts: Float64Array
  /** the classes in the training rows, ascending */
  readonly classes: ReadonlyArray<number>
}
