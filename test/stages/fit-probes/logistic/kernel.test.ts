import { describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../../src/support/random.ts"
import { FLOAT_BYTES, FitKernel, withKernel } from "../../../../stages/fit-probes/logistic/kernel.ts"

const kernel = new FitKernel()
const random = seededRandom("kernel")
/** The address of floats in a kernel's memory. */
const put = (values: ArrayLike<number>, where = kernel) => {
  const address = where.allocate(values.length)
  where.at(address, values.length).set(values)
  return address
}
const noise = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * normal(random))

describe("passes over vectors", () => {
  const n = 64
  const [a, b, c, d, x] = [noise(n), noise(n), noise(n), noise(n), noise(n)]
  const [at, bt, ct, dt, xt] = [a, b, c, d, x].map((values) => put(values))
  const target = kernel.allocate(n)
  const result = () => kernel.at(target, n)
  const end = target + n * FLOAT_BYTES
  const f = Math.fround

  it("sum products in doubles", () => {
    const sum = a.reduce((total, value, i) => total + f(value * b[i]!), 0)
    expect(kernel.dot(at!, bt!, n)).toBeCloseTo(sum, 12)
  })

  it("add, subtract and scale", () => {
    kernel.combine(target, at!, -1, bt!, n)
    expect(result()).toEqual(a.map((value, i) => value - b[i]!))
    kernel.scale(target, 0.75, at!, n)
    expect(result()).toEqual(a.map((value) => 0.75 * value))
  })

  it("fold a scaling in", () => {
    kernel.passes.foldScaling(target, xt!, at!, bt!, end)
    const expected = x.map((value, i) => value * a[i]!)
    expect(result()).toEqual(expected)
    expect(kernel.sum).toBeCloseTo(
      expected.reduce((total, value, i) => total + value * b[i]!, 0),
      5
    )
  })

  it("finish gradients and precondition them", () => {
    kernel.factors(3, 0.5)
    kernel.passes.gradient(target, at!, bt!, ct!, xt!, end)
    for (let i = 0; i < n; i++) expect(result()[i]).toBeCloseTo((a[i]! - 3 * b[i]!) * c[i]! + 0.5 * x[i]!, 4)
    kernel.factors(0.25)
    kernel.passes.precondition(target, at!, bt!, dt!, end)
    for (let i = 0; i < n; i++) expect(result()[i]).toBeCloseTo((a[i]! + 0.25 * b[i]!) * d[i]!, 5)
  })
})

/** Losses and residuals in doubles; −1 for a label that is missing. */
function expected(scores: Float32Array, rows: number, labels: ArrayLike<number>, weights: Float32Array) {
  const classes = scores.length / rows
  const residuals = new Float64Array(scores.length)
  let loss = 0
  for (let row = 0; row < rows; row++) {
    const own = Array.from({ length: classes }, (_, k) => scores[k * rows + row]!)
    const truth = own[labels[row]!] ?? 0
    const others = own.reduce((sum, s, k) => sum + (k === labels[row] ? 0 : Math.exp(s - truth)), 0)
    const highest = Math.max(...own)
    const all = own.reduce((sum, s) => sum + Math.exp(s - highest), 0)
    loss += weights[row]! * (others < 1 ? Math.log1p(others) : Math.log(1 + others))
    for (let k = 0; k < classes; k++)
      residuals[k * rows + row] =
        weights[row]! * (k === labels[row] ? -others / (1 + others) : Math.exp(own[k]! - highest) / all)
  }
  return { loss, residuals }
}

describe("passes over scores", () => {
  const rows = 40
  for (const scale of [1e-4, 0.5, 5, 25])
    for (const classes of [3, 20])
      it(`softmax: ${classes} classes, scores of about ${scale}`, () => {
        const scores = noise(rows * classes, scale)
        const labels = Float32Array.from({ length: rows }, (_, row) => (row * 7) % classes)
        const weights = Float32Array.from({ length: rows }, (_, row) => (row % 5 === 0 ? 0 : 0.5 + (row % 3)))
        const heldOut = Float32Array.from({ length: rows }, (_, row) => (row % 5 === 0 ? 2 : 0))
        // a row that is fitted well keeps its digits
        for (let k = 0; k < classes; k++) scores[k * rows + 1] = k === labels[1] ? 30 : -5
        const { loss, residuals } = expected(scores, rows, labels, weights)
        const at = put(scores)
        const below = rows * FLOAT_BYTES
        kernel.passes.softmax(at, at + below, below, classes * below, put(labels), put(weights), put(heldOut))
        expect(kernel.sum / loss - 1).toBeCloseTo(0, 6)
        expect(kernel.otherSum / expected(scores, rows, labels, heldOut).loss - 1).toBeCloseTo(0, 6)
        const got = kernel.at(at, scores.length)
        for (const [i, value] of residuals.entries())
          // exponents are rounded relative to the scores
          expect(Math.abs(got[i]! - value)).toBeLessThan(1e-6 * Math.abs(value) * (1 + scale) + 1e-15)
      })

  for (const scale of [1e-4, 1, 40])
    it(`two classes, scores of about ${scale}`, () => {
      const scores = noise(rows, scale)
      const labels = Array.from({ length: rows }, (_, row) => row % 2)
      const signs = Float32Array.from(labels, (label) => 2 * label - 1)
      const weights = Float32Array.from({ length: rows }, (_, row) => (row % 5 === 0 ? 0 : 0.5 + (row % 3)))
      const heldOut = Float32Array.from({ length: rows }, (_, row) => (row % 5 === 0 ? 2 : 0))
      const both = new Float32Array(2 * rows)
      both.set(scores, rows)
      const { loss, residuals } = expected(both, rows, labels, weights)
      const at = put(scores)
      kernel.passes.binomial(at, at + rows * FLOAT_BYTES, put(signs), put(weights), put(heldOut))
      expect(kernel.sum / loss - 1).toBeCloseTo(0, 6)
      expect(kernel.otherSum / expected(both, rows, labels, heldOut).loss - 1).toBeCloseTo(0, 6)
      const got = kernel.at(at, rows)
      for (let row = 0; row < rows; row++) {
        const value = residuals[rows + row]!
        expect(Math.abs(got[row]! - value)).toBeLessThan(1e-6 * Math.abs(value) + 1e-35)
      }
    })

  it("a tie of all classes is a tie", () => {
    const scores = new Float32Array(4 * 4).fill(3.5)
    const at = put(scores)
    const ones = put([1, 1, 1, 1])
    kernel.passes.softmax(at, at + 16, 16, 64, put([0, 1, 2, 3]), ones, ones)
    expect(kernel.sum).toBeCloseTo(4 * Math.log(4), 14)
    expect(kernel.at(at, 4)).toEqual(Float32Array.of(-0.75, 0.25, 0.25, 0.25))
  })
})

describe("a kernel's memory", () => {
  it("grows, keeps what it holds, and starts with zeros each time", async () => {
    const first = await withKernel(async (lent) => {
      const at = put([1, 2, 3, 4], lent)
      const large = lent.allocate(100_000)
      expect([...lent.at(at, 4)]).toEqual([1, 2, 3, 4])
      lent.at(large, 100_000).fill(7)
      return lent
    })
    await withKernel(async (lent) => {
      expect(lent).toBe(first)
      expect(lent.at(lent.allocate(100_000), 100_000).every((value) => value === 0)).toBe(true)
      await withKernel(async (other) => expect(other).not.toBe(lent))
    })
  })
})
