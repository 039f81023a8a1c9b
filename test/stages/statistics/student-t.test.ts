import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { studentTCdf, studentTQuantile } from "../../../stages/statistics/student-t.ts"

const golden = JSON.parse(
  readFileSync(new URL("../../fixtures/statistics/statistics.json", import.meta.url), "utf8")
) as {
  quantiles: Array<[number, number, number]>
  cdf: Array<[number, number, number]>
}

describe("Student's t", () => {
  it("has scipy's quantiles to ten digits", () => {
    for (const [p, degrees, expected] of golden.quantiles)
      expect(Math.abs(studentTQuantile(p, degrees) / expected - 1), `t(${p}, ${degrees})`).toBeLessThan(1e-10)
  })

  it("has scipy's cumulative probabilities to eleven digits, far tails too", () => {
    for (const [t, degrees, expected] of golden.cdf)
      expect(Math.abs(studentTCdf(t, degrees) / expected - 1), `P(T ≤ ${t}; ${degrees})`).toBeLessThan(1e-11)
  })

  it("is symmetric and knows its ends", () => {
    expect(studentTQuantile(0.5, 3)).toBe(0)
    expect(studentTQuantile(0.025, 7)).toBe(-studentTQuantile(0.975, 7))
    expect(studentTCdf(Infinity, 2)).toBe(1)
    expect(studentTCdf(-Infinity, 2)).toBe(0)
  })

  it("refuses what is no probability or no degree of freedom", () => {
    expect(() => studentTQuantile(1, 4)).toThrow(/not in \(0, 1\)/)
    expect(() => studentTQuantile(0.9, 0)).toThrow(/degrees of freedom/)
    expect(() => studentTCdf(1, NaN)).toThrow(RangeError)
  })
})
