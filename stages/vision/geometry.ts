/** Geometry: the affine map from an image's pixels to an encoder's input pixels (resize, crop, pad). */

import type { Preprocessing } from "./preprocessing.ts"
import { cropStart, preprocessedSize, resizedSize, type Size } from "./resized-size.ts"

/**
 * Where an image's pixels lie in an encoder's input. Positions are continuous, pixel i reaching from i to i + 1 (as in
 * PIL's resampling): x in the image is at x · scaleX + offsetX in the input, y likewise.
 */
export interface Geometry {
  readonly imageHeight: number
  readonly imageWidth: number
  /** after the resize, before the crop; in whole pixels, so that scaleX and scaleY can differ a little */
  readonly resizedHeight: number
  readonly resizedWidth: number
  /** where the crop starts in the resized image; negative where it is padded instead */
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
 * An encoder's patches, row-major from the input's top left. What is left over at its right and bottom, where its size
 * is no multiple of a patch's, belongs to no patch: a patch embedding is a convolution without padding whose stride is
 * its kernel's size.
 */
export interface PatchGrid {
  readonly rows: number
  readonly columns: number
  /** in pixels of the input */
  readonly patch: Size
}

/** A rectangle in an image's continuous pixel coordinates; it may reach beyond the image. */
export interface Rectangle {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * The geometry of an image under a preprocessing, with the roundings of Hugging Face's processors (see
 * `resized-size.ts`).
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

/** The input's size in pixels where it is the same for all images: by a crop, or by an exact resize; else null. */
export const inputSizeOf = ({ crop, resize }: Preprocessing): Size | null =>
  crop ?? (resize?.kind === "exact" ? { height: resize.height, width: resize.width } : null)

/** The grid of an input of this size: as many whole patches as fit. */
export const gridOfPatches = (input: Size, patch: Size): PatchGrid => ({
  rows: Math.floor(input.height / patch.height),
  columns: Math.floor(input.width / patch.width),
  patch: { height: patch.height, width: patch.width }
})

/**
 * Is the grid that of the geometry's input?
 *
 * @throws {RangeError} patches of this size cut the input into another grid
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
 * The part of the image that a patch sees: its preimage under the resize and the crop, patches in row-major order.
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
  // one division, after the products of whole numbers: neighbours' edges are equal, and edges on pixels exact
  const x = (input: number) => ((input + cropLeft) * imageWidth) / resizedWidth
  const y = (input: number) => ((input + cropTop) * imageHeight) / resizedHeight
  return {
    left: x(column * width),
    top: y(row * height),
    right: x((column + 1) * width),
    bottom: y((row + 1) * height)
  }
}
