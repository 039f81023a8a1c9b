/** Training sets: the rows of an outer split, and the inner folds within them that decide the strength. */
import { assignFolds } from "../../statistics/folds.ts"
import { cellWeights } from "../../statistics/weights.ts"
import { presentClasses } from "../probes/probe.ts"
import type { LogisticOptions } from "./options.ts"
import type { InnerFold, Regression } from "./regularisation-path.ts"
import { foldScaling, type Scaling } from "./standardise.ts"

/** The regression on some rows, with their own classes, weights and scaling. */
export function regressionOn(
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

/** The weights of some rows, computed for this set alone. */
const weightsOf = ({ weights, cells }: LogisticOptions, rows: Int32Array): Float64Array =>
  cells === undefined
    ? Float64Array.from(rows, (row) => weights?.[row] ?? 1)
    : cellWeights(rows.map((row) => cells[row]!))

/** Inner folds by image, balanced by the classes of an image's rows. */
export function innerFoldsOf(
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
