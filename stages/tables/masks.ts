/**
 * Masks: one row per patch of an encoder's token grid that an object covers, with its coverage. The item is the
 * scene.
 */
import { column, type Row } from "../../src/index.ts"

export const maskColumns = {
  /** the object's index in the scene; −1 (`noObject`) for the union of all objects of the primary or secondary category */
  object: column.int32(),
  category: column.utf8(),
  /** row-major; CLS and registers are not counted */
  patch: column.int32(),
  /** area of the mask inside the patch's preimage, divided by the area of that preimage: 0 < coverage ≤ 1 */
  coverage: column.float64()
}
export type MaskRow = Row<typeof maskColumns>
