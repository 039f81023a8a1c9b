/**
 * The measures of pairs: M1, M2, and what they hide.
 *
 * A_xy is the accuracy of target y from the tokens of object x: A_pp, A_ps, A_sp, A_ss. M1 = A_ss; M2 = A_sp/A_pp, a
 * ratio of means (arXiv 2406.09067). M2 alone does not show mixing, because A_sp includes what any token of the image
 * knows. Therefore A_sp is compared with the same question from background tokens, like with like (`sidesOf`), and with
 * its own value at `embed`.
 */
import { ratioInterval } from "../statistics/intervals.ts"
import { meanOfNumbers } from "../statistics/scores.ts"
import type { MeasureRow } from "../tables/measures.ts"
import { type BackgroundComparison, sidesOf } from "../tables/questions.ts"
import { type Cell, type CellIndex, intervalOf, isComplete } from "./cells.ts"

/** M2 means nothing where A_pp's lower limit is under this: both accuracies are then near chance. */
export const leastLimit = 0.6
/** The selection that repeats the published procedure, in which M2 is given whatever A_pp is. */
export const published = "as-published"

/** The columns that hold measures of pairs. */
type MeasureName = Extract<
  keyof MeasureRow,
  `${"m1" | "m2" | "a_" | "entanglement" | "reverse_" | "embed_"}${string}`
>
export type Measures = Pick<MeasureRow, MeasureName>

/** The measures in a cell's row: M1 in rows of A_ss, M2 and what belongs to it in rows of A_sp, the reverse in rows of A_ps. */
export function measuresOf(cell: Cell, index: CellIndex): Partial<Measures> {
  // the image's tokens stand for both objects: their answers about the secondary are an A_ss
  if (cell.measure === "A_ss") return m1Of(cell)
  if (cell.measure === "A_ps") return comparedOf("reverse", cell, index)
  if (cell.measure !== "A_sp") return {}
  return {
    ...m2Of(cell, index.beside(cell, { source: "primary" })),
    ...comparedOf("background", cell, index),
    ...comparedOf("near", cell, index),
    embed_floor: index.beside(cell, { tap: "embed" })?.balanced_accuracy ?? null
  }
}

function m1Of({ balanced_accuracy: accuracy, low, high, chance }: Cell): Partial<Measures> {
  const corrected = (value: number | null) =>
    value === null || chance === null || chance === 1 ? null : (value - chance) / (1 - chance)
  return {
    m1: accuracy,
    m1_low: low,
    m1_high: high,
    m1_corrected: corrected(accuracy),
    m1_corrected_low: corrected(low),
    m1_corrected_high: corrected(high)
  }
}

function m2Of(sp: Cell, pp: Cell | undefined): Partial<Measures> {
  if (sp.balanced_accuracy === null || pp?.balanced_accuracy == null) return {}
  const isClear = pp.low !== null && pp.low >= leastLimit
  const plain = isClear || sp.selection === published ? ratioOf(sp, pp, 0) : null
  // with another number of labels left on one side, their chances differ, and no one chance can be taken off both
  const corrected =
    isClear && sp.chance !== null && sp.chance === pp.chance ? ratioOf(sp, pp, sp.chance) : null
  return {
    m2: plain?.estimate ?? null,
    m2_low: plain?.lower ?? null,
    m2_high: plain?.upper ?? null,
    m2_corrected: corrected?.estimate ?? null,
    m2_corrected_low: corrected?.lower ?? null,
    m2_corrected_high: corrected?.upper ?? null
  }
}

interface Estimate {
  readonly estimate: number
  readonly lower: number | null
  readonly upper: number | null
}

/** (mean A_sp − c)/(mean A_pp − c) over the seeds and folds of both; without an interval if some have no value. */
function ratioOf(sp: Cell, pp: Cell, chance: number): Estimate | null {
  const { folds, run_accuracy: above } = sp
  const below = pp.run_accuracy
  if (folds !== pp.folds || above.length !== below.length) return null
  if (isComplete(above, folds) && isComplete(below, folds)) {
    const ratio = ratioInterval(above, below, { folds, chance, minimum: -Infinity })
    return ratio.undefined ? null : ratio
  }
  const [a, b] = meansOfBoth(above, below)
  const estimate = (a - chance) / (b - chance)
  return Number.isFinite(estimate) ? { estimate, lower: null, upper: null } : null
}

/** The columns of each comparison. */
const columnsOf = {
  background: ["a_bg", "entanglement"],
  near: ["a_near", "entanglement_near"],
  reverse: ["a_bs", "reverse_entanglement"]
} as const

/** Both sides of a comparison at a cell's tap; undefined if one is missing or undefined. */
export function sidesAt(comparison: BackgroundComparison, cell: Cell, index: CellIndex) {
  const { object, background, target } = sidesOf[comparison]
  const [ours, theirs] = [object, background].map((source) => index.beside(cell, { source, target }))
  if (ours?.balanced_accuracy == null || theirs?.balanced_accuracy == null) return undefined
  const areAlike =
    ours.examples_digest === theirs.examples_digest &&
    ours.folds === theirs.folds &&
    ours.run_accuracy.length === theirs.run_accuracy.length
  return { ours, theirs, areAlike }
}

/**
 * The background's accuracy and the difference to it, paired by seed and fold: two fits on the same scenes and folds,
 * with as many patches. Null if the two were not asked about the same examples: then it is not like with like.
 */
function comparedOf(comparison: BackgroundComparison, cell: Cell, index: CellIndex): Partial<Measures> {
  const sides = sidesAt(comparison, cell, index)
  if (sides === undefined || !sides.areAlike) return {}
  const { ours, theirs } = sides
  const [a, b] = meansOfBoth(ours.run_accuracy, theirs.run_accuracy)
  const differences = ours.run_accuracy.map((value, run) => value - theirs.run_accuracy[run]!)
  const interval = intervalOf(differences, ours.folds)
  const [background, difference] = columnsOf[comparison]
  return {
    [background]: theirs.balanced_accuracy,
    [difference]: Number.isFinite(a - b) ? a - b : null,
    [`${difference}_low`]: interval?.lower ?? null,
    [`${difference}_high`]: interval?.upper ?? null,
    [`${difference}_n`]: ours.n_scored
  }
}

/** The means over the seeds and folds in which both have a value. */
function meansOfBoth(a: ReadonlyArray<number>, b: ReadonlyArray<number>): readonly [number, number] {
  const isBoth = (run: number) => !Number.isNaN(a[run]! + b[run]!)
  const mean = (of: ReadonlyArray<number>) =>
    meanOfNumbers(of.map((value, run) => (isBoth(run) ? value : NaN)))
  return [mean(a), mean(b)]
}
