import { expect, it } from "vitest"
import { patchColours, pixelVector, positionVector } from "../../../stages/baseline-activations/features.ts"
import type { TokenGrid } from "../../../stages/vision/grid.ts"

/** 2 rows × 4 columns of 2 × 2 pixels, after CLS. */
const grid: TokenGrid = {
  rows: 2,
  columns: 4,
  patch: { height: 2, width: 2 },
  prefix: 1,
  classToken: true
}
const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => Math.round(value * 1e5) / 1e5)

it("tells where tokens are, how far they reach and how many they are", () => {
  // the top left patch and the one beside it, the second with three times the weight
  expect(rounded(positionVector(grid, [1, 2], [0.25, 0.75]))).toEqual(
    rounded([
      0.3125,
      0.25,
      0.3125 ** 2,
      0.0625,
      0.078125,
      Math.sqrt(0.25 * 0.1875 ** 2 + 0.75 * 0.0625 ** 2),
      0,
      0.25
    ])
  )
  expect(rounded(positionVector(grid, [8], [1]))).toEqual(
    rounded([0.875, 0.75, 0.765625, 0.5625, 0.65625, 0, 0, 0.125])
  )
  // the class token has no place
  expect([...positionVector(grid, [0], [1])]).toEqual(Array(8).fill(0))
})

it("means the pixels of the tokens' patches, without the remainder of the input", () => {
  // 5 × 9 pixels: the last row and column belong to no patch. Red is the column, green the row, blue constant.
  const size = { height: 5, width: 9 }
  const input = new Float32Array(3 * 45)
  for (let y = 0; y < 5; y++)
    for (let x = 0; x < 9; x++) {
      input[y * 9 + x] = x
      input[45 + y * 9 + x] = y
      input[90 + y * 9 + x] = 7
    }
  const colours = patchColours(input, size, grid)
  expect(Array.from(colours.subarray(0, 3))).toEqual([0.5, 0.5, 7])
  expect(Array.from(colours.subarray(21))).toEqual([6.5, 2.5, 7])
  expect([...pixelVector(colours, grid, [1, 2], [0.25, 0.75])]).toEqual([2, 0.5, 7])
  expect([...pixelVector(colours, grid, [0], [1])]).toEqual([3.5, 1.5, 7])
})
