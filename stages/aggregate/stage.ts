/** `aggregate`: turns per-example predictions into one flat table of accuracies and measures with intervals. */
import { defineStage, many, StageError, table } from "../../src/index.ts"
import {
  undefinedBecause,
  fitId,
  lacksExamples,
  questionNameOf,
  type ScoredFit,
  scoredColumns
} from "../tables/fits.ts"
import { measureColumns, type MeasureRow } from "../tables/measures.ts"
import { eachRow } from "../tables/readers.ts"
import { type Cell, cellOf } from "./cells.ts"
import { lossesOfRow, numbers, told } from "./losses.ts"
import { measureOf, measures, type Measures, noMeasures } from "./measures.ts"
import { accuracySummary } from "./summary.ts"

export const aggregate = defineStage.whole("aggregate", {
  doc: "balanced accuracies with intervals, and for paired scenes A_pp, A_ps, A_sp, A_ss, M1 and M2",
  inputs: { probes: many(scoredColumns) },
  output: table(measureColumns),
  summary: (rows) => accuracySummary(rows),
  losses: async function* ({ output }) {
    for (const what of numbers) yield { what, reason: null, count: 0 }
    for await (const row of eachRow(output, ...told)) yield* lossesOfRow(row)
  },
  compute: async ({ probes }) => {
    const cells: Array<Cell> = []
    const left: Array<ScoredFit> = []
    const from = new Map<string, number>()
    for (const [i, fits] of probes.entries())
      for await (const fit of eachRow(fits, ...columns)) {
        refuseTwice(fit, i + 1, from)
        // fit-probes reports the fits that lack examples
        if (lacksExamples(fit)) left.push(fit)
        else cells.push(cellOf(fit))
      }
    if (cells.length === 0 && left.length > 0) throw noFit(left)
    return cells.map((cell) => rowOf(cell, cells))
  }
})
const columns = Object.keys(scoredColumns) as ReadonlyArray<keyof typeof scoredColumns>

/** Refuses a fit that occurs in two tables: most likely two encoders share a name. Table numbers start at 1. */
function refuseTwice(fit: ScoredFit, table: number, from: Map<string, number>): void {
  const { encoder, probe, tap, token, source, target } = fit
  const key = JSON.stringify([encoder, fitId(fit)])
  const before = from.get(key)
  if (before === table)
    throw new StageError(`table ${table} of the port "probes" has two fits ${fitId(fit)}`, {
      hint: "list each fit once"
    })
  if (before !== undefined)
    throw new StageError(
      `tables ${before} and ${table} of the port "probes" both have the ${probe} probe of ${target} from ${token} (${source}) at ${tap} of encoder "${encoder}"`,
      { field: "encoder", hint: "give each fit-probes node its own `encoder` name" }
    )
  from.set(key, table)
}

/** The error if all fits lack examples: it tells how many the largest has. */
function noFit(fits: ReadonlyArray<ScoredFit>): StageError {
  const most = (of: "n" | "classes" | "images") => fits.reduce((a, fit) => Math.max(a, fit[of]), 0)
  const [n, classes] = [most("n"), most("classes")]
  const [first] = fits
  if (fits.every((fit) => fit.undefined_because === undefinedBecause.untargeted))
    return new StageError(`no example asks about what the fits predict, such as "${first!.target}"`, {
      hint: "give list-fits and choose-examples the same `question`"
    })
  if (fits.every((fit) => fit.undefined_because === undefinedBecause.tokenless))
    return new StageError(
      `no activation has a token of the fits, such as "${first!.token}" (${first!.source})`,
      {
        hint: "list-fits takes the names of tokens and sources that the activations have"
      }
    )
  return new StageError(
    `too few objects for any probe: at most ${n} examples of ${classes} ${classes === 1 ? "class" : "classes"} in ${most("images")} images are left; a probe needs 2 classes, and 4 images per fold`,
    {
      hint:
        n === 0
          ? 'no examples are left: the run\'s report and the table of examples list what was left out and why; if the reason is "too few", lower `minimum` or sample more scenes'
          : "sample more scenes, lower `minimum`, or use fewer `folds`; masks and activations are kept, and the table of examples lists what was left out and why"
    }
  )
}

function rowOf(cell: Cell, cells: ReadonlyArray<Cell>): MeasureRow {
  const measure = measureOf(cell)
  return {
    ...questionNameOf(cell),
    balanced_accuracy: cell.accuracy,
    low: cell.low,
    high: cell.high,
    chance: cell.chance,
    n: cell.n,
    images: cell.images,
    classes: cell.classes,
    folds_with_empty_cells: cell.foldsWithEmptyCells,
    measure,
    ...noMeasures,
    ...measuresOf(cell, measure, cells)
  }
}

function measuresOf(cell: Cell, measure: string | null, cells: ReadonlyArray<Cell>): Partial<Measures> {
  if (measure !== "A_ss" && measure !== "A_sp") return {}
  const beside = (other: Cell, tap = cell.tap) =>
    other.encoder === cell.encoder && other.probe === cell.probe && other.tap === tap
  const same = cells.filter((other) => beside(other) && other.token === cell.token)
  const of = new Map(same.map((other) => [measureOf(other) ?? "", other]))
  const background = cells.find((other) => beside(other) && measureOf(other) === "A_bg")
  const floor = cells.find(
    (other) => beside(other, "embed") && other.token === cell.token && measureOf(other) === "A_sp"
  )
  const { m1, m2 } = measures(of, background, floor)
  return measure === "A_ss" ? m1 : m2
}
