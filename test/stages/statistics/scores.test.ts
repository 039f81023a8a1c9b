import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { balancedAccuracy } from "../../../stages/statistics/scores.ts"
import { cellWeights } from "../../../stages/statistics/weights.ts"

const { scores: golden } = JSON.parse(
  readFileSync(new URL("../../fixtures/statistics/statistics.json", import.meta.url), "utf8")
) as {
  scores: {
    actual: Array<number>
    predicted: Array<number>
    balancedAccuracy: number
    weights: Array<number>
  }
}
const { actual, predicted } = golden
const correct = actual.map((label, row) => label === predicted[row])

describe("scores", () => {
  it("are scikit-learn's, with the classes as cells", () => {
    expect(balancedAccuracy({ correct, cells: actual, cellCount: 4 }).value).toBeCloseTo(
      golden.balancedAccuracy,
      12
    )
  })

  it("give each cell the same say, however small", () => {
    const cells = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    const { value, recalls, counts } = balancedAccuracy({
      correct: cells.map((cell) => cell === 0),
      cells,
      cellCount: 2
    })
    expect(value).toBe(0.5)
    expect([...recalls]).toEqual([1, 0])
    expect([...counts]).toEqual([9, 1])
  })

  it("leave a fold's empty cell to the others, and name it", () => {
    const outcomes = { correct: [1, 0, 1, 1, 0], cells: [0, 0, 1, 0, 1], cellCount: 2 }
    const folds = [0, 0, 0, 1, -1]
    const byFold = [0, 1].map((fold) => balancedAccuracy(outcomes, (row) => folds[row] === fold))
    expect(byFold[0]!.value).toBe(0.75)
    expect(byFold[0]!.empty).toEqual([])
    expect(byFold[1]!.value).toBe(1)
    expect(byFold[1]!.empty).toEqual([1])
    expect(byFold[1]!.recalls[1]).toBeNaN()
    // 2 of 3 and 1 of 1; the row of fold −1 takes no part
    const pooled = balancedAccuracy(outcomes, (row) => folds[row]! >= 0)
    expect(pooled.value).toBeCloseTo((2 / 3 + 1) / 2, 12)
    expect([...pooled.counts]).toEqual([3, 1])
  })

  it("are NaN without rows, and refuse what does not fit", () => {
    expect(balancedAccuracy({ correct: [], cells: [], cellCount: 2 }).value).toBeNaN()
    expect(() => balancedAccuracy({ correct: [1], cells: [2], cellCount: 2 })).toThrow(/cells\[0\] is 2/)
    expect(() => balancedAccuracy({ correct: [1], cells: [0, 0], cellCount: 1 })).toThrow(
      /correct has 1 rows and cells 2/
    )
  })
})

describe("cellWeights", () => {
  it("are scikit-learn's balanced weights", () => {
    const weights = cellWeights(actual)
    golden.weights.forEach((weight, row) => expect(weights[row]).toBeCloseTo(weight, 12))
  })

  it("sum to the rows, with the same total in each cell", () => {
    const cells = [3, 3, 3, 0, 7, 7]
    const weights = cellWeights(cells)
    expect(weights.reduce((a, b) => a + b)).toBeCloseTo(6, 12)
    for (const cell of [0, 3, 7])
      expect(weights.filter((_, row) => cells[row] === cell).reduce((a, b) => a + b)).toBeCloseTo(2, 12)
  })

  it("leave rows of negative cells out", () => {
    expect([...cellWeights([0, -1, 0])]).toEqual([1, 0, 1])
    expect(() => cellWeights([0.5])).toThrow(RangeError)
  })
})
