/**
 * scikit-learn 1.9's `Perceptron(tol=1e-3, random_state=0)`, bit-identical: coefficients, intercepts and epochs.
 *
 * Source: scikit-learn's documentation of `Perceptron` and the arithmetic of its `_sgd_fast`, `_weight_vector` and
 * `_seq_dataset` (BSD-3-Clause): learning rate 1, no penalty, at most 1,000 epochs, 5 of them without improvement.
 * Products are rounded to the data's type and summed sequentially in double, so float32 and float64 data can lead to
 * different coefficients.
 */
import type { FitControl, OuterSplit, ProbeData, UndefinedProbe } from "./probe.ts"
import { breathe, checkProbeData, isConstant, presentClasses } from "./probe.ts"
import { chooseClass, chooseClassQuickly } from "../perceptron/choose.ts"
import { ExactLearner, type Learner } from "../perceptron/exact-learner.ts"
import { Float32Weights, Float64Weights } from "../perceptron/exact-weights.ts"
import { FilteredLearner } from "../perceptron/filtered-learner.ts"
import { FilteredWeights } from "../perceptron/filtered-weights.ts"
import { KernelRows } from "../perceptron/kernel-rows.ts"
import { shuffleOf } from "../perceptron/shuffle.ts"
import { VectorFit } from "../perceptron/vector-fit.ts"

/** The shuffle's seeds for `random_state=0`, as drawn from NumPy's MT19937: for two classes, and one-vs-rest in class order. */
const SEED_BINARY = 398764591
// oxfmt-ignore
const SEEDS_ONE_VS_REST = [
  1702673635, 1586107549, 1930872371, 1862851941, 954657527, 417445143, 224495538, 780944268, 2058043104, 1833096827,
  80253499, 105297051, 1559878794, 496714631, 1551414398, 1382641941, 586847866, 1288305200, 2145942566, 1556596804
]

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

export interface PerceptronFit extends PerceptronModel {
  readonly undefined?: never
  /** [test] the predicted class of each test row */
  readonly predictions: Int32Array
}

/**
 * Fits a Perceptron for each outer split, on raw features.
 *
 * @param options.shuffle scikit-learn's `shuffle`, true by default
 * @throws RangeError on inconsistent shapes, or more than 20 classes with shuffling; the signal's reason if aborted
 */
export async function fitPerceptron(
  options: ProbeData & FitControl & { readonly outer: ReadonlyArray<OuterSplit>; readonly shuffle?: boolean }
): Promise<Array<PerceptronFit | UndefinedProbe>> {
  const { outer, shuffle = true, signal, progress } = options
  checkProbeData(options, outer)
  const vectors = vectorsOn(options)
  const fits: Array<PerceptronFit | UndefinedProbe> = []
  for (const { train, test } of outer) {
    const classes = presentClasses(options, train)
    if (isConstant(options, train)) fits.push({ undefined: "constant" })
    else if (classes.length < 2) fits.push({ undefined: "one-class" })
    else fits.push(await fitSplit({ data: options, train, test, classes, shuffle, signal, vectors }))
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

async function fitSplit({
  data,
  train,
  test,
  classes,
  shuffle,
  signal,
  vectors
}: OuterSplit & {
  readonly data: ProbeData
  readonly classes: ReadonlyArray<number>
  readonly shuffle: boolean
  readonly signal: AbortSignal | undefined
  readonly vectors: (k: number) => Vector
}): Promise<PerceptronFit> {
  const { x, width, labels } = data
  const binary = classes.length === 2
  if (shuffle && !binary && classes.length > SEEDS_ONE_VS_REST.length)
    throw new RangeError(`a shuffled Perceptron supports at most ${SEEDS_ONE_VS_REST.length} classes`)
  const positives = binary ? [classes[1]!] : classes
  const coefficients = new Float64Array(positives.length * width)
  const intercepts = new Float64Array(positives.length)
  const quick: Array<FilteredWeights> = []
  let epochs = 0
  for (const [k, positive] of positives.entries()) {
    const signs = signsOf(labels, positive)
    const seed = binary ? SEED_BINARY : SEEDS_ONE_VS_REST[k]!
    const { learner, weights } = vectors(k)
    const fit = new VectorFit(learner, train, signs, shuffle ? shuffleOf(train.length, seed) : null)
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
