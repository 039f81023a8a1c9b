/** The columns of a table of scenes: what every source of scenes gives. */
import { column } from "../../src/index.ts"
import type { LeftOutObject, SceneObject } from "./objects.ts"

export const sceneColumns = {
  image: column.file(),
  /**
   * Scenes of one group show one image, and so share a fold and count as one. By default the sha256 of the image file;
   * a stage that alters images keeps the original's, and a source of your own may group more, such as the frames of a video.
   */
  image_group: column.utf8(),
  /** of the image, in pixels */
  height: column.int32(),
  width: column.int32(),
  objects: column.json<ReadonlyArray<SceneObject>>(),
  /** annotations that are not among the objects, and why */
  left_out: column.json<ReadonlyArray<LeftOutObject>>(),
  captions: column.list(column.utf8()),
  /** the categories of the main and the second object, in scenes made for paired questions */
  primary: column.nullable(column.utf8()),
  secondary: column.nullable(column.utf8())
}
