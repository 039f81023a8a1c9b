/**
 * Support: for each encoder and each object or pair, whether it has tokens, and if not, why. One row per (encoder, selection, task,
 * scene, object). Rows belong to no item.
 */
import { column, type Row } from "../../src/index.ts"

export const supportColumns = {
  encoder: column.utf8(),
  /** how masks became patches; null for imported activations, which do not say */
  selection: column.nullable(column.utf8()),
  /** null for single objects */
  task: column.nullable(column.utf8()),
  scene: column.utf8(),
  /** −1 (`noObject`) for a task: the row is about both objects of the pair */
  object: column.int32(),
  /** why the encoder cannot be asked; null if it can */
  reason: column.nullable(column.utf8()),
  /** comparisons with the background (see `questions`) for which it has no tokens here, though it has some elsewhere */
  lacks: column.list(column.utf8())
}
export type SupportRow = Row<typeof supportColumns>

/** Who is asked, in messages: the encoder, and in parentheses the selection, if there is one. */
export const askedName = ({ encoder, selection }: Pick<SupportRow, "encoder" | "selection">): string =>
  selection === null ? encoder : `${encoder} (${selection})`
