import { describe, expect, it } from "vitest"
import type { Cell } from "../../../stages/aggregate/cells.ts"
import { measureOf, measures } from "../../../stages/aggregate/measures.ts"

const mean = (runs: ReadonlyArray<number>) => runs.reduce((sum, value) => sum + value, 0) / runs.length
const cellOf = (runs: ReadonlyArray<number> | null, some: Partial<Cell> = {}): Cell => ({
  encoder: "vit",
  probe: "logistic",
  tap: "embed",
  token: "avg_obj",
  source: "secondary",
  target: "primary",
  accuracy: runs === null ? null : mean(runs),
  low: runs === null ? null : mean(runs) - 0.05,
  high: runs === null ? null : mean(runs) + 0.05,
  runs,
  folds: 5,
  classes: 2,
  chance: 0.5,
  n: 400,
  images: 400,
  foldsWithEmptyCells: 0,
  ...some
})
const four = { classes: 4, chance: 0.25 }
const pp = cellOf([0.9, 0.9, 0.9, 0.9, 0.9])
const sp = cellOf([0.6, 0.75, 0.75, 0.75, 0.75])
const ss = cellOf([0.7, 0.7, 0.7, 0.7, 0.7], four)
const t4 = 2.776445

describe("measureOf", () => {
  it.each([
    ["primary", "primary", "A_pp"],
    ["primary", "secondary", "A_ps"],
    ["secondary", "primary", "A_sp"],
    ["secondary", "secondary", "A_ss"],
    ["image", "primary", "A_pp"],
    ["image", "secondary", "A_ss"],
    ["background", "primary", "A_bg"],
    ["background", "secondary", null],
    ["object", "category", null],
    ["image", "category", null]
  ])("calls %s tokens asked about the %s %s", (source, target, expected) => {
    expect(measureOf({ source, target })).toBe(expected)
  })
})

describe("measures", () => {
  it("M1 is A_ss with its interval, corrected for a chance of a quarter", () => {
    const { m1 } = measures(new Map([["A_ss", ss]]), undefined, undefined)
    expect(m1).toMatchObject({ m1: ss.accuracy, m1_low: ss.low, m1_high: ss.high })
    expect(m1.m1_corrected).toBeCloseTo((0.7 - 0.25) / 0.75, 12)
  })

  it("M2 is a ratio of means, and corrected both means are taken less a half", () => {
    const { m2 } = measures(
      new Map([
        ["A_pp", pp],
        ["A_sp", sp]
      ]),
      undefined,
      undefined
    )
    expect(m2.m2).toBeCloseTo(0.72 / 0.9, 12)
    expect(m2.m2_corrected).toBeCloseTo(0.22 / 0.4, 12)
    // A_pp does not vary here, so that the interval is A_sp's over A_pp: s² = .0045, SE² = s² (1/5 + 1/4)
    const half = t4 * Math.sqrt(0.0045 * 0.45)
    expect(m2.m2_high! - m2.m2!).toBeCloseTo(half / 0.9, 6)
    expect(m2.m2! - m2.m2_low!).toBeCloseTo(half / 0.9, 6)
    expect(m2.m2_corrected_high! - m2.m2_corrected!).toBeCloseTo(half / 0.4, 6)
  })

  it("linearises: where A_sp and A_pp rise and fall together, the ratio hardly moves", () => {
    const rising = cellOf([0.8, 0.85, 0.9, 0.95, 1])
    const along = cellOf([0.64, 0.68, 0.72, 0.76, 0.8])
    const { m2 } = measures(
      new Map([
        ["A_pp", rising],
        ["A_sp", along]
      ]),
      undefined,
      undefined
    )
    expect(m2.m2).toBeCloseTo(0.8, 12)
    expect(m2.m2_high! - m2.m2_low!).toBeLessThan(1e-9)
  })

  it("has no corrected M2 where A_pp's lower limit is under .6, but keeps M2", () => {
    const shaky = cellOf([0.5, 0.9, 0.6, 0.9, 0.6])
    const { m2 } = measures(
      new Map([
        ["A_pp", shaky],
        ["A_sp", sp]
      ]),
      undefined,
      undefined
    )
    expect(m2.m2).toBeCloseTo(0.72 / 0.7, 12)
    expect(m2.m2_corrected ?? null).toBeNull()
    expect(m2.m2_corrected_low ?? null).toBeNull()
  })

  it("entanglement is A_sp − A_bg, paired fold by fold, with A_bg and the floor at embed beside it", () => {
    const bg = cellOf([0.5, 0.65, 0.65, 0.65, 0.65], { source: "background" })
    const floor = cellOf([0.48, 0.48, 0.48, 0.48, 0.48])
    const { m2 } = measures(
      new Map([
        ["A_pp", pp],
        ["A_sp", sp]
      ]),
      bg,
      floor
    )
    expect(m2.a_bg).toBe(bg.accuracy)
    expect(m2.embed_floor).toBe(floor.accuracy)
    expect(m2.entanglement).toBeCloseTo(0.1, 12)
    // both vary, but not apart from each other
    expect(m2.entanglement_high! - m2.entanglement_low!).toBeLessThan(1e-9)
  })

  it("gives nothing of an undefined A_sp, A_pp, A_ss or background but what the others still say", () => {
    const undefinedCell = cellOf(null)
    expect(measures(new Map([["A_ss", undefinedCell]]), undefined, undefined).m1).toEqual({})
    const without = measures(
      new Map([
        ["A_pp", undefinedCell],
        ["A_sp", sp]
      ]),
      undefinedCell,
      undefinedCell
    ).m2
    expect(without).toEqual({ embed_floor: null })
    const background = measures(
      new Map([
        ["A_pp", pp],
        ["A_sp", undefinedCell]
      ]),
      pp,
      undefined
    ).m2
    expect(background).toEqual({ a_bg: pp.accuracy, embed_floor: null })
  })

  it("does not pair runs of different folds", () => {
    const fewer = cellOf([0.7, 0.7, 0.7], { folds: 3 })
    const { m2 } = measures(
      new Map([
        ["A_pp", fewer],
        ["A_sp", sp]
      ]),
      fewer,
      undefined
    )
    expect(m2).toEqual({ a_bg: fewer.accuracy, embed_floor: null })
  })
})
