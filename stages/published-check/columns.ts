/** One row per published accuracy that a run has too. Rows belong to no item. */
import { column, type Row } from "../../src/index.ts"

export const publishedCheckColumns = {
  encoder: column.utf8(),
  tap: column.utf8(),
  layer: column.nullable(column.int32()),
  token: column.utf8(),
  source: column.utf8(),
  task: column.nullable(column.utf8()),
  target: column.utf8(),
  measure: column.nullable(column.utf8()),
  published: column.float64(),
  published_n: column.int32(),
  /** mean over the runs */
  own: column.float64(),
  own_n: column.int32(),
  /** runs that differ in the probe's random_state alone */
  runs: column.int32(),
  /** published − own, each with one right answer and one wrong one more (Agresti and Caffo 2000) */
  difference: column.float64(),
  /** standard deviation between probe seeds, pooled over the taps of a question; null with one run */
  probe_seed_sd: column.nullable(column.float64()),
  /** of the difference: binomial on both sides, and the probe's seed on both */
  standard_error: column.float64(),
  /** whether 0 is outside the difference's 95 % */
  is_outside: column.bool()
}
export type PublishedCheck = Row<typeof publishedCheckColumns>
