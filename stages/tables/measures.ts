/** Measures: one row per probe, tap and question, with the accuracy and, for paired questions, what follows from it. */
import { column, type Row } from "../../src/index.ts"
import { questionColumns } from "./fits.ts"

const number = () => column.nullable(column.float64())
export const measureColumns = {
  ...questionColumns,
  /** the tap's block; −1 for `embed`; null for a tap outside the blocks */
  layer: column.nullable(column.int32()),
  /** how far into the network: 0 for `embed`, (layer + 1)/blocks for a block's output, 1 after the last; null if unknown */
  depth: number(),
  /** mean recall over each label's cells, then over labels, out of fold; null where the fit is undefined */
  balanced_accuracy: number(),
  /** 95 %, over seeds and folds (Nadeau and Bengio 2003) */
  low: number(),
  high: number(),
  /** the balanced accuracy of the best constant answer on these examples */
  chance: number(),
  /** the best balanced accuracy of any function of the image, for image-level tokens; else null */
  ceiling: number(),
  plain_accuracy: number(),
  macro_f1: number(),
  log_loss: number(),
  /** number of examples, and of those that scores count: held out in some split, and not always one-sided */
  n: column.int32(),
  n_scored: column.int32(),
  /** number of images in the examples: the unit of folds and intervals */
  images: column.int32(),
  classes: column.int32(),
  /** K and S of the settings */
  folds: column.int32(),
  seeds: column.int32(),
  /** (seed, fold) pairs in which some cell had no example */
  folds_with_empty_cells: column.int32(),
  small_cells: column.nullable(column.utf8()),
  /** predictions left out because their secondary occurs with one primary only in the training rows */
  one_sided: column.int32(),
  splits_at_edge: column.int32(),
  splits_unconverged: column.int32(),
  /** whether all encoders were asked this about the same examples; null if there is one encoder */
  same_examples: column.nullable(column.bool()),
  /** A_pp, A_ps, A_sp, A_ss, A_bg …, for questions of a pair (see `questions`) */
  measure: column.nullable(column.utf8()),
  // the M1 columns are filled in rows of A_ss, the M2 and entanglement columns in rows of A_sp
  m1: number(),
  m1_low: number(),
  m1_high: number(),
  m1_corrected: number(),
  m1_corrected_low: number(),
  m1_corrected_high: number(),
  m2: number(),
  m2_low: number(),
  m2_high: number(),
  m2_corrected: number(),
  m2_corrected_low: number(),
  m2_corrected_high: number(),
  /** A_bg, and A_sp − A_bg over the same scenes, folds and numbers of patches */
  a_bg: number(),
  entanglement: number(),
  entanglement_low: number(),
  entanglement_high: number(),
  /** the examples of both sides */
  entanglement_n: column.nullable(column.int32()),
  /** the same with background patches as far from the primary as the secondary's */
  a_near: number(),
  entanglement_near: number(),
  entanglement_near_low: number(),
  entanglement_near_high: number(),
  entanglement_near_n: column.nullable(column.int32()),
  /** in rows of A_ps: A_bs, and A_ps − A_bs */
  a_bs: number(),
  reverse_entanglement: number(),
  reverse_entanglement_low: number(),
  reverse_entanglement_high: number(),
  reverse_entanglement_n: column.nullable(column.int32()),
  embed_floor: number()
}
export type MeasureRow = Row<typeof measureColumns>
