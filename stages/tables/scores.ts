/** Scores: one row per fit, computed from its predictions. The item is the fit. */
import { column, type Row } from "../../src/index.ts"
import { describedFitColumns } from "./fits.ts"

const number = () => column.nullable(column.float64())
export const scoreColumns = {
  ...describedFitColumns,
  /** digest of the examples (scenes and objects): equal for fits that were asked about the same ones; null if undefined */
  examples_digest: column.nullable(column.utf8()),
  /** number of examples that scores count: held out in some split, and not always one-sided */
  n_scored: column.int32(),
  /** balanced accuracy: mean recall over each label's cells, then over labels; pooled over folds, mean over seeds */
  balanced_accuracy: number(),
  /** [seeds × folds] the same for each seed and fold, in order; NaN if no example was held out there */
  run_accuracy: column.list(column.float64()),
  /** share of correct predictions, mean over seeds */
  plain_accuracy: number(),
  /** the balanced accuracy of the best constant answer on these examples */
  chance: number(),
  /** the best balanced accuracy of any function of the image, for tokens that stand for the whole image; else null */
  ceiling: number(),
  /** mean over the labels of the F1 score, zero_division 0; mean over seeds */
  macro_f1: number(),
  /** mean of −ln p of the right label, each cell weighing the same; null for a Perceptron */
  log_loss: number(),
  /** labels by code point, and for each the recall (mean over its cells, pooled, mean over seeds) and its examples */
  labels: column.list(column.utf8()),
  recalls: column.list(column.float64()),
  label_n: column.list(column.int32()),
  /** (seed, fold) pairs in which some cell had no example */
  folds_with_empty_cells: column.int32(),
  /** cells with fewer images than folds, and the folds that they lack; null if there are none */
  small_cells: column.nullable(column.utf8()),
  /** predictions left out because their secondary occurs with one primary only in the training rows */
  one_sided: column.int32(),
  /** splits, and those whose C lies at an end of the grid or whose fit did not converge */
  splits: column.int32(),
  splits_at_edge: column.int32(),
  splits_unconverged: column.int32(),
  /** [seeds × folds] balanced accuracy over the inner folds at the chosen C; NaN if it was not computed */
  inner_accuracy: column.list(column.float64())
}
export type Score = Row<typeof scoreColumns>
