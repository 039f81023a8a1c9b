import { describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../src/support/random.ts"
import { correctedInterval, ratioInterval } from "../../../stages/statistics/intervals.ts"

describe("correctedInterval", () => {
  it("is Nadeau and Bengio's, worked by hand", () => {
    // two seeds of two folds: mean .65, s² = .05/3, SE² = s²(1/4 + 1/1), t(.975, 3) = 3.182446305
    const interval = correctedInterval([0.5, 0.6, 0.7, 0.8], { folds: 2 })
    const se = Math.sqrt((0.05 / 3) * 1.25)
    expect(interval.estimate).toBeCloseTo(0.65, 12)
    expect(interval.standardError).toBeCloseTo(se, 12)
    expect(interval.degrees).toBe(3)
    expect(interval.upper - 0.65).toBeCloseTo(3.182446305 * se, 8)
    expect(0.65 - interval.lower).toBeCloseTo(3.182446305 * se, 8)
  })

  it("does not shrink to nothing as seeds are added: they share their rows", () => {
    const random = seededRandom("intervals")
    const values = Array.from({ length: 5 * 200 }, () => 0.8 + 0.02 * normal(random))
    expect(correctedInterval(values, { folds: 5 }).standardError).toBeGreaterThan(0.02 * Math.sqrt(1 / 4))
  })

  it("is wider at a higher level", () => {
    const values = [0.5, 0.6, 0.7, 0.8]
    const wide = correctedInterval(values, { folds: 2, level: 0.99 })
    const narrow = correctedInterval(values, { folds: 2, level: 0.9 })
    expect(wide.upper - wide.lower).toBeGreaterThan(narrow.upper - narrow.lower)
  })

  it("refuses runs that are not K for each seed, and what is not a number", () => {
    expect(() => correctedInterval([1, 2, 3], { folds: 2 })).toThrow(/3 values are not 2 folds for each seed/)
    expect(() => correctedInterval([], { folds: 2 })).toThrow(RangeError)
    expect(() => correctedInterval([1, NaN], { folds: 2 })).toThrow(/values\[1\] is NaN/)
  })
})

describe("ratioInterval", () => {
  const pp = [0.94, 0.95, 0.92, 0.96, 0.93]
  const sp = [0.74, 0.76, 0.71, 0.77, 0.73]

  it("is a ratio of means", () => {
    const mean = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b) / values.length
    const ratio = ratioInterval(sp, pp, { folds: 5, chance: 0 })
    if (ratio.undefined) throw new Error("undefined")
    expect(ratio.estimate).toBeCloseTo(mean(sp) / mean(pp), 12)
    const corrected = ratioInterval(sp, pp, { folds: 5, chance: 0.5 })
    if (corrected.undefined) throw new Error("undefined")
    expect(corrected.estimate).toBeCloseTo((mean(sp) - 0.5) / (mean(pp) - 0.5), 12)
  })

  it("has no width where numerator and denominator move together", () => {
    const ratio = ratioInterval(
      pp.map((v) => 0.8 * v),
      pp,
      { folds: 5, chance: 0 }
    )
    if (ratio.undefined) throw new Error("undefined")
    expect(ratio.standardError).toBeLessThan(1e-15)
  })

  it("spreads as the ratios of single runs do, to first order", () => {
    const random = seededRandom("ratios")
    const denominator = Array.from({ length: 25 }, () => 0.9 + 0.003 * normal(random))
    const numerator = denominator.map((v) => 0.7 * v + 0.003 * normal(random))
    const linear = ratioInterval(numerator, denominator, { folds: 5, chance: 0 })
    const direct = correctedInterval(
      numerator.map((v, i) => v / denominator[i]!),
      { folds: 5 }
    )
    expect(Math.abs(linear.undefined ? NaN : linear.standardError / direct.standardError - 1)).toBeLessThan(
      0.02
    )
  })

  it("is undefined, corrected, where the denominator's lower limit is under .6", () => {
    const weak = [0.62, 0.55, 0.7, 0.6, 0.68]
    const corrected = ratioInterval(sp, weak, { folds: 5, chance: 0.5 })
    expect(corrected.undefined).toBe(true)
    expect(corrected.undefined && corrected.denominator.estimate).toBeCloseTo(0.63, 12)
    expect(ratioInterval(sp, weak, { folds: 5, chance: 0 }).undefined).toBeUndefined()
  })

  it("refuses lists that differ in length", () => {
    expect(() => ratioInterval(sp, [...pp, ...pp], { folds: 5, chance: 0 })).toThrow(
      /numerator has 5 values and denominator 10/
    )
  })
})
