/** `aggregate`: turns scores into one flat table of accuracies and measures with intervals. */
import { defineStage, many, type Table, table } from "../../src/index.ts"
import { lacksExamples } from "../tables/fits.ts"
import { measureColumns } from "../tables/measures.ts"
import { eachRow, readRows } from "../tables/readers.ts"
import { type Score, scoreColumns } from "../tables/scores.ts"
import { type Cell, CellIndex, cellOf } from "./cells.ts"
import { measureThresholds } from "../verdicts/margins.ts"
import { compareMeasures } from "./compare.ts"
import { measureFigures } from "./charts.ts"
import { aggregateLosses } from "./losses.ts"
import { measureRow } from "./measure-row.ts"
import { noFit, TableCheck } from "./refusals.ts"
import { sameExamples } from "./same-examples.ts"
import { accuracySummary } from "./summary.ts"

export const aggregate = defineStage.whole("aggregate", {
  doc: "balanced accuracies with intervals, and for pairs A_pp, A_ps, A_sp, A_ss, M1, M2 and entanglement",
  inputs: { scores: many(scoreColumns) },
  output: table(measureColumns),
  rowKey: ["encoder", "probe", "selection", "tap", "token", "source", "task", "target"],
  summary: (rows) => accuracySummary(rows),
  losses: async ({ inputs }) => {
    const scores = await readScores(inputs.scores)
    return aggregateLosses(cellsOf(scores), sameExamples(scores))
  },
  compare: {
    thresholds: measureThresholds,
    artifacts: async (a, b, thresholds) => {
      const [ours, theirs] = [await readScores(a.inputs.scores), await readScores(b.inputs.scores)]
      return compareMeasures(cellsOf(ours), cellsOf(theirs), thresholds)
    }
  },
  figures: async ({ output }) => measureFigures(await readRows(output, measureColumns)),
  compute: async (inputs) => {
    const scores = await readScores(inputs.scores)
    const cells = cellsOf(scores)
    if (cells.length === 0 && scores.length > 0) throw noFit(scores)
    const index = new CellIndex(cells)
    const isSame = sameExamples(scores)
    return cells.map((cell) => measureRow(cell, index, isSame(cell)))
  }
})

async function readScores(
  tables: ReadonlyArray<Pick<Table<typeof scoreColumns>, "batches">>
): Promise<ReadonlyArray<Score>> {
  const scores: Array<Score> = []
  const check = new TableCheck()
  for (const [i, one] of tables.entries())
    for await (const score of eachRow(one, ...columns)) {
      check.add(score, i)
      scores.push(score)
    }
  return scores
}
const columns = Object.keys(scoreColumns) as ReadonlyArray<keyof typeof scoreColumns>

/** `fit-probes` reports the fits that lack examples. */
const cellsOf = (scores: ReadonlyArray<Score>): ReadonlyArray<Cell> =>
  scores.filter((score) => !lacksExamples(score)).map(cellOf)
