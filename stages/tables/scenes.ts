/** Scenes: one row per image with its objects, in COCO's terms. Every source of scenes produces this table. */
import { column } from "../../src/index.ts"

export const sceneColumns = {
  image: column.file(),
  /**
   * Scenes in one group show the same image, share a fold and count as one. Default: the sha256 of the image file. A
   * stage that alters images keeps the original's; a source of your own may group more, such as the frames of a
   * video.
   */
  image_group: column.utf8(),
  /** height of the image, in pixels */
  height: column.int32(),
  width: column.int32(),
  objects: column.json<ReadonlyArray<SceneObject>>(),
  /** annotations that did not become objects, and why */
  left_out: column.json<ReadonlyArray<LeftOutObject>>(),
  captions: column.list(column.utf8())
}

export interface SceneObject {
  /** the annotation's id, unique within its scene */
  readonly id: number
  readonly category: string
  readonly segmentation: Segmentation
  /** the annotated area in square pixels (COCO's is the polygon's, not the mask's) */
  readonly area: number
  /** `iscrowd`: one annotation for many instances */
  readonly crowd: boolean
}
export const crowdReason = "a crowd: one annotation for many objects"

/** An annotation left out of its scene's objects because its polygons are degenerate. */
export interface LeftOutObject {
  /** the annotation's id */
  readonly id: number
  readonly category: string
  /** such as "segmentation[1] has 2 points; a polygon has at least 3" */
  readonly reason: string
}

/** Polygons ([x0, y0, x1, y1, …] in pixels, one list per part) or RLE. */
export type Segmentation = ReadonlyArray<ReadonlyArray<number>> | Rle

/** COCO's RLE: `counts` are run lengths in column-major order, starting with zeros; a string is the compressed form. */
export interface Rle {
  /** [height, width] in pixels */
  readonly size: readonly [number, number]
  readonly counts: string | ReadonlyArray<number>
}
