/**
 * Masks: one row per selection and per patch of an encoder's token grid that an object covers, with its coverage. The
 * item is the scene.
 */
import { column, type Row } from "../../src/index.ts"

/**
 * How masks become patches. `as-published`: the whole image's mask, resized to the grid by nearest neighbour, ignoring
 * the encoder's crop (arXiv 2406.09067); `centre`: the pixel at the patch's centre, through the encoder's resize and
 * crop; `aligned`: the area covered, through the encoder's resize and crop.
 */
export const selections = ["as-published", "centre", "aligned"] as const
export type Selection = (typeof selections)[number]

export const maskColumns = {
  /** one of `selections` */
  selection: column.utf8(),
  /**
   * the object's index in the scene; −1 (`noObject`) for the union of all objects of a category. A category with one
   * object has no union: the object's own rows serve
   */
  object: column.int32(),
  category: column.utf8(),
  /** row-major; CLS and registers are not counted */
  patch: column.int32(),
  /**
   * `aligned`: area of the mask inside the patch's preimage, divided by the area of that preimage, 0 < coverage ≤ 1;
   * otherwise 1
   */
  coverage: column.float64()
}
export type MaskRow = Row<typeof maskColumns>
