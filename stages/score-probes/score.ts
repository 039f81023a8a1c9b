/** Scores of one fit, from its predictions. */
import { createHash } from "node:crypto"
import {
  balancedAccuracy,
  imageCeiling,
  labelRecalls,
  macroF1,
  meanOfNumbers,
  scoreWeights,
  weightedLogLoss
} from "../statistics/scores.ts"
import { describedFitColumns } from "../tables/fits.ts"
import type { Score } from "../tables/scores.ts"
import { type FitOfScores, numbered, type NumberedPredictions } from "./predictions.ts"
import { smallCells } from "./small-cells.ts"

type Described = Pick<Score, keyof typeof describedFitColumns>
type Scores = Omit<Score, keyof typeof describedFitColumns>
const described = Object.keys(describedFitColumns) as ReadonlyArray<keyof typeof describedFitColumns>

/**
 * Scores a fit; the time is linear in its predictions.
 *
 * @throws RangeError if its lists differ in length, or name a seed or fold that its settings lack
 */
export function scoreOf(fit: FitOfScores): Score {
  const name = Object.fromEntries(described.map((column) => [column, fit[column]])) as unknown as Described
  return fit.undefined_because === null ? { ...name, ...scored(fit) } : { ...name, ...noScores }
}

const noScores: Scores = {
  examples_digest: null,
  n_scored: 0,
  balanced_accuracy: null,
  run_accuracy: [],
  plain_accuracy: null,
  chance: null,
  ceiling: null,
  macro_f1: null,
  log_loss: null,
  labels: [],
  recalls: [],
  label_n: [],
  folds_with_empty_cells: 0,
  small_cells: null,
  one_sided: 0,
  splits: 0,
  splits_at_edge: 0,
  splits_unconverged: 0,
  inner_accuracy: []
}

function scored(fit: FitOfScores): Scores {
  const predictions = numbered(fit)
  const { labels, folds, seeds, oneSided } = predictions
  const runs = countsOf(predictions)
  const perSeed = Array.from({ length: seeds }, (_, seed) => seedScores(predictions, runs, seed))
  const mean = (of: (scores: SeedScores) => number) => orNull(meanOfNumbers(perSeed.map(of)))
  return {
    ...examplesOf(fit, labels),
    balanced_accuracy: mean(({ accuracy }) => accuracy),
    run_accuracy: runs.map(({ hits, counts }) => balancedAccuracy(hits, counts, predictions.design)),
    plain_accuracy: mean(({ plain }) => plain),
    chance: bestConstant(perSeed, labels.length),
    ceiling: fit.source === "image" ? ceilingOf(predictions) : null,
    macro_f1: mean(({ f1 }) => f1),
    log_loss: logLossOf(predictions),
    labels,
    recalls: labels.map((_, label) => meanOfNumbers(perSeed.map(({ recalls }) => recalls[label]!))),
    folds_with_empty_cells: withEmptyCells(runs),
    small_cells: smallCells(predictions),
    one_sided: oneSided.reduce((count, is) => count + (is ? 1 : 0), 0),
    splits: fit.split_seed.length,
    splits_at_edge: fit.edge.filter((edge) => edge !== "").length,
    splits_unconverged: fit.converged.filter((has) => !has).length,
    inner_accuracy: innerAccuracies(fit, folds, seeds)
  }
}

/** What one seed and fold held out, without one-sided examples. */
interface RunCounts {
  /** [cells] right predictions, and all */
  readonly hits: Int32Array
  readonly counts: Int32Array
  /** [labels + 1] predictions by answer; the last of answers that are no label */
  readonly answers: Int32Array
}

function countsOf({
  n,
  folds,
  seeds,
  run,
  cell,
  predicted,
  oneSided,
  cells,
  labels,
  design
}: NumberedPredictions) {
  const runs = Array.from({ length: folds * seeds }, (): RunCounts => ({
    hits: new Int32Array(cells.length),
    counts: new Int32Array(cells.length),
    answers: new Int32Array(labels.length + 1)
  }))
  for (let i = 0; i < n; i++) {
    if (oneSided[i]) continue
    const { hits, counts, answers } = runs[run[i]!]!
    counts[cell[i]!]!++
    answers[predicted[i]!]!++
    if (predicted[i] === design.labelOf[cell[i]!]) hits[cell[i]!]!++
  }
  return runs
}

interface SeedScores {
  readonly accuracy: number
  readonly plain: number
  readonly f1: number
  /** [labels] NaN for a label without rows */
  readonly recalls: Float64Array
}

/** Scores of a seed's predictions, pooled over its folds; NaN if it has none. */
function seedScores(
  { folds, labels, design }: NumberedPredictions,
  runs: ReadonlyArray<RunCounts>,
  seed: number
): SeedScores {
  const own = runs.slice(seed * folds, (seed + 1) * folds)
  const hits = sumOf(own.map((run) => run.hits))
  const counts = sumOf(own.map((run) => run.counts))
  const answers = sumOf(own.map((run) => run.answers))
  const rows = sum(counts)
  const byLabel = (values: Int32Array) => {
    const totals = new Int32Array(labels.length)
    values.forEach((value, cell) => void (totals[design.labelOf[cell]!]! += value))
    return totals
  }
  return {
    accuracy: balancedAccuracy(hits, counts, design),
    plain: sum(hits) / rows,
    f1: rows === 0 ? NaN : macroF1(byLabel(hits), byLabel(counts), answers),
    recalls: labelRecalls(hits, counts, design)
  }
}

/** A constant answer recalls its own label and no other: it scores 1/labels in each seed that has rows of its label. */
function bestConstant(perSeed: ReadonlyArray<SeedScores>, labels: number): number | null {
  const scores = perSeed.map(({ recalls }) => {
    const present = Array.from(recalls, (recall) => !Number.isNaN(recall))
    const count = present.filter(Boolean).length
    return count === 0 ? null : present.map((is) => (is ? 1 / count : 0))
  })
  const constants = Array.from({ length: labels }, (_, label) =>
    meanOfNumbers(scores.map((seed) => seed?.[label] ?? NaN))
  )
  return orNull(Math.max(...constants))
}

/** Some cell that was scored elsewhere has no row there. */
function withEmptyCells(runs: ReadonlyArray<RunCounts>): number {
  const all = sumOf(runs.map(({ counts }) => counts))
  return runs.filter(({ counts }) => counts.some((count, cell) => count === 0 && all[cell]! > 0)).length
}

/** By seed, the cell of each row; −1 for those of other seeds and for one-sided ones. */
function* cellsBySeed({ n, folds, seeds, run, cell, oneSided }: NumberedPredictions) {
  const rows = Array.from({ length: seeds }, (): Array<number> => [])
  for (let i = 0; i < n; i++) if (!oneSided[i]) rows[Math.floor(run[i]! / folds)]!.push(i)
  for (const of of rows) yield { rows: of, cells: Int32Array.from(of, (i) => cell[i]!) }
}

/** Null if a prediction has no probability, as a Perceptron's. */
function logLossOf(predictions: NumberedPredictions): number | null {
  const losses: Array<number> = []
  for (const { rows, cells } of cellsBySeed(predictions)) {
    if (rows.length === 0) continue
    const logs = Float64Array.from(rows, (i) => predictions.logProbability[i]!)
    losses.push(weightedLogLoss(logs, scoreWeights(cells, predictions.design)))
  }
  return losses.some(Number.isNaN) ? null : orNull(meanOfNumbers(losses))
}

function ceilingOf(predictions: NumberedPredictions): number | null {
  const { design, image } = predictions
  const ceilings: Array<number> = []
  for (const { rows, cells } of cellsBySeed(predictions)) {
    if (rows.length === 0) continue
    const images = Int32Array.from(rows, (i) => image[i]!)
    ceilings.push(imageCeiling(images, cells, scoreWeights(cells, design), design))
  }
  return orNull(meanOfNumbers(ceilings))
}

/** Counts the examples of each label, one-sided ones included; the digest is of the sorted ids of scenes and objects. */
function examplesOf({ scene, object, label, one_sided }: FitOfScores, labels: ReadonlyArray<string>) {
  const scenes = new Map<string, number>()
  // by number, because a text per prediction takes three times as long
  const examples = new Set<number>()
  const scored = new Set<number>()
  const ids: Array<string> = []
  const counts = new Map(labels.map((name) => [name, 0]))
  for (let i = 0; i < scene.length; i++) {
    let number = scenes.get(scene[i]!)
    if (number === undefined) scenes.set(scene[i]!, (number = scenes.size))
    const before = examples.size
    // an object is an int32, from −1
    const example = number * 2 ** 32 + object[i]!
    examples.add(example)
    if (!one_sided[i]) scored.add(example)
    if (examples.size === before) continue
    ids.push(`${object[i]}/${scene[i]}`)
    counts.set(label[i]!, counts.get(label[i]!)! + 1)
  }
  return {
    examples_digest: createHash("sha256").update(JSON.stringify(ids.sort())).digest("hex"),
    n_scored: scored.size,
    label_n: [...counts.values()]
  }
}

function innerAccuracies(fit: FitOfScores, folds: number, seeds: number): Array<number> {
  const inner = Array.from({ length: folds * seeds }, () => NaN)
  fit.split_seed.forEach((seed, i) => {
    inner[seed * folds + fit.split_fold[i]!] = fit.inner_accuracy[i]!
  })
  return inner
}

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null)
const sum = (values: Int32Array): number => values.reduce((total, value) => total + value, 0)
function sumOf(lists: ReadonlyArray<Int32Array>): Int32Array {
  const total = new Int32Array(lists[0]!.length)
  for (const list of lists) list.forEach((value, i) => void (total[i]! += value))
  return total
}
