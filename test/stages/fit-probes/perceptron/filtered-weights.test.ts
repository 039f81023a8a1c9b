import { expect, it } from "vitest"
import { below, seededRandom } from "../../../../src/index.ts"
import { FilteredWeights } from "../../../../stages/fit-probes/perceptron/filtered-weights.ts"
import { KernelRows } from "../../../../stages/fit-probes/perceptron/kernel-rows.ts"
import { dataOf, kinds } from "./data.ts"

it.each(Object.keys(kinds))("quick scores are within the bound: %s", (kind) => {
  let bounded = 0
  let tightest = Infinity
  for (let world = 0; world < 12; world++) {
    const random = seededRandom("filtered weights", kind, world)
    const width = 1 + below(random, [4, 40, 900][world % 3]!)
    const { x, rows } = dataOf(random, kind, 20, width, 2)
    const weights = new FilteredWeights(KernelRows.of(x, width, 2)!, world % 2)
    for (let step = 0; step < 60; step++) {
      const row = below(random, rows)
      const score = weights.score(row)
      const error = weights.error(row)
      const exact = weights.exact.score(row)
      if (!Number.isNaN(error)) {
        bounded++
        // also from the true dot product, whose sum in float64 is near enough
        const { values } = weights.exact
        const product = values.reduce((sum, w, j) => sum + w * x[row * width + j]!, 0)
        expect(Math.abs(score - exact)).toBeLessThanOrEqual(error)
        expect(Math.abs(score - product)).toBeLessThanOrEqual(error)
        if (exact !== 0) tightest = Math.min(tightest, error / Math.abs(exact))
      }
      weights.add(row, random() < 0.5 ? 1 : -1, score)
      if (step % 20 === 19) weights.measure()
    }
  }
  if (kind !== "too large for the bound") expect(bounded).toBe(12 * 60)
  if (!/tiny|subnormal|large for/.test(kind)) expect(tightest).toBeLessThan(1e-4)
})

it("changes weights exactly as the plain ones do", () => {
  for (const kind of Object.keys(kinds)) {
    const random = seededRandom("change", kind)
    const width = 1 + below(random, 70)
    const { x, rows } = dataOf(random, kind, 9, width, 2)
    const kernelRows = KernelRows.of(x, width, 3)!
    const weights = [0, 1, 2].map((vector) => new FilteredWeights(kernelRows, vector))
    const plain = new Float32Array(width)
    for (let step = 0; step < 50; step++) {
      const row = below(random, rows)
      const sign = random() < 0.5 ? 1 : -1
      weights[1]!.add(row, sign, weights[1]!.score(row))
      for (let j = 0; j < width; j++) plain[j]! += sign * x[row * width + j]!
    }
    expect(weights[1]!.exact.values).toEqual(plain)
    // and no others
    expect([0, 2].flatMap((vector) => [...weights[vector]!.exact.values])).toEqual(Array(2 * width).fill(0))
  }
})

it("has no bound where a sum may overflow", () => {
  const weights = new FilteredWeights(KernelRows.of(Float32Array.of(3e38, 3e38, 1, 1), 2, 1)!, 0)
  weights.add(0, 1, weights.score(0))
  expect(weights.error(1)).toBeNaN()
  weights.add(0, -1, 0)
  weights.measure()
  expect(weights.error(1)).toBeLessThan(1e-40)
})

it("leaves data to the plain way if memory cannot hold it", () => {
  // a view of a length that no memory has
  const features = new Proxy(new Float32Array(1), {
    get: (of, key) => (key === "length" ? 2 ** 32 : Reflect.get(of, key))
  })
  expect(KernelRows.of(features, 2 ** 10, 2)).toBeUndefined()
})
