/**
 * `paper-measures`: M1 and M2 of each encoder as arXiv 2406.09067 computes them: plain accuracies, means over tasks, at
 * the tap with the best *test* A_ss. They are for comparison with the paper; the choice alone makes A_ss too high.
 */
import { column, defineStage, param, table, whole } from "../../src/index.ts"
import { asPublished, plainAccuracyColumns } from "../tables/plain-accuracies.ts"
import { readRows } from "../tables/readers.ts"
import { bestOnTest } from "./best-on-test.ts"
import { paperSummary } from "./summary.ts"

const number = () => column.nullable(column.float64())
export const paperMeasureColumns = {
  procedure: column.utf8(),
  encoder: column.utf8(),
  encoder_digest: column.nullable(column.utf8()),
  probe: column.utf8(),
  selection: column.utf8(),
  token: column.utf8(),
  /** the tap with the best mean A_ss over tasks, on the test images themselves; the first of equals */
  tap: column.utf8(),
  layer: column.nullable(column.int32()),
  /** how many taps it was chosen from, and how many tasks the means are over */
  taps: column.int32(),
  tasks: column.int32(),
  /** A_ss, and its 95 % binomial interval: of test images alone, without the choice of tap */
  m1: column.float64(),
  m1_low: column.float64(),
  m1_high: column.float64(),
  a_pp: number(),
  a_sp: number(),
  /** A_sp / A_pp, a ratio of means; its interval takes both as independent, which is wider */
  m2: number(),
  m2_low: number(),
  m2_high: number(),
  a_ps: number(),
  /** half the width of a binomial 95 % interval of a_pp, a_sp and a_ps */
  a_pp_half: number(),
  a_sp_half: number(),
  a_ps_half: number()
}

export const paperMeasures = defineStage.whole("paper-measures", {
  doc: "M1 and M2 as the paper computes them: plain accuracies, mean over tasks, at the tap with the best test A_ss",
  inputs: { accuracies: whole(plainAccuracyColumns) },
  params: {
    token: param.text({ default: "avg_obj" })
  },
  output: table(paperMeasureColumns),
  rowKey: ["encoder", "probe", "selection", "token"],
  summary: (rows) => paperSummary(rows),
  compute: async ({ accuracies }, { token }) => {
    const rows = await readRows(accuracies, plainAccuracyColumns)
    return bestOnTest(rows, token).map((line) => ({ procedure: asPublished, ...line }))
  }
})
