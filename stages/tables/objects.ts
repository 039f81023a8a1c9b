/** A scene: an image and the objects in it, in COCO's terms. */

/** COCO's RLE: `counts` run lengths in column-major order, starting with zeros; a string is its compressed form. */
export interface Rle {
  /** [height, width] in pixels */
  readonly size: readonly [number, number]
  readonly counts: string | ReadonlyArray<number>
}
/** Polygons ([x0, y0, x1, y1, …] in pixels, one list a part) or RLE. */
export type Segmentation = ReadonlyArray<ReadonlyArray<number>> | Rle

/** An annotation that is no object of its scene, since its polygons are degenerate. */
export interface LeftOutObject {
  /** the annotation's id */
  readonly id: number
  readonly category: string
  /** such as "segmentation[1] has 2 points; a polygon has at least 3" */
  readonly reason: string
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
