/** Geometry: the affine map from an image's pixels to an encoder's input pixels (resize, crop, pad). */

import type { Preprocessing } from "./preprocessing.ts"
import { cropStart, preprocessedSize, resizedSize, type Size } from "./resized-size.ts"

/**
 * The position of an image's pixels in an encoder's input. Positions are continuous; pixel i extends from i to i + 1,
 * as in PIL's resampling: x in the image is at x · scaleX + offsetX in the input, y likewise.
 */
export interface Geometry {
  readonly imageHeight: number
  readonly imageWidth: number
  /** after the resize, before the crop; in whole pixels, so scaleX and scaleY can differ slightly */
  readonly resizedHeight: number
  readonly resizedWidth: number
  /** where the crop starts in the resized image; negative if the image is padded instead */
  readonly cropTop: number
  readonly cropLeft: number
  readonly inputHeight: number
  readonly inputWidth: number
  /** resizedWidth / imageWidth */
  readonly scaleX: number
  /** resizedHeight / imageHeight */
  readonly scaleY: number
  /** −cropLeft */
  readonly offsetX: number
  /** −cropTop */
  readonly offsetY: number
}

/**
 * An encoder's patches, row-major from the top left of the input. If the input's size is not a multiple of the patch
 * size, the remainder at the right and bottom belongs to no patch, because a patch embedding is a convolution without
 * padding and with its stride equal to its kernel size.
 */
export interface PatchGrid {
  readonly rows: number
  readonly columns: number
  /** in pixels of the input */
  readonly patch: Size
}

/** A rectangle in an image's continuous pixel coordinates; it may extend beyond the image. */
export interface Rectangle {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * The geometry of an image under a preprocessing, rounded like Hugging Face's processors (see `resized-size.ts`).
 *
 * @throws {RangeError} an image without pixels
 */
export function geometryOf(preprocessing: Preprocessing, imageHeight: number, imageWidth: number): Geometry {
  if (!isSize(imageHeight) || !isSize(imageWidth)) {
    throw new RangeError(`an image of ${imageWidth} × ${imageHeight} px (width × height) has no geometry`)
  }
  const resized = resizedSize(preprocessing, imageHeight, imageWidth)
  const input = preprocessedSize(preprocessing, imageHeight, imageWidth)
  const cropTop = cropStart(resized.height, input.height, preprocessing.cropRounding)
  const cropLeft = cropStart(resized.width, input.width, preprocessing.cropRounding)
  return {
    imageHeight,
    imageWidth,
    resizedHeight: resized.height,
    resizedWidth: resized.width,
    cropTop,
    cropLeft,
    inputHeight: input.height,
    inputWidth: input.width,
    scaleX: resized.width / imageWidth,
    scaleY: resized.height / imageHeight,
    offsetX: 0 - cropLeft, // not −0
    offsetY: 0 - cropTop
  }
}
const isSize = (pixels: number) => Number.isInteger(pixels) && pixels > 0

/** The input's size in pixels if it is the same for all images, because of a crop or an exact resize; else null. */
export const inputSizeOf = ({ crop, resize }: Preprocessing): Size | null =>
  crop ?? (resize?.kind === "exact" ? { height: resize.height, width: resize.width } : null)

/** The grid for an input of this size: as many whole patches as fit. */
export const gridOfPatches = (input: Size, patch: Size): PatchGrid => ({
  rows: Math.floor(input.height / patch.height),
  columns: Math.floor(input.width / patch.width),
  patch: { height: patch.height, width: patch.width }
})

/**
 * Checks that the grid is that of the geometry's input.
 *
 * @throws {RangeError} patches of this size divide the input into another grid
 */
export function checkGrid(
  { inputHeight, inputWidth }: Pick<Geometry, "inputHeight" | "inputWidth">,
  { rows, columns, patch }: PatchGrid
): void {
  const fitting = gridOfPatches({ height: inputHeight, width: inputWidth }, patch)
  if (fitting.rows !== rows || fitting.columns !== columns)
    throw new RangeError(
      `patches of ${patch.height} × ${patch.width} px cut an input of ${inputHeight} × ${inputWidth} px into ` +
        `${fitting.rows} × ${fitting.columns}, not into ${rows} × ${columns} (height × width): the grid is another ` +
        "preprocessing's"
    )
}

/**
 * The part of the image that a patch sees: its preimage under resize and crop; patches are in row-major order.
 *
 * @throws {RangeError} no such patch, or a grid that does not fit the input
 */
export function patchPreimage(geometry: Geometry, grid: PatchGrid, patch: number): Rectangle {
  checkGrid(geometry, grid)
  const { height, width } = grid.patch
  if (!Number.isInteger(patch) || patch < 0 || patch >= grid.rows * grid.columns) {
    throw new RangeError(`there is no patch ${patch} in a grid of ${grid.rows} × ${grid.columns}`)
  }
  const { imageHeight, imageWidth, resizedHeight, resizedWidth, cropTop, cropLeft } = geometry
  const row = Math.floor(patch / grid.columns)
  const column = patch % grid.columns
  // one division, after products of whole numbers: edges of neighbours are equal, and edges on pixels are exact
  const x = (input: number) => ((input + cropLeft) * imageWidth) / resizedWidth
  const y = (input: number) => ((input + cropTop) * imageHeight) / resizedHeight
  return {
    left: x(column * width),
    top: y(row * height),
    right: x((column + 1) * width),
    bottom: y((row + 1) * height)
  }
}
