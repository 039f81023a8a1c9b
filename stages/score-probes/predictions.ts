/** A fit's predictions as numbers, so that scores take time linear in their count. */
import { predictionColumns, type Fit } from "../tables/fits.ts"
import { byCodePoint } from "../tables/ids.ts"
import type { Design } from "../statistics/scores.ts"

/** The columns that scores are made of: all but the stored weights. */
export type FitOfScores = Omit<Fit, "weights">

/** [n] each; a run is a seed and a fold, seed · K + fold. */
export interface NumberedPredictions {
  readonly n: number
  readonly folds: number
  readonly seeds: number
  readonly run: Int32Array
  readonly cell: Int32Array
  /** a label, or `labels.length` for an answer that is no example's label */
  readonly predicted: Int32Array
  readonly image: Int32Array
  readonly oneSided: ReadonlyArray<boolean>
  readonly logProbability: ReadonlyArray<number>
  /** by code point */
  readonly labels: ReadonlyArray<string>
  /** [cells] */
  readonly cells: ReadonlyArray<string>
  readonly design: Design
}

/** @throws RangeError if lists differ in length, or a seed or fold is not among those of the settings */
export function numbered(fit: FitOfScores): NumberedPredictions {
  const n = fit.seed.length
  for (const name of Object.keys(predictionColumns) as ReadonlyArray<keyof typeof predictionColumns>)
    if (fit[name].length !== n)
      throw new RangeError(`the list "${name}" has ${fit[name].length} entries and "seed" ${n}`)
  const { folds, seeds } = fit
  const labels = [...new Set(fit.label)].sort(byCodePoint)
  const labelNumber = new Map(labels.map((label, i) => [label, i]))
  const byLabel = labels.map(() => new Map<string, number>())
  const images = new Map<string, number>()
  const [cells, labelOf]: [Array<string>, Array<number>] = [[], []]
  const [run, cell, predicted, image] = [n, n, n, n].map((length) => new Int32Array(length))
  for (let i = 0; i < n; i++) {
    run![i] = inRange("seed", fit.seed, i, seeds) * folds + inRange("fold", fit.fold, i, folds)
    predicted![i] = labelNumber.get(fit.predicted[i]!) ?? labels.length
    image![i] = numberIn(images, fit.image[i]!)
    const label = labelNumber.get(fit.label[i]!)!
    const of = byLabel[label]!
    let number = of.get(fit.cell[i]!)
    if (number === undefined) {
      of.set(fit.cell[i]!, (number = cells.length))
      cells.push(fit.cell[i]!)
      labelOf.push(label)
    }
    cell![i] = number
  }
  return {
    n,
    folds,
    seeds,
    run: run!,
    cell: cell!,
    predicted: predicted!,
    image: image!,
    oneSided: fit.one_sided,
    logProbability: fit.log_probability,
    labels,
    cells,
    design: { labelOf, labels: labels.length }
  }
}

function numberIn(numbers: Map<string, number>, name: string): number {
  let number = numbers.get(name)
  if (number === undefined) numbers.set(name, (number = numbers.size))
  return number
}

function inRange(name: "seed" | "fold", values: ReadonlyArray<number>, i: number, count: number): number {
  const value = values[i]!
  if (Number.isInteger(value) && value >= 0 && value < count) return value
  throw new RangeError(`${name}[${i}] is ${value}, but the fit has ${count} ${name}s, from 0`)
}
