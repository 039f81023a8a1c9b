/** Examples: the objects or scenes that probes are asked about, with the right answers. */
import { column, type Row } from "../../src/index.ts"

export const exampleColumns = {
  scene: column.utf8(),
  /** as the scene has it: folds and counts are of groups */
  image_group: column.utf8(),
  /** the object's index in the scene, on from the last for what its source has left out; −1: the scene itself is asked about */
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
export const crowdReason = "a crowd: one annotation for many objects"
export type Example = Row<typeof exampleColumns>

/** All of a table, kept or left out, in its order. */
export async function readExamples(table: {
  read(
    ...names: ReadonlyArray<keyof Example>
  ): Promise<{ readonly [K in keyof Example]: ReadonlyArray<Example[K]> }>
}): Promise<ReadonlyArray<Example>> {
  const names = ["scene", "image_group", "object", "target", "label", "cell", "left_out"] as const
  const columns = await table.read(...names)
  return columns.scene.map((scene, i) => ({
    scene,
    image_group: columns.image_group[i]!,
    object: columns.object[i]!,
    target: columns.target[i]!,
    label: columns.label[i]!,
    cell: columns.cell[i]!,
    left_out: columns.left_out[i]!
  }))
}
