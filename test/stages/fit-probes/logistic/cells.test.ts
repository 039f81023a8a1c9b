import { expect, it } from "vitest"
import { fitLogistic } from "../../../../stages/fit-probes/logistic/fit-logistic.ts"
import { cellWeights } from "../../../../stages/statistics/weights.ts"
import { normal, seededRandom } from "../../../../src/index.ts"

const [rows, width, classes] = [240, 6, 4]
const random = seededRandom("cells", 1)
const x = Float32Array.from({ length: rows * width }, () => normal(random))
const labels = Int32Array.from({ length: rows }, (_, row) => (row % 12 < 6 ? 0 : (row % 3) + 1))
const images = Int32Array.from({ length: rows }, (_, row) => row >> 1)
const all = Int32Array.from({ length: rows }, (_, row) => row)
const split = { train: all.filter((row) => row % 10 >= 4), test: all.filter((row) => row % 10 < 4) }
const data = { x, rows, width, labels, classes, images, seed: 1, outer: [split] }

it("weighs the cells of a training set alike within it, whatever the held-out rows are", async () => {
  const weights = new Float64Array(rows)
  cellWeights(split.train.map((row) => labels[row]!)).forEach(
    (weight, t) => (weights[split.train[t]!] = weight)
  )
  const [byCells] = await fitLogistic({ ...data, grid: [1], cells: labels })
  const [byWeights] = await fitLogistic({ ...data, grid: [1], weights })
  expect(byCells).toEqual(byWeights)
})

it("guesses at chance, not below, where features say nothing", async () => {
  // with weights over all rows, the class that a fold holds out more of is rarer in training, and guessed less
  const folds = 5
  const outer = Array.from({ length: folds }, (_, fold) => ({
    train: all.filter((row) => (images[row]! * 7) % folds !== fold),
    test: all.filter((row) => (images[row]! * 7) % folds === fold)
  }))
  const constant = Float32Array.from({ length: rows * width }, () => normal(random) * 1e-3)
  const fits = await fitLogistic({ ...data, x: constant, outer, grid: [1e-4], cells: labels })
  const hits = new Float64Array(classes)
  const counts = new Float64Array(classes)
  fits.forEach((fit, i) => {
    if (fit.undefined !== undefined) throw new Error(fit.undefined)
    outer[i]!.test.forEach((row, t) => {
      counts[labels[row]!]!++
      if (fit.predictions[t] === labels[row]) hits[labels[row]!]!++
    })
  })
  const accuracy = hits.reduce((sum, hit, k) => sum + hit / counts[k]!, 0) / classes
  expect(accuracy).toBeGreaterThan(0.15)
  expect(accuracy).toBeLessThan(0.36)
})

it("refuses weights beside cells", async () => {
  await expect(
    fitLogistic({ ...data, cells: labels, weights: new Float64Array(rows).fill(1) })
  ).rejects.toThrow("not both")
})
