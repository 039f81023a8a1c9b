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

const MAX_EPOCHS = 1000
const TOLERANCE = 1e-3
const PATIENCE = 5

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
  const fits: Array<PerceptronFit | UndefinedProbe> = []
  for (const { train, test } of outer) {
    const classes = presentClasses(options, train)
    if (isConstant(options, train)) fits.push({ undefined: "constant" })
    else if (classes.length < 2) fits.push({ undefined: "one-class" })
    else {
      const model = await fitModel(options, train, classes, shuffle, signal)
      fits.push({ ...model, predictions: predictPerceptron(model, options, test) })
    }
    progress?.(fits.length / outer.length)
  }
  return fits
}

async function fitModel(
  data: ProbeData,
  train: Int32Array,
  classes: ReadonlyArray<number>,
  shuffle: boolean,
  signal: AbortSignal | undefined
): Promise<PerceptronModel> {
  const { width, labels } = data
  const binary = classes.length === 2
  if (shuffle && !binary && classes.length > SEEDS_ONE_VS_REST.length)
    throw new RangeError(`a shuffled Perceptron supports at most ${SEEDS_ONE_VS_REST.length} classes`)
  const positives = binary ? [classes[1]!] : classes
  const coefficients = new Float64Array(positives.length * width)
  const intercepts = new Float64Array(positives.length)
  const x = gather(data, train)
  let epochs = 0
  for (const [k, positive] of positives.entries()) {
    const signs = Int8Array.from(train, (row) => (labels[row] === positive ? 1 : -1))
    const seed = shuffle ? (binary ? SEED_BINARY : SEEDS_ONE_VS_REST[k]!) : null
    const fit = new BinaryPerceptron(x, width, signs, seed)
    while (!fit.epoch()) {
      // yield after every few million products
      if (fit.epochs % Math.ceil(4e6 / x.length) === 0) await breathe()
      signal?.throwIfAborted()
    }
    await breathe()
    signal?.throwIfAborted()
    coefficients.set(fit.weights, k * width)
    intercepts[k] = fit.intercept
    epochs = Math.max(epochs, fit.epochs)
  }
  return { classes, coefficients, intercepts, epochs }
}

/** Copies training rows side by side, so that an epoch walks memory that fits in the cache. */
function gather({ x, width }: ProbeData, rows: Int32Array): Float32Array | Float64Array {
  const part =
    x instanceof Float32Array ? new Float32Array(rows.length * width) : new Float64Array(rows.length * width)
  rows.forEach((row, i) => part.set(x.subarray(row * width, (row + 1) * width), i * width))
  return part
}

/** One vector, fitted epoch by epoch. */
class BinaryPerceptron {
  readonly weights: Float32Array | Float64Array
  intercept = 0
  epochs = 0
  private readonly order: Int32Array
  private best = Infinity
  private stale = 0
  private readonly x: Float32Array | Float64Array
  private readonly width: number
  private readonly signs: Int8Array
  private readonly seed: number | null

  constructor(x: Float32Array | Float64Array, width: number, signs: Int8Array, seed: number | null) {
    this.x = x
    this.width = width
    this.signs = signs
    this.seed = seed
    this.order = Int32Array.from(signs, (_, i) => i)
    this.weights = x instanceof Float32Array ? new Float32Array(width) : new Float64Array(width)
  }

  /** Runs an epoch; returns true when training is over. */
  epoch(): boolean {
    if (this.seed !== null) shuffleInPlace(this.order, this.seed)
    const { updates, loss } =
      this.x instanceof Float32Array
        ? this.pass32(this.x, this.weights as Float32Array)
        : this.pass64(this.x, this.weights as Float64Array)
    let over = this.count(loss / this.signs.length)
    // after an epoch without updates all later ones are the same in any order: count them without running them
    if (updates === 0) while (!over) over = this.count(0)
    return over
  }

  private count(loss: number): boolean {
    this.epochs++
    if (loss > this.best - TOLERANCE) this.stale++
    else this.stale = 0
    if (loss < this.best) this.best = loss
    return this.stale >= PATIENCE || this.epochs >= MAX_EPOCHS
  }

  private pass32(x: Float32Array, weights: Float32Array): { updates: number; loss: number } {
    const { order, signs, width } = this
    let updates = 0
    let loss = 0
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      const start = row * width
      let score = 0
      for (let j = 0; j < width; j++) score += Math.fround(weights[j]! * x[start + j]!)
      const sign = signs[row]!
      const margin = sign * (score + this.intercept)
      if (margin > 0) continue
      loss -= margin
      updates++
      for (let j = 0; j < width; j++) weights[j]! += sign * x[start + j]! // rounded when stored
      this.intercept += sign
    }
    return { updates, loss }
  }

  private pass64(x: Float64Array, weights: Float64Array): { updates: number; loss: number } {
    const { order, signs, width } = this
    let updates = 0
    let loss = 0
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      const start = row * width
      let score = 0
      for (let j = 0; j < width; j++) score += weights[j]! * x[start + j]!
      const sign = signs[row]!
      const margin = sign * (score + this.intercept)
      if (margin > 0) continue
      loss -= margin
      updates++
      for (let j = 0; j < width; j++) weights[j]! += sign * x[start + j]!
      this.intercept += sign
    }
    return { updates, loss }
  }
}

/**
 * Fisher–Yates with xorshift32 (Marsaglia 2003) modulo 2³¹; every epoch restarts from the seed, but keeps the order.
 */
function shuffleInPlace(order: Int32Array, seed: number): void {
  let state = seed
  const n = order.length
  for (let i = 0; i < n - 1; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const j = i + ((state & 0x7fffffff) % (n - i))
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
}

/**
 * The predicted class of each row: the first with the highest score; for two classes, the second if the score is > 0.
 */
export function predictPerceptron(
  model: PerceptronModel,
  { x, width }: Pick<ProbeData, "x" | "width">,
  rows: Int32Array
): Int32Array {
  const { classes, coefficients, intercepts } = model
  return rows.map((row) => {
    const start = row * width
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
    return classes[best]!
  })
}
