/**
 * Plain accuracies: one row per probe, tap and question, as arXiv 2406.09067 reports them. Columns that measures have too
 * are named as there. Rows belong to no item.
 */
import { column, type Row } from "../../src/index.ts"
import { questionColumns } from "./fits.ts"

/** The procedure in every such row: one split, plain accuracy, probes on raw features. */
export const asPublished = "as published"

export const plainAccuracyColumns = {
  /** `as published`: not to be read as a mended measure */
  procedure: column.utf8(),
  ...questionColumns,
  /** the tap's block, from 0; null for a tap outside the blocks */
  layer: column.nullable(column.int32()),
  /** A_pp, A_ps, A_sp, A_ss; null for other questions */
  measure: column.nullable(column.utf8()),
  /** the share of correct predictions; null where the fit is undefined */
  plain_accuracy: column.nullable(column.float64()),
  /** 95 %, binomial (Wilson 1927): it knows the test images alone, not other splits, draws or probe seeds */
  low: column.nullable(column.float64()),
  high: column.nullable(column.float64()),
  /** predictions: test images, as often as the split was drawn */
  n_scored: column.int32(),
  classes: column.int32()
}
export type PlainAccuracy = Row<typeof plainAccuracyColumns>
