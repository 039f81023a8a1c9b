/** Tasks: one row per paired task that a scene is in, with the two categories asked about. The item is the scene. */
import { column, type Row } from "../../src/index.ts"

export const taskColumns = {
  /** the task's name, unique within a scene */
  task: column.utf8(),
  /** the category of the main object, one of the task's primary categories */
  primary: column.utf8(),
  secondary: column.utf8(),
  /** why the scene cannot be asked, such as an image that lacks one of the categories; null if it can */
  left_out: column.nullable(column.utf8())
}
export type TaskRow = Row<typeof taskColumns>
