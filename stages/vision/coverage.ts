/**
 * Coverage: how much of each patch of an encoder's grid a mask fills, by area (`coverageOf`), by the pixel under the
 * patch's centre (`centreCoverage`), or as the paper did (`nearestCoverage`).
 */

import { checkGrid, type Geometry, type PatchGrid } from "./geometry.ts"
import { columnMajorOf, type Mask } from "./rle.ts"

/**
 * The coverage of each patch: the area of the mask (a union of unit pixels) inside the patch's preimage in image
 * coordinates, divided by the area of that preimage. Parts of a patch outside the image count as uncovered.
 *
 * Areas are counted in units of 1/resizedWidth × 1/resizedHeight of an image pixel, which makes every edge of a pixel
 * or patch a whole number: results are exact quotients, and full coverage is 1, not nearly 1.
 *
 * @returns rows · columns values in 0 … 1, row-major
 * @throws {RangeError} the mask does not fit the geometry's image, or the grid does not fit the input
 */
export function coverageOf(mask: Mask, geometry: Geometry, grid: PatchGrid): Float64Array {
  const { imageHeight, imageWidth, resizedHeight, resizedWidth } = geometry
  checkFit(mask, geometry, grid)
  const { rows, columns, patch } = grid
  const across = bandsOf(columns, geometry.cropLeft * imageWidth, patch.width * imageWidth, resizedWidth)
  const down = bandsOf(rows, geometry.cropTop * imageHeight, patch.height * imageHeight, resizedHeight)
  const areas = new Float64Array(rows * columns)
  const heights = new Float64Array(rows) // of the mask in one column of pixels, a row of patches
  let x = 0
  let [topmost, lowest] = [rows, -1] // the rows of `heights` in use
  const flush = () => {
    for (let c = across.first(x); c < across.end(x); c++) {
      const width = across.overlap(c, x, x + 1)
      for (let r = topmost; r <= lowest; r++) areas[r * columns + c]! += width * heights[r]!
    }
    heights.fill(0)
    topmost = rows
    lowest = -1
  }
  const { counts } = mask
  for (let i = 1, end = 0; i < counts.length; i += 2) {
    let start = end + counts[i - 1]!
    end = start + counts[i]!
    while (start < end) {
      const column = Math.floor(start / imageHeight)
      if (column !== x) {
        flush()
        x = column
      }
      const base = column * imageHeight
      const [from, to] = [start - base, Math.min(end - base, imageHeight)]
      const [first, last] = [down.first(from), down.end(to - 1) - 1]
      for (let r = first; r <= last; r++) heights[r]! += down.overlap(r, from, to)
      topmost = Math.min(topmost, first)
      lowest = Math.max(lowest, last)
      start = base + to
    }
  }
  flush()
  const whole = patch.height * imageHeight * patch.width * imageWidth
  for (let i = 0; i < areas.length; i++) areas[i]! /= whole
  return areas
}

function checkFit(mask: Mask, geometry: Geometry, grid: PatchGrid): void {
  const { imageHeight, imageWidth } = geometry
  if (mask.height !== imageHeight || mask.width !== imageWidth)
    throw new RangeError(
      `a mask of ${mask.width} × ${mask.height} px does not fit an image of ${imageWidth} × ${imageHeight} px`
    )
  checkGrid(geometry, grid)
}

/** Patches along one axis: `count` bands of `size` units starting at `origin`; image pixels are `pixel` units wide. */
function bandsOf(count: number, origin: number, size: number, pixel: number) {
  return {
    /** the first band that extends past the start of pixel `i` */
    first: (i: number) => Math.max(0, Math.floor((i * pixel - origin) / size)),
    /** one past the last band that overlaps pixel `i` */
    end: (i: number) => Math.min(count, Math.ceil(((i + 1) * pixel - origin) / size)),
    /** the overlap of band `b` with pixels `from` … `to` − 1, in units */
    overlap: (b: number, from: number, to: number) =>
      Math.max(0, Math.min(to * pixel, origin + (b + 1) * size) - Math.max(from * pixel, origin + b * size))
  }
}

/**
 * The rule of the paper's masks: the mask of the whole image, ignoring the encoder's crop, is resized to the grid by
 * PIL's NEAREST. A patch has coverage 1 if the pixel sampled at its centre belongs to the mask, else 0.
 *
 * Source of the sampled positions: `ImagingScaleAffine` in Pillow's src/libImaging/Geometry.c. It adds up steps, and
 * so do we, because products round differently.
 *
 * @returns rows · columns values, 0 or 1, row-major
 */
export const nearestCoverage = (
  mask: Mask,
  { rows, columns }: Pick<PatchGrid, "rows" | "columns">
): Float64Array => sampledCoverage(mask, nearestPixels(mask.height, rows), nearestPixels(mask.width, columns))

function nearestPixels(size: number, samples: number): Array<number> {
  const step = size / samples
  const pixels: Array<number> = []
  for (let i = 0, at = step * 0.5; i < samples; i++, at += step) pixels.push(Math.trunc(at))
  return pixels
}

/**
 * A patch has coverage 1 if the image's pixel under its centre, through the encoder's resize and crop, belongs to the
 * mask, else 0. A centre in the padding has no pixel, and so 0. A centre between two pixels takes the later one.
 *
 * @returns rows · columns values, 0 or 1, row-major
 * @throws {RangeError} as `coverageOf`
 */
export function centreCoverage(mask: Mask, geometry: Geometry, grid: PatchGrid): Float64Array {
  checkFit(mask, geometry, grid)
  const { imageHeight, imageWidth, resizedHeight, resizedWidth, cropTop, cropLeft } = geometry
  const { rows, columns, patch } = grid
  return sampledCoverage(
    mask,
    centrePixels(rows, patch.height, cropTop, imageHeight, resizedHeight),
    centrePixels(columns, patch.width, cropLeft, imageWidth, resizedWidth)
  )
}

/** The pixel under each patch's centre along one axis; −1 outside the image. One quotient of whole numbers is exact. */
const centrePixels = (patches: number, patch: number, crop: number, image: number, resized: number) =>
  Array.from({ length: patches }, (_, i) => {
    const pixel = Math.floor((((2 * i + 1) * patch + 2 * crop) * image) / (2 * resized))
    return pixel >= 0 && pixel < image ? pixel : -1
  })

/** [ys · xs], row-major: 1 where the pixel (x, y) belongs to the mask; −1 is no pixel. */
function sampledCoverage(mask: Mask, ys: ReadonlyArray<number>, xs: ReadonlyArray<number>): Float64Array {
  const coverage = new Float64Array(ys.length * xs.length)
  const pixels = columnMajorOf(mask)
  for (const [c, x] of xs.entries())
    for (const [r, y] of ys.entries())
      if (x >= 0 && y >= 0) coverage[r * xs.length + c] = pixels[x * mask.height + y]!
  return coverage
}
