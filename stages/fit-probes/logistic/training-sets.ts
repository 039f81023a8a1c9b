/** Training sets: the rows of an outer split, and the inner folds within them that decide the strength. */
import { assignFolds } from "../../statistics/folds.ts"
import { cellWeights } from "../../statistics/weights.ts"
import { INNER_FOLDS, presentClasses } from "../data/probe-data.ts"
import type { LogisticOptions } from "./options.ts"
import type { HeldOut, Regression } from "./problem.ts"
import type { FoldScalings, Scaling } from "./standardise.ts"

export interface InnerFold {
  readonly regression: Regression
  readonly heldOut: HeldOut
}

export interface TrainingSets {
  readonly outer: Regression
  /** none if there is no choice */
  readonly inner: ReadonlyArray<InnerFold>
}

/** The regressions on some rows and, for a choice, on all inner folds but one. */
export function trainingSets(
  options: LogisticOptions,
  scalings: FoldScalings,
  train: Int32Array,
  choice: boolean
): TrainingSets {
  const regression = (rows: Int32Array, scaling: Scaling) => regressionOn(options, rows, scaling)
  if (!choice) return { outer: regression(train, scalings.of([scalings.sums(train)])), inner: [] }
  const { labels, innerFolds = INNER_FOLDS } = options
  const foldOf = innerFoldsOf(options, train, innerFolds)
  const sums = Array.from({ length: innerFolds }, (_, fold) =>
    scalings.sums(train.filter((_, t) => foldOf[t] === fold))
  )
  const weights = weightsOf(options, train)
  return {
    outer: regression(train, scalings.of(sums)),
    inner: sums.map(({ rows }, fold) => {
      const own = regression(
        train.filter((_, t) => foldOf[t] !== fold),
        scalings.of(sums.filter((_, other) => other !== fold))
      )
      return {
        regression: own,
        heldOut: {
          rows,
          labels: rows.map((row) => own.classes.indexOf(labels[row]!)),
          weights: weights.filter((_, t) => foldOf[t] === fold)
        }
      }
    })
  }
}

/** The regression on some rows, with their own classes and weights. */
function regressionOn(options: LogisticOptions, rows: Int32Array, scaling: Scaling): Regression {
  const { labels } = options
  const classes = presentClasses(options, rows)
  const weights = weightsOf(options, rows)
  return {
    classes,
    rows,
    labels: rows.map((row) => classes.indexOf(labels[row]!)),
    weights,
    total: weights.reduce((a, b) => a + b, 0),
    scaling,
    vectors: classes.length === 2 ? 1 : classes.length
  }
}

/** The weights of some rows, computed for this set alone. */
const weightsOf = ({ weights, cells }: LogisticOptions, rows: Int32Array): Float64Array =>
  cells === undefined
    ? Float64Array.from(rows, (row) => weights?.[row] ?? 1)
    : cellWeights(rows.map((row) => cells[row]!))

/** [train] inner folds by image, balanced by the classes of an image's rows. */
function innerFoldsOf(options: LogisticOptions, train: Int32Array, folds: number): Int32Array {
  const { images, imageIds, labels, seed } = options
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
  return train.map((row) => assigned.get(idOf(row))!)
}
