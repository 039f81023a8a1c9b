/** Cells: the predictions of one fit, scored by seed and fold. */
import { objectId } from "../tables/ids.ts"
import {
  type Prediction,
  predictionsOf,
  type QuestionName,
  questionNameOf,
  type ScoredFit
} from "../tables/fits.ts"
import { balancedAccuracy } from "../statistics/scores.ts"
import { correctedInterval } from "../statistics/intervals.ts"

/** A cell's scores; null values if its fit is undefined. */
export interface Cell extends QuestionName {
  /** balanced accuracy pooled over the folds of a seed, averaged over seeds */
  readonly accuracy: number | null
  readonly low: number | null
  readonly high: number | null
  /** balanced accuracy of each (seed, fold), in order; null, like the limits, if one of them has no example */
  readonly runs: ReadonlyArray<number> | null
  readonly folds: number
  readonly classes: number
  readonly chance: number
  /** number of examples */
  readonly n: number
  /** number of images in the examples */
  readonly images: number
  /** (seed, fold) pairs in which some cell of the design had no example; for these pairs, the mean is taken over the remaining cells */
  readonly foldsWithEmptyCells: number
}

export function cellOf(fit: ScoredFit): Cell {
  if (fit.undefined_because === null) return scoreCell(questionNameOf(fit), predictionsOf(fit))
  const { n, images, classes } = fit
  return {
    ...questionNameOf(fit),
    accuracy: null,
    low: null,
    high: null,
    runs: null,
    folds: 0,
    classes,
    chance: 1 / classes,
    n,
    images,
    foldsWithEmptyCells: 0
  }
}

/** Scores the predictions of one cell. */
export function scoreCell(name: QuestionName, predictions: ReadonlyArray<Prediction>): Cell {
  const index = indexOf(predictions.map(({ cell }) => cell))
  const outcomes = {
    correct: predictions.map(({ label, predicted }) => label === predicted),
    cells: predictions.map(({ cell }) => index.get(cell)!),
    cellCount: index.size
  }
  const seeds = [...new Set(predictions.map(({ seed }) => seed))].sort((a, b) => a - b)
  // up to the last fold that has an example, so that the runs of two cells always align
  const folds = Array.from(
    { length: 1 + predictions.reduce((k, { fold }) => Math.max(k, fold), 0) },
    (_, k) => k
  )
  const classes = new Set(predictions.map(({ label }) => label)).size
  const n = new Set(predictions.map(({ scene, object }) => objectId(scene, object))).size
  const images = new Set(predictions.map(({ image }) => image)).size
  const pooled = seeds.map(
    (seed) => balancedAccuracy(outcomes, (row) => predictions[row]!.seed === seed).value
  )
  const byRun = seeds.flatMap((seed) =>
    folds.map((fold) =>
      balancedAccuracy(outcomes, (row) => predictions[row]!.seed === seed && predictions[row]!.fold === fold)
    )
  )
  const runs = byRun.map(({ value }) => value)
  const accuracy = pooled.reduce((sum, value) => sum + value, 0) / pooled.length
  const scored = {
    ...name,
    folds: folds.length,
    classes,
    chance: 1 / classes,
    n,
    images,
    accuracy,
    foldsWithEmptyCells: byRun.filter(({ empty }) => empty.length > 0).length
  }
  if (folds.length < 2 || runs.some(Number.isNaN)) return { ...scored, low: null, high: null, runs: null }
  const { lower, upper } = correctedInterval(runs, { folds: folds.length })
  const half = (upper - lower) / 2
  return { ...scored, low: Math.max(0, accuracy - half), high: Math.min(1, accuracy + half), runs }
}

const indexOf = (names: ReadonlyArray<string>): ReadonlyMap<string, number> =>
  new Map([...new Set(names)].map((name, i) => [name, i]))
