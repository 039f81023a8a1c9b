/** Measures: one row per probe, tap and question, with the accuracy and, for paired questions, what follows from it. */
import { column, type Row } from "../../src/index.ts"
import { questionColumns } from "./fits.ts"

const number = () => column.nullable(column.float64())
export const measureColumns = {
  ...questionColumns,
  /** mean recall over the design's cells, out of fold; null where the probe is undefined */
  balanced_accuracy: number(),
  /** 95 %, over seeds and folds (Nadeau and Bengio 2003) */
  low: number(),
  high: number(),
  /** accuracy of guessing: 1 / classes */
  chance: column.float64(),
  /** number of examples */
  n: column.int32(),
  /** number of images in the examples: the unit of folds and intervals */
  images: column.int32(),
  classes: column.int32(),
  /** (seed, fold) pairs in which some cell had no example */
  folds_with_empty_cells: column.int32(),
  /** A_pp, A_ps, A_sp, A_ss or A_bg, for questions of a pair */
  measure: column.nullable(column.utf8()),
  // the M1 columns are filled in rows of A_ss, the M2 columns in rows of A_sp
  m1: number(),
  m1_low: number(),
  m1_high: number(),
  m1_corrected: number(),
  m2: number(),
  m2_low: number(),
  m2_high: number(),
  m2_corrected: number(),
  m2_corrected_low: number(),
  m2_corrected_high: number(),
  a_bg: number(),
  entanglement: number(),
  entanglement_low: number(),
  entanglement_high: number(),
  embed_floor: number()
}
export type MeasureRow = Row<typeof measureColumns>
