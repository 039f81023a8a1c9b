/** Features of weighted tokens that need no encoder. */
import { patchCount, type TokenGrid } from "../vision/grid.ts"
import type { Size } from "../vision/resized-size.ts"

type Numbers = ReadonlyArray<number>

/**
 * Position and size: the weighted centroid (x, y), from 0 at the left and top to 1, with x², y² and xy, so that a linear
 * probe may also find "near the middle"; the standard deviations along x and y; the share of the grid's patches. Zeros
 * for a token without patches, such as CLS.
 */
export function positionVector(grid: TokenGrid, indices: Numbers, weights: Numbers): Float32Array {
  const at = indices.flatMap((index, i) => {
    const patch = index - grid.prefix
    if (patch < 0) return []
    const [row, column] = [Math.floor(patch / grid.columns), patch % grid.columns]
    return [{ x: (column + 0.5) / grid.columns, y: (row + 0.5) / grid.rows, weight: weights[i]! }]
  })
  if (at.length === 0) return new Float32Array(8)
  const total = at.reduce((sum, { weight }) => sum + weight, 0)
  const mean = (of: (one: (typeof at)[number]) => number) =>
    at.reduce((sum, one) => sum + one.weight * of(one), 0) / total
  const [x, y] = [mean((one) => one.x), mean((one) => one.y)]
  const deviation = (of: (one: (typeof at)[number]) => number) => Math.sqrt(Math.max(0, mean(of)))
  return Float32Array.of(
    x,
    y,
    x * x,
    y * y,
    x * y,
    deviation((one) => (one.x - x) * (one.x - x)),
    deviation((one) => (one.y - y) * (one.y - y)),
    at.length / patchCount(grid)
  )
}

/**
 * [patches × 3] the mean of each patch's pixels, as the encoder gets them.
 *
 * @param input [3, height, width]
 */
export function patchColours(
  input: Float32Array,
  { height, width }: Size,
  { rows, columns, patch }: TokenGrid
): Float64Array {
  const colours = new Float64Array(rows * columns * 3)
  for (let channel = 0; channel < 3; channel++)
    for (let y = 0; y < rows * patch.height; y++)
      for (let x = 0; x < columns * patch.width; x++) {
        const at = Math.floor(y / patch.height) * columns + Math.floor(x / patch.width)
        colours[3 * at + channel]! += input[(channel * height + y) * width + x]!
      }
  const pixels = patch.height * patch.width
  return colours.map((sum) => sum / pixels)
}

/** The mean colour of a token's patches; that of the whole image for a token without patches, such as CLS. */
export function pixelVector(
  colours: Float64Array,
  { prefix }: Pick<TokenGrid, "prefix">,
  indices: Numbers,
  weights: Numbers
): Float32Array {
  const patches = indices.flatMap((index, i) =>
    index < prefix ? [] : [{ patch: index - prefix, weight: weights[i]! }]
  )
  const all =
    patches.length > 0
      ? patches
      : Array.from({ length: colours.length / 3 }, (_, patch) => ({ patch, weight: 1 }))
  const total = all.reduce((sum, { weight }) => sum + weight, 0)
  return Float32Array.from(
    { length: 3 },
    (_, channel) =>
      all.reduce((sum, { patch, weight }) => sum + weight * colours[3 * patch + channel]!, 0) / total
  )
}
