/** Converts COCO's segmentations to masks, like pycocotools' `annToRLE`. */

import { maxPixels } from "./image.ts"
import { countsOfPolygon, problemOfPolygon } from "./polygon.ts"
import { countsOfString, MaskError, unionOf, type Mask } from "./rle.ts"
import type { Rle, Segmentation } from "../tables/scenes.ts"

/**
 * The mask of a segmentation: the union of its polygons, or its RLE, uncompressed (a list of run lengths) or compressed
 * (a string). Polygons are clipped at the image's border; an RLE must have the image's size.
 *
 * Unlike pycocotools, this refuses a part of two points instead of taking it for a bounding box [x, y, width, height].
 *
 * @param height of the image, in pixels
 * @param width of the image, in pixels
 * @throws {MaskError} an image that is too large, a degenerate polygon, malformed RLE, RLE of another size, run lengths that do not add up
 */
export function maskOf(segmentation: Segmentation, height: number, width: number): Mask {
  checkSize(height, width)
  if (!isPolygons(segmentation)) return { height, width, counts: countsOfRle(segmentation, height, width) }
  if (segmentation.length === 0) {
    throw new MaskError("segmentation is an empty list: give at least one polygon, or leave the object out")
  }
  const parts = segmentation.map((points, part) => {
    const problem = problemOfPolygon(points)
    if (problem !== null)
      throw new MaskError(`segmentation[${part}] ${problem}: fix the polygon, or leave it out`)
    return { height, width, counts: countsOfPolygon(points, height, width) }
  })
  return unionOf(parts)
}

/** Masks are allocated by the image's size, which comes from a table. */
function checkSize(height: number, width: number): void {
  const isLength = (pixels: number) => Number.isInteger(pixels) && pixels >= 1
  if (!isLength(height) || !isLength(width) || height * width > maxPixels)
    throw new MaskError(
      `an image of ${width} × ${height} pixels has no masks: it needs 1 to ${maxPixels} pixels`
    )
}

const isPolygons = (segmentation: Segmentation): segmentation is ReadonlyArray<ReadonlyArray<number>> =>
  Array.isArray(segmentation)

/**
 * The run lengths of an RLE, checked against the image.
 *
 * @throws {MaskError} see `maskOf`
 */
export function countsOfRle({ size, counts }: Rle, height: number, width: number): Uint32Array {
  if (size[0] !== height || size[1] !== width) {
    throw new MaskError(
      `segmentation.size is [${size.join(", ")}], but the image is [${height}, ${width}] ([height, width]): ` +
        "encode the mask at the image's size"
    )
  }
  const runs = typeof counts === "string" ? countsOfString(counts) : countsOfList(counts)
  let pixels = 0
  for (const run of runs) pixels += run
  if (pixels !== height * width) {
    throw new MaskError(
      `segmentation.counts add up to ${pixels} pixels, but the image has ${height} × ${width} = ${height * width}: ` +
        "the RLE is damaged or belongs to another image"
    )
  }
  return runs
}

function countsOfList(counts: ReadonlyArray<number>): Uint32Array {
  for (const [i, run] of counts.entries()) {
    if (!Number.isInteger(run) || run < 0 || run > 0xffffffff) {
      throw new MaskError(
        `segmentation.counts[${i}] is ${JSON.stringify(run)}, not a whole number of pixels ≥ 0`
      )
    }
  }
  return Uint32Array.from(counts)
}
