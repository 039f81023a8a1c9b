/**
 * L2-regularised logistic regression for every outer split, its strength chosen inside the training rows.
 *
 * All fits of a call share one data matrix and advance in lock-step on common products in float32 (see `solver.ts`);
 * optimisation is in float64. The objective is within 1e-6 of scikit-learn's `LogisticRegression` run to the end,
 * relative to itself for C ≤ 1 and to ln K above.
 */
import { assignFolds } from "../../statistics/folds.ts"
import { cellWeights } from "../../statistics/weights.ts"
import type { FitControl, OuterSplit, ProbeData, UndefinedProbe } from "../probe.ts"
import { checkProbeData, isConstant, presentClasses } from "../probe.ts"
import type { Matrix } from "./matrix.ts"
import { openMatrix } from "./matrix.ts"
import { logProbabilities } from "./predict.ts"
import type { Spectrum } from "./preconditioner.ts"
import { leadingSpectrum } from "./preconditioner.ts"
import type { InnerFold, Regression, Tolerances } from "./regularisation-path.ts"
import { RegularisationPath } from "./regularisation-path.ts"
import { Solver } from "./solver.ts"
import type { Scaling } from "./standardise.ts"
import { compose, foldScaling, scaled, scalingOf } from "./standardise.ts"

/** C ∈ 10^{−4, −3.5 … 2} */
export const DEFAULT_GRID: ReadonlyArray<number> = Array.from({ length: 13 }, (_, i) => 10 ** (i / 2 - 4))

/** The inner losses are then within 1e-3 of their limit, a tenth of what neighbouring C's differ by. */
export const DEFAULT_TOLERANCES: Tolerances = { inner: 1e-7, refit: 1e-10 }

export interface LogisticOptions extends ProbeData, FitControl {
  /** [rows] the number of the image a row belongs to: inner folds keep an image's rows together */
  readonly images: Int32Array
  /** the image's own id, by that number, on which its inner fold hangs; the number by default */
  readonly imageIds?: ReadonlyArray<string>
  /** [rows] ≥ 0, scaled so that their mean is 1 (see `cellWeights`); 1 by default. Rows of weight 0 are not fitted on */
  readonly weights?: Float64Array
  /**
   * [rows] in place of `weights`: the cells of every training set, inner ones too, get the same say within it. Weights
   * that were taken over all rows would tell a training set which classes the held-out rows have more of: it has less.
   */
  readonly cells?: Int32Array
  readonly outer: ReadonlyArray<OuterSplit>
  /** strengths C, ascending; with a single one nothing is chosen */
  readonly grid?: ReadonlyArray<number>
  /** 4 by default */
  readonly innerFolds?: number
  readonly seed: number
  readonly tolerances?: Tolerances
}

export interface LogisticFit {
  readonly undefined?: never
  /** [test] the predicted class of each test row: the first of the most probable */
  readonly predictions: Int32Array
  /** [test × classes] natural logs; −Infinity for a class that the training rows lack */
  readonly logProbabilities: Float64Array
  readonly c: number
  /** the choice lies at an end of the grid: a wider grid might choose otherwise */
  readonly edge: "lower" | "upper" | null
  /** [grid] the mean log-loss over the inner folds; NaN where the path had ended, or nothing was chosen */
  readonly innerLosses: Float64Array
  /** F on the training rows */
  readonly objective: number
  readonly converged: boolean
  /** the classes that the training rows have, ascending */
  readonly classes: ReadonlyArray<number>
  /** [vectors × width] on features standardised by `scaling`; one vector for two classes, for the second */
  readonly coefficients: Float64Array
  /** [vectors] */
  readonly intercepts: Float64Array
  /** z = (x − mean) · inverse, over the training rows; `inverse` is 0 for a feature that is constant there */
  readonly scaling: Scaling
}

/**
 * @throws RangeError on shapes that do not fit, a grid that does not ascend, or fewer images than inner folds in a
 * training set; the signal's reason if aborted
 */
export async function fitLogistic(given: LogisticOptions): Promise<Array<LogisticFit | UndefinedProbe>> {
  const outer = given.outer.map(({ train, test }) => ({
    train: train.filter((row) => given.weights?.[row] !== 0),
    test
  }))
  const options = { ...given, outer }
  const { x, rows, width, grid = DEFAULT_GRID } = options
  checkProbeData(options, outer)
  checkLogistic(options, grid)
  const verdicts = outer.map(({ train }): UndefinedProbe | null => {
    if (isConstant(options, train)) return { undefined: "constant" }
    return presentClasses(options, train).length < 2 ? { undefined: "one-class" } : null
  })
  if (!verdicts.includes(null)) return verdicts as Array<UndefinedProbe>

  const overall = scalingOf(
    x,
    width,
    Int32Array.from({ length: rows }, (_, row) => row)
  )
  const z = scaled(x, width, overall)
  const features = await openMatrix(z, rows, width)
  try {
    const spectrum = await leadingSpectrum(features)
    try {
      return await fitAll(options, { z, overall, features, spectrum, grid, verdicts })
    } finally {
      await spectrum.vectors.release()
    }
  } finally {
    await features.release()
  }
}

interface Shared {
  /** [rows × width] the features scaled by `overall`, which `features` multiplies by */
  readonly z: Float32Array
  readonly overall: Scaling
  readonly features: Matrix
  readonly spectrum: Spectrum
  readonly grid: ReadonlyArray<number>
  readonly verdicts: ReadonlyArray<UndefinedProbe | null>
}

async function fitAll(
  options: LogisticOptions,
  shared: Shared
): Promise<Array<LogisticFit | UndefinedProbe>> {
  const { outer, signal, progress, tolerances = DEFAULT_TOLERANCES } = options
  const { z, overall, features, spectrum, grid, verdicts } = shared
  const solver = new Solver(features, spectrum, options.classes)
  const regress = (part: Int32Array) => regressionOn(options, z, overall, part)

  const paths = outer.map(({ train }, split) =>
    verdicts[split]
      ? null
      : new RegularisationPath({
          solver,
          features,
          outer: regress(train),
          inner: grid.length === 1 ? [] : innerFoldsOf(options, train, regress),
          grid,
          tolerances
        })
  )
  for (const path of paths) await path?.start()
  const all = paths.length * (grid.length + 1)
  await solver.run(signal, () =>
    progress?.(paths.reduce((sum, path) => sum + (path?.steps ?? grid.length + 1), 0) / all)
  )
  return Promise.all(
    paths.map(
      (path, split) => verdicts[split] ?? finish(options, features, overall, grid, path!, outer[split]!)
    )
  )
}

function regressionOn(
  options: LogisticOptions,
  z: Float32Array,
  overall: Scaling,
  rows: Int32Array
): Regression {
  const { x, labels, width } = options
  const classes = presentClasses(options, rows)
  const taken = weightsOf(options, rows)
  return {
    classes,
    rows,
    labels: rows.map((row) => classes.indexOf(labels[row]!)),
    weights: taken,
    total: taken.reduce((a, b) => a + b, 0),
    scaling: foldScaling(z, x, width, rows, overall),
    vectors: classes.length === 2 ? 1 : classes.length
  }
}

/** The weights of some rows as a set of their own. */
const weightsOf = ({ weights, cells }: LogisticOptions, rows: Int32Array): Float64Array =>
  cells === undefined
    ? Float64Array.from(rows, (row) => weights?.[row] ?? 1)
    : cellWeights(rows.map((row) => cells[row]!))

/** Inner folds by image, balanced over the classes of an image's rows. */
function innerFoldsOf(
  options: LogisticOptions,
  train: Int32Array,
  regress: (rows: Int32Array) => Regression
): Array<InnerFold> {
  const { images, imageIds, labels, innerFolds: folds = 4, seed } = options
  const classesOf = new Map<string, Array<number>>()
  const idOf = (row: number) => imageIds?.[images[row]!] ?? String(images[row]!)
  for (const row of train) {
    const id = idOf(row)
    const classes = classesOf.get(id)
    if (classes) classes.push(labels[row]!)
    else classesOf.set(id, [labels[row]!])
  }
  if (classesOf.size < folds)
    throw new RangeError(`a training set has ${classesOf.size} images, too few for ${folds} inner folds`)
  const assigned = assignFolds({
    images: Array.from(classesOf, ([id, classes]) => ({
      id,
      stratum: classes.sort((a, b) => a - b).join(" ")
    })),
    folds,
    seed: `${seed} inner`
  })
  const foldOf = train.map((row) => assigned.get(idOf(row))!)
  const weights = weightsOf(options, train)
  return Array.from({ length: folds }, (_, fold) => {
    const heldOut = train.filter((_, t) => foldOf[t] === fold)
    return {
      regression: regress(train.filter((_, t) => foldOf[t] !== fold)),
      heldOut,
      labels: heldOut.map((row) => labels[row]!),
      weights: weights.filter((_, t) => foldOf[t] === fold)
    }
  })
}

async function finish(
  options: LogisticOptions,
  features: Matrix,
  overall: Scaling,
  grid: ReadonlyArray<number>,
  path: RegularisationPath,
  { test }: OuterSplit
): Promise<LogisticFit> {
  const { outer } = path
  const { cIndex, innerLosses, minimum } = path.result!
  const { width, classes: count } = options
  const own = await logProbabilities(features, outer, minimum.x, test)
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
    minimum.x.subarray(v * (width + 1), (v + 1) * (width + 1))
  )
  const coefficients = new Float64Array(outer.vectors * width)
  vectors.forEach((vector, v) => coefficients.set(vector.subarray(0, width), v * width))
  return {
    predictions,
    logProbabilities: logs,
    c: grid[cIndex]!,
    edge: grid.length === 1 ? null : cIndex === 0 ? "lower" : cIndex === grid.length - 1 ? "upper" : null,
    innerLosses,
    objective: minimum.loss,
    converged: minimum.converged,
    classes: outer.classes,
    coefficients,
    intercepts: Float64Array.from(vectors, (vector) => vector[width]!),
    scaling: compose(overall, outer.scaling)
  }
}

function checkLogistic(
  { images, imageIds, weights, cells, rows, seed }: LogisticOptions,
  grid: ReadonlyArray<number>
): void {
  if (images.length !== rows) throw new RangeError(`images has ${images.length} rows and x ${rows}`)
  if (imageIds)
    for (const image of images)
      if (imageIds[image] === undefined) throw new RangeError(`imageIds has no entry for image ${image}`)
  if (weights && cells) throw new RangeError("give weights or cells, not both")
  if (cells && cells.length !== rows) throw new RangeError(`cells has ${cells.length} rows and x ${rows}`)
  if (weights && weights.length !== rows)
    throw new RangeError(`weights has ${weights.length} rows and x ${rows}`)
  weights?.forEach((weight, row) => {
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`weights[${row}] is ${weight}`)
  })
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: ${seed} is not a whole number`)
  if (grid.length === 0) throw new RangeError("grid: no strength C is given")
  grid.forEach((c, i) => {
    if (!(c > 0 && c < Infinity) || (i > 0 && c <= grid[i - 1]!))
      throw new RangeError(`grid[${i}] is ${c}: strengths are positive and ascend`)
  })
}
