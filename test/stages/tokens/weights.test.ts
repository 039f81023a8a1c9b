import { describe, expect, it } from "vitest"
import { seededRandom } from "../../../src/index.ts"
import {
  averageObject,
  averagePatches,
  freePatches,
  oneHot,
  patchesOf,
  randomAnywhere,
  randomOf
} from "../../../stages/tokens/weights.ts"

/** Patches 0 … 19 are tokens 5 … 24. */
const grid = { rows: 4, columns: 5, prefix: 5 }
const draws = (count: number) => Array.from({ length: count }, (_, i) => seededRandom("weights", i))

describe("token weights", () => {
  it("are one-hot at the given token, prefix or not", () => {
    expect(oneHot(3)).toEqual({ indices: [3], weights: [1] })
  })

  it("take a patch into an object from the threshold on, in the order of patches", () => {
    const coverage = new Map([
      [7, 1],
      [2, 0.5],
      [3, 0.49]
    ])
    expect(patchesOf(coverage, 0.5)).toEqual([2, 7])
    expect(patchesOf(coverage, 0)).toEqual([2, 3, 7])
    expect(patchesOf(coverage, 1)).toEqual([7])
    expect(patchesOf(new Map(), 0)).toEqual([])
  })

  it("average an object's patches in proportion to their coverage", () => {
    const coverage = new Map([
      [2, 0.5],
      [7, 1],
      [3, 0.49]
    ])
    expect(averageObject(grid, coverage, [2, 7])).toEqual({ indices: [7, 12], weights: [1 / 3, 2 / 3] })
  })

  it("draw one of an object's patches, each of them now and then", () => {
    const drawn = draws(200).map((random) => randomOf(grid, [2, 7, 19], random).indices[0]!)
    const counts = [7, 12, 24].map((token) => drawn.filter((index) => index === token).length)
    expect(counts.reduce((a, b) => a + b, 0)).toBe(200)
    // a third of 200, ± 4 standard deviations of 6.7
    for (const count of counts) expect(Math.abs(count - 200 / 3)).toBeLessThan(27)
  })

  it("draw any patch, and never CLS or a register", () => {
    const drawn = new Set(draws(400).map((random) => randomAnywhere(grid, random).indices[0]!))
    expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, patch) => 5 + patch))
  })
})

describe("free patches", () => {
  const of = (...covered: ReadonlyArray<number>) =>
    freePatches(
      grid,
      // a patch is an object's, for this, however little of it is covered
      covered.map((patch) => new Map([[patch, 0.01]]))
    )

  it("keep one patch away from what is covered, across corners too", () => {
    // patch 6 (row 1, column 1) takes columns 0 … 2 of rows 0 … 2
    expect(of(6)).toEqual([3, 4, 8, 9, 13, 14, 15, 16, 17, 18, 19])
    expect(of(6, 19)).toEqual([3, 4, 8, 9, 15, 16, 17])
  })

  it("do not reach round the grid's edge: the guard of a patch at the right is not at the left", () => {
    expect(of(9)).toEqual([0, 1, 2, 5, 6, 7, 10, 11, 12, 15, 16, 17, 18, 19])
  })

  it("are none where objects and their guard fill the grid, and all without objects", () => {
    expect(of(6, 8, 16, 18)).toEqual([])
    expect(of()).toHaveLength(20)
  })

  it("are averaged with equal weights", () => {
    expect(averagePatches(grid, [0, 3, 19])).toEqual({
      indices: [5, 8, 24],
      weights: [1 / 3, 1 / 3, 1 / 3]
    })
  })
})
