/** `aggregate`: from per-example predictions to one flat table of accuracies and measures, with intervals. */
import { defineStage, many, StageError, table } from "../../src/index.ts"
import { answerColumns, type Prediction } from "../tables/predictions.ts"
import { eachRow } from "../tables/by-item.ts"
import { type Cell, type CellName, scoreCell } from "./cells.ts"
import { measureColumns, type MeasureRow } from "./columns.ts"
import { lossesOfRow, numbers, told } from "./losses.ts"
import { measureOf, measures, type Measures, noMeasures } from "./measures.ts"
import { accuracySummary } from "./summary.ts"

const names = Object.keys(answerColumns) as ReadonlyArray<keyof typeof answerColumns>

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
      for (const cell of cellsOf(await predictions.read(...names))) {
        refuseTwice(cell, i + 1, from)
        cells.push(cell)
      }
    return cells.map((cell) => rowOf(cell, cells))
  }
})

/** A cell in two tables has no one accuracy: most likely two encoders have one name. Tables count from 1. */
function refuseTwice(cell: Cell, table: number, from: Map<string, number>): void {
  const { encoder, probe, tap, token, source, target } = cell
  const key = JSON.stringify([encoder, probe, tap, token, source, target])
  const before = from.get(key)
  if (before !== undefined)
    throw new StageError(
      `tables ${before} and ${table} of the port "probes" both have the ${probe} probe of ${target} from ${token} (${source}) at ${tap} of encoder "${encoder}"`,
      { field: "encoder", hint: "give each node's fit-probes another `encoder`, by which the table names it" }
    )
  from.set(key, table)
}

type Columns = { readonly [K in keyof Prediction]: ReadonlyArray<Prediction[K]> }
function cellsOf(columns: Columns): ReadonlyArray<Cell> {
  const groups = new Map<string, { name: CellName; predictions: Array<Prediction> }>()
  columns.scene.forEach((_, i) => {
    const prediction = Object.fromEntries(
      names.map((name) => [name, columns[name][i]])
    ) as unknown as Prediction
    const { encoder, probe, tap, token, source, target } = prediction
    const name = { encoder, probe, tap, token, source, target }
    const key = JSON.stringify(name)
    const group = groups.get(key) ?? { name, predictions: [] }
    group.predictions.push(prediction)
    groups.set(key, group)
  })
  return [...groups.values()].map(({ name, predictions }) => scoreCell(name, predictions))
}

function rowOf(cell: Cell, cells: ReadonlyArray<Cell>): MeasureRow {
  const measure = measureOf(cell)
  return {
    encoder: cell.encoder,
    probe: cell.probe,
    tap: cell.tap,
    token: cell.token,
    source: cell.source,
    target: cell.target,
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
