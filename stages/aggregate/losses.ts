/** Reports values missing from the table of measures, and why; and signs that something is wrong. */
import type { Loss } from "../../src/index.ts"
import { fitId } from "../tables/fits.ts"
import { type BackgroundComparison, comparedTokens, comparisons, sidesOf } from "../tables/questions.ts"
import { type Cell, CellIndex } from "./cells.ts"
import { leastLimit, measuresOf, published, sidesAt } from "./measures.ts"

/** Values that may be undefined; a count of 0 in case none is given. */
const values = [
  "accuracies",
  "intervals",
  "values of M2",
  "values of corrected M2",
  "differences to the background"
]

/** @param isSame whether all encoders were asked a cell's question about the same examples */
export function* aggregateLosses(
  cells: ReadonlyArray<Cell>,
  isSame: (cell: Cell) => boolean | null
): Generator<Loss> {
  for (const what of values) yield { what, reason: null, count: 0 }
  const index = new CellIndex(cells)
  const differing = new Set<string>()
  for (const cell of cells) {
    const examples = [nameOf(cell)]
    yield* accuracyLosses(cell, examples)
    if (cell.measure === "A_sp") yield* ratioLosses(cell, index, examples)
    for (const comparison of comparisons) yield* comparisonLosses(comparison, cell, index, examples)
    if (isAboveOwn(cell, index))
      yield { what: "values of A_ps above A_ss", reason: "a sign of a wrong grid", examples }
    if (isSame(cell) === false) differing.add(questionText(cell))
  }
  for (const question of differing)
    yield {
      what: "questions",
      reason: "asked of encoders about different examples: their accuracies cannot be compared",
      examples: [question]
    }
}

function* accuracyLosses(cell: Cell, examples: ReadonlyArray<string>): Generator<Loss> {
  const isScored = cell.balanced_accuracy !== null
  yield {
    what: "accuracies",
    reason: isScored ? null : (cell.undefined_because ?? "all predictions are one-sided"),
    examples
  }
  if (!isScored) return
  yield {
    what: "intervals",
    reason: cell.low !== null ? null : "some fold has no example",
    examples
  }
  if (cell.folds_with_empty_cells > 0)
    yield {
      what: "fits with a fold that lacks a cell",
      reason: "the accuracy of that fold, used for the interval, is over the other cells",
      examples
    }
}

function* ratioLosses(sp: Cell, index: CellIndex, examples: ReadonlyArray<string>): Generator<Loss> {
  const { m2 = null, m2_corrected = null } = measuresOf(sp, index)
  const pp = index.beside(sp, { source: "primary" })
  const isUnclear = pp?.low != null && pp.low < leastLimit
  const why = isUnclear
    ? "the lower limit of A_pp is under .6"
    : sp.balanced_accuracy === null || pp?.balanced_accuracy == null
      ? "A_pp or A_sp is undefined"
      : pp.low === null
        ? "A_pp has no interval"
        : "A_pp and A_sp were not scored on the same folds or labels"
  yield { what: "values of M2", reason: m2 === null ? why : null, examples }
  yield { what: "values of corrected M2", reason: m2_corrected === null ? why : null, examples }
}

const measureWith: Readonly<Record<BackgroundComparison, string>> = {
  background: "A_sp",
  near: "A_sp",
  reverse: "A_ps"
}

function* comparisonLosses(
  comparison: BackgroundComparison,
  cell: Cell,
  index: CellIndex,
  examples: ReadonlyArray<string>
): Generator<Loss> {
  if (cell.measure !== measureWith[comparison]) return
  const sides = sidesAt(comparison, cell, index)
  if (sides === undefined) return
  const { objectMeasure, backgroundMeasure } = sidesOf[comparison]
  yield {
    what: "differences to the background",
    reason: sides.areAlike
      ? null
      : `${objectMeasure} and ${backgroundMeasure} are of different examples: not like with like`,
    examples
  }
}

/**
 * Whether the primary's tokens know the secondary better than its own tokens do, and better than chance: masks must be
 * misplaced. `random` tokens are any patch of the image on both sides.
 */
function isAboveOwn(ps: Cell, index: CellIndex): boolean {
  if (ps.measure !== "A_ps" || ps.selection !== published) return false
  if (!comparedTokens.some((token) => token === ps.token)) return false
  const ss = index.beside(ps, { source: "secondary" })
  if (ps.balanced_accuracy === null || ss?.balanced_accuracy == null) return false
  const isChance = ps.low !== null && ps.chance !== null && ps.low <= ps.chance
  return !isChance && ps.balanced_accuracy > ss.balanced_accuracy
}

const nameOf = (cell: Cell) => `${cell.encoder}: ${fitId(cell)}`
const questionText = ({ probe, selection, token, source, task, target }: Cell) =>
  [probe, selection, token, source, ...(task === null ? [] : [task]), target].join("/")
