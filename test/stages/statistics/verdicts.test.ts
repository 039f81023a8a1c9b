import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../src/support/random.ts"
import { cohenKappa, mcnemar, signFlipTest } from "../../../stages/statistics/agreement.ts"
import { bonettPrice } from "../../../stages/statistics/bonett-price.ts"
import { clusterBootstrap } from "../../../stages/statistics/cluster-bootstrap.ts"
import { differenceOf, ratioSeries } from "../../../stages/statistics/differences.ts"
import {
  assessed,
  imagesNeeded,
  largestCompatible,
  verdictOn
} from "../../../stages/statistics/equivalence.ts"
import { benjaminiHochberg, holm } from "../../../stages/statistics/holm.ts"
import { ratioInterval } from "../../../stages/statistics/intervals.ts"

interface GoldenDifference {
  readonly a: Array<number>
  readonly b: Array<number>
  readonly estimate: number
  readonly standardError: number
  readonly degrees: number
  readonly low: number
  readonly high: number
  readonly p: number
  readonly delta: number
  readonly isSame: boolean
}
const golden = JSON.parse(
  readFileSync(new URL("../../fixtures/statistics/verdicts.json", import.meta.url), "utf8")
) as {
  paired: Array<GoldenDifference & { folds: number }>
  unpaired: Array<GoldenDifference & { foldsA: number; foldsB: number }>
  families: Array<{ p: Array<number>; holm: Array<number>; bh: Array<number> }>
  mcnemar: Array<[number, number, number]>
  kappa: { first: Array<number>; second: Array<number>; kappa: number }
  bootstrap: {
    cell: Array<Array<number>>
    labelOf: Array<number>
    hits: Array<Array<Array<number>>>
    estimate: number
    low: number
    high: number
    sd: number
  }
}

describe("differenceOf, assessed", () => {
  const all = [
    ...golden.paired.map((one) => ({ ...one, foldsA: one.folds, foldsB: one.folds })),
    ...golden.unpaired
  ]
  it("are numpy's and scipy's, paired and unpaired", () => {
    expect(all.map(({ isSame }) => isSame)).toContain(true)
    for (const { a, b, foldsA, foldsB, delta, isSame, ...expected } of all) {
      const found = assessed(differenceOf({ values: a, folds: foldsA }, { values: b, folds: foldsB }), 0.05)
      for (const name of ["estimate", "standardError", "degrees", "low", "high", "p"] as const)
        expect(found[name], name).toBeCloseTo(expected[name], 10)
      expect(verdictOn(found, 1, delta, 0.05)).toBe(isSame ? "same" : "inconclusive")
    }
  })

  it("know that no difference without an error is no difference", () => {
    const values = [0.5, 0.6, 0.7]
    const found = assessed(differenceOf({ values, folds: 3 }, { values, folds: 3 }), 0.05)
    expect(found).toMatchObject({ estimate: 0, low: 0, high: 0, p: 1 })
  })
})

describe("ratioSeries", () => {
  it("has the ratio as its mean, and the linearised interval's standard error", () => {
    const random = seededRandom("ratio series")
    const below = Array.from({ length: 10 }, () => 0.9 + 0.02 * normal(random))
    const above = below.map((value) => value - 0.2 + 0.02 * normal(random))
    const ratio = ratioInterval(above, below, { folds: 5, chance: 0.5 })
    const zeros = below.map(() => 0)
    const found = differenceOf(
      { values: zeros, folds: 5 },
      { values: ratioSeries(above, below, 0.5)!, folds: 5 }
    )
    if (ratio.undefined) throw new Error("undefined")
    expect(found.estimate).toBeCloseTo(ratio.estimate, 12)
    expect(found.standardError).toBeCloseTo(ratio.standardError, 12)
  })

  it("is none where the denominator is at chance", () => {
    expect(ratioSeries([0.5, 0.6], [0.25, 0.75], 0.5)).toBeNull()
  })
})

describe("verdictOn", () => {
  it("puts `same` before `different`: a small difference may be certain", () => {
    expect(verdictOn({ low: 0.001, high: 0.01 }, 0.0001, 0.02, 0.05)).toBe("same")
    expect(verdictOn({ low: 0.001, high: 0.03 }, 0.04, 0.02, 0.05)).toBe("different")
    expect(verdictOn({ low: 0.001, high: 0.03 }, 0.06, 0.02, 0.05)).toBe("inconclusive")
    expect(verdictOn({ low: -0.02, high: 0.01 }, 1, 0.02, 0.05)).toBe("inconclusive")
  })
  it("knows the largest difference left", () => {
    expect(largestCompatible({ low: -0.04, high: 0.01 })).toBe(0.04)
  })
})

describe("imagesNeeded", () => {
  it("gives sizes at which the verdict falls", () => {
    const difference = { estimate: 0.01, standardError: 0.02, degrees: 24 }
    const options = { images: 400, delta: 0.02, alpha: 0.05, tests: 4 }
    const { forSame, forDifferent } = imagesNeeded(difference, options)
    const at = (images: number) =>
      assessed({ ...difference, standardError: 0.02 * Math.sqrt(400 / images) }, 0.05)
    expect(verdictOn(at(forSame! + 1), 1, 0.02, 0.05)).toBe("same")
    expect(verdictOn(at(forSame! - 2), 1, 0.02, 0.05)).toBe("inconclusive")
    expect(4 * at(forDifferent! + 1).p).toBeLessThan(0.05)
    expect(4 * at(forDifferent! - 2).p).toBeGreaterThan(0.05)
  })
  it("says where no number would do", () => {
    const options = { images: 400, delta: 0.02, alpha: 0.05, tests: 1 }
    expect(imagesNeeded({ estimate: 0.03, standardError: 0.02, degrees: 4 }, options).forSame).toBeNull()
    expect(imagesNeeded({ estimate: 0, standardError: 0.02, degrees: 4 }, options).forDifferent).toBeNull()
  })
})

describe("p-values of many tests", () => {
  it("are adjusted as numpy and scipy do", () => {
    for (const { p, holm: ours, bh } of golden.families) {
      holm(p).forEach((value, i) => expect(value).toBeCloseTo(ours[i]!, 12))
      benjaminiHochberg(p).forEach((value, i) => expect(value).toBeCloseTo(bh[i]!, 12))
    }
  })
})

describe("answers to the same questions", () => {
  it("McNemar is scipy's binomial test, Cohen's kappa is scikit-learn's", () => {
    for (const [lost, gained, p] of golden.mcnemar) expect(mcnemar(lost, gained)).toBeCloseTo(p, 10)
    expect(cohenKappa(golden.kappa.first, golden.kappa.second)).toBeCloseTo(golden.kappa.kappa, 12)
  })

  it("26 images without a discordant pair do not show that two accuracies are the same", () => {
    const half = (pairs: number) => assessed({ ...bonettPrice(0, 0, pairs), degrees: 1e6 }, 0.05).high
    expect(half(26)).toBeGreaterThan(0.05)
    expect(half(200)).toBeLessThan(0.02)
  })

  it("Bonett and Price's interval, by hand", () => {
    // p₁₂ = 3/12, p₂₁ = 5/12
    const { estimate, standardError } = bonettPrice(2, 4, 10)
    expect(estimate).toBeCloseTo(1 / 6, 12)
    expect(standardError).toBeCloseTo(Math.sqrt((8 / 12 - 1 / 36) / 12), 12)
  })

  it("sign flips agree with McNemar where an image has one row", () => {
    const sums = [...Array.from({ length: 9 }, () => 1), ...Array.from({ length: 3 }, () => -1), 0, 0]
    const p = signFlipTest(sums, seededRandom("flips"))
    expect(Math.abs(p - mcnemar(3, 9))).toBeLessThan(0.03)
    expect(signFlipTest([0, 0], seededRandom("flips"))).toBe(1)
  })

  it("the bootstrap by image has numpy's limits", () => {
    const { cell, labelOf, hits, low, high, sd, estimate } = golden.bootstrap
    const entries = cell.flatMap((cells, image) => cells.map((of, row) => ({ image, of, row })))
    const found = clusterBootstrap(
      {
        image: entries.map(({ image }) => image),
        cell: entries.map(({ of }) => of),
        count: entries.map(() => 1),
        first: entries.map(({ image, row }) => hits[0]![image]![row]!),
        second: entries.map(({ image, row }) => hits[1]![image]![row]!),
        images: cell.length,
        design: { labelOf, labels: 3 }
      },
      seededRandom("bootstrap"),
      0.9
    )
    // 400 draws: a quantile's own error is about a tenth of the standard deviation
    expect(Math.abs(found.low - low)).toBeLessThan(0.3 * sd)
    expect(Math.abs(found.high - high)).toBeLessThan(0.3 * sd)
    expect(found.low).toBeLessThan(estimate)
    expect(found.high).toBeGreaterThan(estimate)
  })
})
