/** Geometry: the affine map from an image's pixels to an encoder's input pixels (resize, crop, pad). */

import type { Preprocessing } from "./preprocessing.ts"
import { cropStart, preprocessedSize, resizedSize } from "./resized-size.ts"

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

/** Rows and columns of an encoder's patches. */
export interface PatchGrid {
  readonly rows: number
  readonly columns: number
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

/**
 * The size of a patch in input pixels: as many whole pixels as fit. A patch embedding is a convolution without padding
 * whose stride is its size; what is left over at the input's right and bottom belongs to no patch.
 *
 * @throws {RangeError} no patch size cuts the input into this grid
 */
export function patchSize(
  { inputHeight, inputWidth }: Pick<Geometry, "inputHeight" | "inputWidth">,
  { rows, columns }: PatchGrid
): { height: number; width: number } {
  const [height, width] = [Math.floor(inputHeight / rows), Math.floor(inputWidth / columns)]
  if (Math.floor(inputHeight / height) !== rows || Math.floor(inputWidth / width) !== columns) {
    throw new RangeError(
      `no patch size cuts an input of ${inputHeight} × ${inputWidth} px into ${rows} × ${columns} patches ` +
        "(height × width): the grid is another preprocessing's"
    )
  }
  return { height, width }
}

/**
 * The part of the image that a patch sees: its preimage under the resize and the crop, patches in row-major order.
 *
 * @throws {RangeError} no such patch, or a grid that does not fit the input
 */
export function patchPreimage(geometry: Geometry, grid: PatchGrid, patch: number): Rectangle {
  const { height, width } = patchSize(geometry, grid)
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
