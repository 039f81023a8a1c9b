import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  balancedAccuracy,
  type Design,
  imageCeiling,
  labelRecalls,
  macroF1,
  meanOfNumbers,
  scoreWeights,
  weightedLogLoss
} from "../../../stages/statistics/scores.ts"
import { cellWeights } from "../../../stages/statistics/weights.ts"

const { scores: golden, crossed } = JSON.parse(
  readFileSync(new URL("../../fixtures/statistics/statistics.json", import.meta.url), "utf8")
) as {
  scores: {
    actual: Array<number>
    predicted: Array<number>
    balancedAccuracy: number
    weights: Array<number>
  }
  crossed: {
    cells: Array<number>
    labelOf: Array<number>
    predicted: Array<number>
    logProbabilities: Array<number>
    weights: Array<number>
    balancedAccuracy: number
    macroF1: number
    logLoss: number
  }
}
const { actual } = golden

/** Rows and right answers of each of some cells. */
function counted(cells: ReadonlyArray<number>, isRight: (row: number) => boolean, count: number) {
  const [hits, counts] = [new Int32Array(count), new Int32Array(count)]
  cells.forEach((cell, row) => {
    counts[cell]!++
    if (isRight(row)) hits[cell]!++
  })
  return { hits, counts }
}
const plain = (labels: number): Design => ({ labelOf: Array.from({ length: labels }, (_, i) => i), labels })
const design: Design = { labelOf: crossed.labelOf, labels: 4 }
const truth = crossed.cells.map((cell) => crossed.labelOf[cell]!)

describe("balanced accuracy", () => {
  it("is scikit-learn's, with the labels as cells", () => {
    const { hits, counts } = counted(actual, (row) => actual[row] === golden.predicted[row], 4)
    expect(balancedAccuracy(hits, counts, plain(4))).toBeCloseTo(golden.balancedAccuracy, 12)
  })

  it("in a crossed design is scikit-learn's accuracy with weights by cell and label", () => {
    const { hits, counts } = counted(crossed.cells, (row) => truth[row] === crossed.predicted[row], 7)
    expect(balancedAccuracy(hits, counts, design)).toBeCloseTo(crossed.balancedAccuracy, 12)
    const recalls = labelRecalls(hits, counts, design)
    expect(Array.from(recalls.slice(0, 3), (recall) => recall.toFixed(4))).toEqual([
      "0.5833",
      "0.8333",
      "0.0000"
    ])
    expect(recalls[3]).toBeNaN()
  })

  it("stays at chance for a constant, whichever cell is empty", () => {
    const eight: Design = { labelOf: [0, 0, 0, 0, 1, 1, 1, 1], labels: 2 }
    const counts = [9, 5, 4, 0, 7, 3, 2, 20]
    const always = (label: number) => counts.map((count, cell) => (eight.labelOf[cell] === label ? count : 0))
    expect([0, 1].map((label) => balancedAccuracy(always(label), counts, eight))).toEqual([0.5, 0.5])
  })

  it("is NaN without rows", () => {
    expect(balancedAccuracy([0, 0], [0, 0], plain(2))).toBeNaN()
  })
})

describe("scoreWeights", () => {
  it("are those of scikit-learn's example, and sum to 1", () => {
    const weights = scoreWeights(crossed.cells, design)
    crossed.weights.forEach((weight, row) => expect(weights[row]).toBeCloseTo(weight, 14))
    expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
  })

  it("leave rows of cell −1 out, as if they were not there", () => {
    const some = scoreWeights([0, -1, 2, -1, 2], design)
    const alone = scoreWeights([0, 2, 2], design)
    expect([...some]).toEqual([alone[0], 0, alone[1], 0, alone[2]])
  })
})

describe("weightedLogLoss", () => {
  it("is scikit-learn's with these weights", () => {
    const weights = scoreWeights(crossed.cells, design)
    expect(weightedLogLoss(crossed.logProbabilities, weights)).toBeCloseTo(crossed.logLoss, 12)
  })

  it("does not read rows that do not count", () => {
    expect(weightedLogLoss([-1, NaN], [1, 0])).toBe(1)
  })
})

describe("macroF1", () => {
  const tally = (labels: ReadonlyArray<number>) => {
    const counts = [0, 0, 0, 0]
    for (const label of labels) counts[label]!++
    return counts
  }
  it("is scikit-learn's over fixed labels: 0 for one that is never right, and for one without rows", () => {
    const right = truth.filter((label, row) => label === crossed.predicted[row])
    expect(macroF1(tally(right), tally(truth), tally(crossed.predicted))).toBeCloseTo(crossed.macroF1, 12)
  })
})

describe("imageCeiling", () => {
  const images = [0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 5, 5]

  it("is the best of all functions of the image", () => {
    const weights = scoreWeights(crossed.cells, design)
    let best = 0
    for (let code = 0; code < 4 ** 6; code++) {
      const answer = (row: number) => Math.floor(code / 4 ** images[row]!) % 4
      const { hits, counts } = counted(crossed.cells, (row) => answer(row) === truth[row], 7)
      best = Math.max(best, balancedAccuracy(hits, counts, design))
    }
    expect(imageCeiling(images, crossed.cells, weights, design)).toBeCloseTo(best, 12)
    expect(best).toBeLessThan(0.95)
  })

  it("is 1 where no image is asked for two labels, to the last bit", () => {
    const cells = Array.from({ length: 700 }, (_, i) => i % 7)
    const own = Array.from(cells.keys())
    expect(imageCeiling(own, cells, scoreWeights(cells, design), design)).toBe(1)
  })
})

describe("meanOfNumbers", () => {
  it("leaves NaN out", () => {
    expect(meanOfNumbers([1, NaN, 2])).toBe(1.5)
    expect(meanOfNumbers([NaN])).toBeNaN()
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
