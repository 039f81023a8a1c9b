/** `aggregate`: turns per-example predictions into one flat table of accuracies and measures with intervals. */
import { defineStage, many, StageError, table } from "../../src/index.ts"
import { measureColumns, type MeasureRow } from "../tables/measures.ts"
import {
  answerColumns,
  type Prediction,
  questionKey,
  questionNameOf,
  readPredictions
} from "../tables/predictions.ts"
import { eachRow } from "../tables/readers.ts"
import { type Cell, scoreCell } from "./cells.ts"
import { lossesOfRow, numbers, told } from "./losses.ts"
import { measureOf, measures, type Measures, noMeasures } from "./measures.ts"
import { accuracySummary } from "./summary.ts"

export const aggregate = defineStage.whole("aggregate", {
  doc: "balanced accuracies with intervals, and for paired scenes A_pp, A_ps, A_sp, A_ss, M1 and M2",
  inputs: { probes: many(answerColumns) },
  output: table(measureColumns),
  summary: (rows) => accuracySummary(rows),
  losses: async function* ({ output }) {
    for (const what of numbers) yield { what, reason: null, count: 0 }
    for await (const row of eachRow(output, ...told)) yield* lossesOfRow(row)
  },
  compute: async ({ probes }) => {
    const cells: Array<Cell> = []
    const from = new Map<string, number>()
    for (const [i, predictions] of probes.entries())
      for (const cell of cellsOf(await readPredictions(predictions))) {
        refuseTwice(cell, i + 1, from)
        cells.push(cell)
      }
    return cells.map((cell) => rowOf(cell, cells))
  }
})

/** Refuses a cell that occurs in two tables: most likely two encoders share a name. Table numbers start at 1. */
function refuseTwice(cell: Cell, table: number, from: Map<string, number>): void {
  const { encoder, probe, tap, token, source, target } = cell
  const key = questionKey(cell)
  const before = from.get(key)
  if (before !== undefined)
    throw new StageError(
      `tables ${before} and ${table} of the port "probes" both have the ${probe} probe of ${target} from ${token} (${source}) at ${tap} of encoder "${encoder}"`,
      { field: "encoder", hint: "give each fit-probes node its own `encoder` name" }
    )
  from.set(key, table)
}

function cellsOf(predictions: ReadonlyArray<Prediction>): ReadonlyArray<Cell> {
  const groups = new Map<string, Array<Prediction>>()
  for (const prediction of predictions) {
    const key = questionKey(prediction)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [prediction])
    else group.push(prediction)
  }
  return [...groups.values()].map((group) => scoreCell(questionNameOf(group[0]!), group))
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
