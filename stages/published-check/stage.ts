/**
 * `published-check`: puts each published accuracy beside a run's own. Of 100 that differ by chance alone, 5 lie outside
 * 95 %.
 */
import { defineStage, many, table, whole } from "../../src/index.ts"
import { plainAccuracyColumns } from "../tables/plain-accuracies.ts"
import { readRows } from "../tables/readers.ts"
import { publishedCheckColumns } from "./columns.ts"
import { checkCells, isDefined, keyOfCell } from "./check-cells.ts"
import { checkSummary } from "./summary.ts"

export const publishedCheck = defineStage.whole("published-check", {
  doc: "each published accuracy beside a run's own, with binomial and probe-seed error, and how many of 100 lie outside 95 %",
  inputs: {
    published: whole(plainAccuracyColumns),
    runs: many(plainAccuracyColumns)
  },
  output: table(publishedCheckColumns),
  rowKey: ["encoder", "tap", "token", "source", "task", "target"],
  summary: checkSummary,
  losses: async function* ({ output, inputs }) {
    const compared = new Set((await readRows(output, publishedCheckColumns)).map(keyOfCell))
    const own = (await Promise.all(inputs.runs.map((run) => readRows(run, plainAccuracyColumns)))).flat()
    const encoders = new Set(own.map(({ encoder }) => encoder))
    const targets = new Set(own.map(({ target }) => target))
    yield { what: "published accuracies", reason: null, count: 0, verb: "compared" }
    for (const cell of await readRows(inputs.published, plainAccuracyColumns)) {
      const reason = compared.has(keyOfCell(cell))
        ? null
        : !encoders.has(cell.encoder)
          ? "their encoder was not run"
          : !targets.has(cell.target)
            ? "their target was not asked"
            : "the run has no such fit, or not in every run"
      const examples = [
        `${cell.encoder}: ${cell.tap}/${cell.token}/${cell.source}/${cell.task}/${cell.target}`
      ]
      yield { what: "published accuracies", reason, ...(reason === null ? {} : { examples }) }
    }
  },
  compute: async ({ published, runs }) =>
    checkCells(
      (await readRows(published, plainAccuracyColumns)).filter(isDefined),
      await Promise.all(runs.map((run) => readRows(run, plainAccuracyColumns)))
    )
})
