import { describe, expect, it } from "vitest"
import { cellOf, scoreCell } from "../../../stages/aggregate/cells.ts"
import { type NamedPrediction, tableOfFits } from "../fit-probes/fits.ts"

const name = {
  encoder: "vit",
  probe: "logistic",
  tap: "embed",
  token: "avg_obj",
  source: "primary",
  target: "primary"
}
/** A prediction of one of four cells; the label is the cell's first letter. */
const prediction = (
  cell: string,
  fold: number,
  right: boolean,
  some: Partial<NamedPrediction> = {}
): NamedPrediction => ({
  ...name,
  seed: 0,
  fold,
  scene: `${cell}-${fold}`,
  image: some.scene ?? `${cell}-${fold}`,
  object: -1,
  cell,
  label: cell[0]!,
  predicted: right ? cell[0]! : "other",
  ...some
})
const cells = ["ax", "ay", "bx", "by"]
/** Five folds with one example of each cell, of which the first so many are right. */
const runsOf = (rights: ReadonlyArray<number>, seed = 0) =>
  rights.flatMap((right, fold) => cells.map((cell, i) => prediction(cell, fold, i < right, { seed })))

describe("scoreCell", () => {
  it("scores each seed and fold, and gives the interval worked out by hand", () => {
    const cell = scoreCell(name, runsOf([2, 3, 3, 3, 3]))
    expect(cell.runs).toEqual([0.5, 0.75, 0.75, 0.75, 0.75])
    expect(cell.accuracy).toBeCloseTo(0.7, 12)
    // s² = .0125, SE² = .0125 (1/5 + 1/4) = .075², t of 4 degrees 2.776445
    expect(cell.low).toBeCloseTo(0.7 - 2.776445 * 0.075, 6)
    expect(cell.high).toBeCloseTo(0.7 + 2.776445 * 0.075, 6)
    expect(cell).toMatchObject({ ...name, folds: 5, classes: 2, chance: 0.5, n: 20, foldsWithEmptyCells: 0 })
  })

  it("takes two seeds as ten runs of the same twenty examples", () => {
    const cell = scoreCell(name, [...runsOf([3, 3, 3, 3, 3], 1), ...runsOf([2, 3, 3, 3, 4])])
    expect(cell.runs).toEqual([0.5, 0.75, 0.75, 0.75, 1, 0.75, 0.75, 0.75, 0.75, 0.75])
    expect(cell.accuracy).toBeCloseTo(0.75, 12)
    // s² = .125/9, SE² = s² (1/10 + 1/4), t of 9 degrees 2.262157
    expect(cell.high! - cell.accuracy!).toBeCloseTo(2.262157 * Math.sqrt((0.125 / 9) * 0.35), 6)
    expect(cell.n).toBe(20)
  })

  it("counts examples and the images that they are of", () => {
    const rows = runsOf([3, 3, 3, 3, 3]).map((row) => ({ ...row, image: `${row.cell[0]}-${row.fold}` }))
    expect(scoreCell(name, rows)).toMatchObject({ n: 20, images: 10 })
  })

  it("is the mean recall over the cells, not the share that is right", () => {
    const many = Array.from({ length: 8 }, (_, i) => prediction("ax", i % 2, true, { scene: `ax ${i}` }))
    const few = [prediction("by", 0, false), prediction("by", 1, false)]
    const cell = scoreCell(name, [...many, ...few])
    expect(cell.accuracy).toBe(0.5)
    expect(cell.n).toBe(10)
  })

  it("pools the folds of a seed: a cell's rows count together, wherever they were held out", () => {
    // of "ax" 1 of 1 and 0 of 3 are right: 1/4 pooled, though the folds' recalls are 1 and 0
    const rows = [
      prediction("ax", 0, true),
      prediction("ax", 1, false, { scene: "1" }),
      prediction("ax", 1, false, { scene: "2" }),
      prediction("ax", 1, false, { scene: "3" }),
      prediction("by", 0, true),
      prediction("by", 1, true)
    ]
    const cell = scoreCell(name, rows)
    expect(cell.accuracy).toBe((1 / 4 + 1) / 2)
    expect(cell.runs).toEqual([1, 0.5])
  })

  it("leaves a cell that is empty in a fold to the other folds, and counts such folds", () => {
    const rows = runsOf([2, 4, 4, 4, 4]).filter(({ cell, fold }) => !(cell === "by" && fold === 0))
    const cell = scoreCell(name, rows)
    expect(cell.runs![0]).toBeCloseTo(2 / 3, 12)
    expect(cell.foldsWithEmptyCells).toBe(1)
    expect(cell.accuracy).toBeCloseTo((1 + 1 + 4 / 5 + 1) / 4, 12)
  })

  it("has an accuracy but no interval where a fold has no example at all", () => {
    const rows = runsOf([3, 3, 3, 3, 3]).filter(({ fold }) => fold !== 2)
    expect(scoreCell(name, rows)).toMatchObject({
      accuracy: 0.75,
      low: null,
      high: null,
      runs: null,
      foldsWithEmptyCells: 1
    })
    expect(scoreCell(name, runsOf([3])).low).toBeNull()
  })

  it("is null where the fit is undefined, but says how many examples there were", () => {
    const rows = runsOf([4, 4, 4, 4, 4]).map((row) => ({ ...row, predicted: null }))
    expect(cellOf(tableOfFits(rows)[0]!)).toMatchObject({
      accuracy: null,
      low: null,
      high: null,
      runs: null,
      n: 20,
      classes: 2
    })
  })

  it("keeps its limits within 0 and 1", () => {
    const { low, high } = scoreCell(name, runsOf([4, 4, 4, 4, 1]))
    expect(high).toBe(1)
    expect(low).toBeGreaterThan(0)
    expect(scoreCell(name, runsOf([0, 0, 0, 0, 3])).low).toBe(0)
  })

  it("does not hang on the order of its rows", () => {
    const rows = [...runsOf([2, 3, 3, 3, 4]), ...runsOf([1, 2, 3, 3, 3], 1)]
    expect(scoreCell(name, rows.toReversed())).toEqual(scoreCell(name, rows))
  })

  it("counts the objects of a scene one by one", () => {
    const rows = [0, 1].flatMap((object) => [
      prediction("ax", 0, true, { scene: "s", object }),
      prediction("by", 1, true, { scene: "t", object })
    ])
    expect(scoreCell(name, rows).n).toBe(4)
  })
})
