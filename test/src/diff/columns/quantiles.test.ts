import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Quantiles } from "../../../../src/diff/columns/quantiles.ts"

const of = (values: ReadonlyArray<number>) => {
  const quantiles = new Quantiles()
  for (const value of values) quantiles.add(value)
  return quantiles
}
const positive = fc.oneof(
  fc.double({ min: 1e-30, max: 1e30, noNaN: true }),
  fc.double({ min: 0.5, max: 2, noNaN: true }),
  fc.constant(0)
)

test("a quantile is at most 1/128 too small, in any order and in parts", () => {
  fc.assert(
    fc.property(
      fc.array(positive, { minLength: 1 }),
      fc.array(positive),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (some, others, p) => {
        const sorted = [...some, ...others].sort((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(p * sorted.length)) - 1]!
        const quantiles = of(some)
        quantiles.merge(of(others))
        const found = quantiles.at(p)!
        expect(quantiles.count).toBe(sorted.length)
        expect(found).toBeLessThanOrEqual(exact)
        expect(found).toBeGreaterThanOrEqual(exact * (1 - 1 / 128) - 1e-38)
        expect(of(sorted.toReversed()).at(p)).toBe(found)
      }
    )
  )
})

test("whole numbers up to 256 are exact; infinity is one; nothing has no quantile", () => {
  for (let n = 0; n <= 256; n++) expect(of([n]).at(0.5)).toBe(n)
  expect(of([1, Infinity, 1e300]).at(1)).toBe(Infinity)
  expect(of([]).at(0.5)).toBe(null)
})
