/**
 * scikit-learn 1.9's `Perceptron(tol=1e-3)`, bit-identical: coefficients, intercepts and epochs.
 *
 * Source: scikit-learn's documentation of `Perceptron` and the arithmetic of its `_sgd_fast`, `_weight_vector` and
 * `_seq_dataset` (BSD-3-Clause): learning rate 1, no penalty, at most 1,000 epochs, 5 of them without improvement.
 * Products are rounded to the data's type and summed sequentially in double, so float32 and float64 data can lead to
 * different coefficients.
 *
 * Float32 data is fitted much faster than by computing such sums: see filtered-learner.ts.
 */
import type { FitControl, OuterSplit, ProbeData, UndefinedProbe } from "../data/probe-data.ts"
import { breathe, checkProbeData, isConstant, presentClasses } from "../data/probe-data.ts"
import { chooseClass, chooseClassQuickly } from "./choose.ts"
import { ExactLearner, Float32Weights, Float64Weights, type Learner } from "./exact.ts"
import { FilteredLearner } from "./filtered-learner.ts"
import { FilteredWeights } from "./filtered-weights.ts"
import { KernelRows } from "./kernel-rows.ts"
import { shuffleOf, shuffleSeeds } from "./shuffle.ts"
import { VectorFit } from "./vector-fit.ts"

export interface PerceptronModel {
  /** the classes it was fitted on, ascending */
  readonly classes: ReadonlyArray<number>
  /** [vectors × width]; one vector for two classes (positive means the second), else one per class */
  readonly coefficients: Float64Array
  /** [vectors] */
  readonly intercepts: Float64Array
  /** scikit-learn's `n_iter_`: the epochs of the slowest vector */
  readonly epochs: number
}

export interface PerceptronOptions {
  /** scikit-learn's `shuffle`, true by default */
  readonly shuffle?: boolean
  /** scikit-learn's `random_state`, 0 … 2³² − 1; 0 by default */
  readonly randomState?: number
}

export interface PerceptronFit extends PerceptronModel {
  readonly undefined?: never
  /** [test] the predicted class of each test row */
  readonly predictions: Int32Array
}

/**
 * Fits a Perceptron for each outer split, on raw features.
 *
 * @throws RangeError on inconsistent shapes; the signal's reason if aborted
 */
export async function fitPerceptron(
  options: ProbeData & FitControl & PerceptronOptions & { readonly outer: ReadonlyArray<OuterSplit> }
): Promise<Array<PerceptronFit | UndefinedProbe>> {
  const { outer, signal, progress } = options
  checkProbeData(options, outer)
  let vectors: ((k: number) => Vector) | undefined
  const fits: Array<PerceptronFit | UndefinedProbe> = []
  for (const { train, test } of outer) {
    const classes = presentClasses(options, train)
    if (isConstant(options, train)) fits.push({ undefined: "constant" })
    else if (classes.length < 2) fits.push({ undefined: "one-class" })
    else {
      vectors ??= vectorsOn(options)
      fits.push(await fitSplit(options, { train, test }, classes, vectors, signal))
    }
    progress?.(fits.length / outer.length)
  }
  return fits
}

/** A vector that learns, and its weights if they give quick scores. */
interface Vector {
  readonly learner: Learner
  readonly weights?: FilteredWeights
}

/** Makes a model's vectors by their number: those of float32 data use the kernel, if there is memory for it. */
function vectorsOn({ x, width, classes }: ProbeData): (k: number) => Vector {
  const plain = { stride: width, width }
  if (x instanceof Float64Array)
    return () => ({ learner: new ExactLearner(new Float64Weights(new Float64Array(width), { x, ...plain })) })
  const rows = KernelRows.of(x, width, classes)
  if (rows === undefined)
    return () => ({ learner: new ExactLearner(new Float32Weights(new Float32Array(width), { x, ...plain })) })
  return (k) => {
    const weights = new FilteredWeights(rows, k)
    return { learner: new FilteredLearner(rows, weights), weights }
  }
}

async function fitSplit(
  { x, width, labels, shuffle = true, randomState = 0 }: ProbeData & PerceptronOptions,
  { train, test }: OuterSplit,
  classes: ReadonlyArray<number>,
  vectors: (k: number) => Vector,
  signal: AbortSignal | undefined
): Promise<PerceptronFit> {
  const positives = classes.length === 2 ? [classes[1]!] : classes
  const coefficients = new Float64Array(positives.length * width)
  const intercepts = new Float64Array(positives.length)
  const seeds = shuffleSeeds(positives.length, randomState)
  const quick: Array<FilteredWeights> = []
  let epochs = 0
  for (const [k, positive] of positives.entries()) {
    const signs = signsOf(labels, positive)
    const { learner, weights } = vectors(k)
    const fit = new VectorFit(learner, train, signs, shuffle ? shuffleOf(train.length, seeds[k]!) : null)
    while (!fit.epoch()) {
      // yield after every few million products
      if (fit.epochs % Math.ceil(4e6 / (train.length * width)) === 0) await breathe()
      signal?.throwIfAborted()
    }
    await breathe()
    signal?.throwIfAborted()
    coefficients.set(learner.values, k * width)
    intercepts[k] = learner.intercept
    epochs = Math.max(epochs, fit.epochs)
    if (weights !== undefined) quick.push(weights)
  }
  const model = { classes, coefficients, intercepts, epochs }
  const predictions = test.map((row) => {
    const quickly = quick.length > 0 ? chooseClassQuickly(quick, intercepts, width, row) : undefined
    return classes[quickly ?? chooseClass(model, x, width, row * width)]!
  })
  return { ...model, predictions }
}

/** [rows] 1 for the class, −1 for the others */
function signsOf(labels: Int32Array, positive: number): Int8Array {
  const signs = new Int8Array(labels.length)
  for (let row = 0; row < labels.length; row++) signs[row] = labels[row] === positive ? 1 : -1
  return signs
}

/**
 * The predicted class of each row: the first with the highest score; for two classes, the second if the score is > 0.
 */
export function predictPerceptron(
  model: PerceptronModel,
  { x, width }: Pick<ProbeData, "x" | "width">,
  rows: Int32Array
): Int32Array {
  return rows.map((row) => model.classes[chooseClass(model, x, width, row * width)]!)
}
