/** Examples: a row is an object or a scene that probes are asked about, with the right answer. It belongs to no item. */
import { column, type Row } from "../../src/index.ts"
import { readRows, type ReadableColumns } from "./readers.ts"

export const exampleColumns = {
  scene: column.utf8(),
  /** as the scene has it: folds and counts are of groups */
  image_group: column.utf8(),
  /** the object's index in the scene, on from the last for what its source has left out; −1 (`noObject`): the scene itself is asked about */
  object: column.int32(),
  /** what is asked: `category`, `primary`, `secondary` */
  target: column.utf8(),
  /** the right answer */
  label: column.utf8(),
  /** examples of one cell weigh as much as those of another: the label, or primary × secondary */
  cell: column.utf8(),
  /** null where it is kept */
  left_out: column.nullable(column.utf8())
}
export type Example = Row<typeof exampleColumns>

/** All of a table, kept or left out, in its order. */
export const readExamples = (table: ReadableColumns<Example>): Promise<ReadonlyArray<Example>> =>
  readRows(table, exampleColumns)
