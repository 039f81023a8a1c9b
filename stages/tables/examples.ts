/** Examples: one row per object or scene that probes are asked about, with the right answer. Rows belong to no item. */
import { column, type Row } from "../../src/index.ts"
import { readRows, type ReadableColumns } from "./readers.ts"

export const exampleColumns = {
  /** the encoder and the selection that are asked; null where all are asked the same */
  encoder: column.nullable(column.utf8()),
  selection: column.nullable(column.utf8()),
  scene: column.utf8(),
  /** the scene's: folds and counts go by group */
  image_group: column.utf8(),
  /**
   * the object's index in the scene; objects that the source left out continue the numbering; −1 (`noObject`): the
   * question is about the scene itself
   */
  object: column.int32(),
  /** the paired task, or the category of a question about presence; null for `category` */
  task: column.nullable(column.utf8()),
  /** the question: `category`, `primary`, `secondary`, `presence` */
  target: column.utf8(),
  /** the right answer */
  label: column.utf8(),
  /** all cells weigh the same: the label, or primary × secondary */
  cell: column.utf8(),
  /** null for examples that are kept */
  left_out: column.nullable(column.utf8()),
  /** comparisons with the background (see `questions`) in which the example has no part, because an encoder lacks tokens */
  lacks: column.list(column.utf8())
}
export type Example = Row<typeof exampleColumns>

/** All rows of a table, kept or left out, in order. */
export const readExamples = (table: ReadableColumns<Example>): Promise<ReadonlyArray<Example>> =>
  readRows(table, exampleColumns)
