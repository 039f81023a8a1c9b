import { describe, expect, it } from "vitest"
import { aggregated, asked, five, only, pairOf, scoreRow, undefinedRow } from "./scores.ts"

const pp = five(0.9)
const sp = [0.6, 0.75, 0.75, 0.75, 0.75]
const ss = [0.6, 0.725, 0.725, 0.725, 0.725]
const t4 = 2.776445
/** Of four runs that are `by` above the fifth: s² = by²/5, SE² = s²(1/5 + 1/4). */
const half = (by: number) => t4 * Math.sqrt(((by * by) / 5) * 0.45)

describe("the interval of an accuracy", () => {
  it("is worked out by hand: s² = .0045, SE² = s²(1/5 + 1/4), t of 4 degrees", async () => {
    const row = only(await aggregated([scoreRow(sp)]), {})
    expect(row.balanced_accuracy! - row.low!).toBeCloseTo(half(0.15), 6)
    expect(row.high! - row.balanced_accuracy!).toBeCloseTo(half(0.15), 6)
  })

  it("takes two seeds as ten runs", async () => {
    const row = only(await aggregated([scoreRow([...sp, ...sp], { folds: 5, seeds: 2 })]), {})
    // s² = .036/9, SE² = s² (1/10 + 1/4), t of 9 degrees 2.262157
    expect(row.high! - row.balanced_accuracy!).toBeCloseTo(2.262157 * Math.sqrt(0.004 * 0.35), 6)
  })

  it("does not exist with the last of five folds empty, nor with one fold", async () => {
    const rows = await aggregated([scoreRow([...five(0.7).slice(1), NaN]), scoreRow([0.8], { tap: "embed" })])
    for (const [i, accuracy] of [0.7, 0.8].entries()) {
      expect(rows[i]!.balanced_accuracy).toBeCloseTo(accuracy, 12)
      expect([rows[i]!.low, rows[i]!.high]).toEqual([null, null])
    }
  })

  it("stays within 0 and 1", async () => {
    const rows = await aggregated([
      scoreRow([1, 1, 1, 1, 0.3]),
      scoreRow([0, 0, 0, 0, 0.7], { tap: "embed" })
    ])
    expect(rows[0]!.high).toBe(1)
    expect(rows[0]!.low).toBeGreaterThan(0)
    expect(rows[1]!.low).toBe(0)
  })
})

describe("M1", () => {
  it("is A_ss with its interval, corrected for a chance of a quarter", async () => {
    const row = only(await aggregated(pairOf({ A_ss: ss })), {})
    expect([row.m1, row.m1_low, row.m1_high]).toEqual([row.balanced_accuracy, row.low, row.high])
    expect(row.m1_corrected).toBeCloseTo((0.7 - 0.25) / 0.75, 12)
    expect(row.m1_corrected! - row.m1_corrected_low!).toBeCloseTo(half(0.125) / 0.75, 6)
    expect(row.m1_corrected_high! - row.m1_corrected!).toBeCloseTo(half(0.125) / 0.75, 6)
  })

  it("is that of the image's tokens as well", async () => {
    const rows = await aggregated([scoreRow(ss, { source: "image", target: "secondary", token: "cls" })])
    expect(only(rows, { measure: "A_ss" }).m1).toBeCloseTo(0.7, 12)
  })
})

describe("M2", () => {
  const spOf = async (runs: Parameters<typeof pairOf>[0], some = {}) =>
    only(await aggregated(pairOf(runs, some)), { measure: "A_sp" })

  it("is a ratio of means; corrected, both means are taken less a half", async () => {
    const row = await spOf({ A_pp: pp, A_sp: sp })
    expect(row.m2).toBeCloseTo(0.72 / 0.9, 12)
    expect(row.m2_corrected).toBeCloseTo(0.22 / 0.4, 12)
    // A_pp does not vary here, so that the interval is A_sp's over A_pp
    expect(row.m2_high! - row.m2!).toBeCloseTo(half(0.15) / 0.9, 6)
    expect(row.m2! - row.m2_low!).toBeCloseTo(half(0.15) / 0.9, 6)
    expect(row.m2_corrected_high! - row.m2_corrected!).toBeCloseTo(half(0.15) / 0.4, 6)
  })

  it("hardly moves where A_sp and A_pp rise and fall together", async () => {
    const rising = [0.8, 0.85, 0.9, 0.95, 1]
    const { m2, m2_low, m2_high } = await spOf({ A_pp: rising, A_sp: rising.map((value) => 0.8 * value) })
    expect(m2).toBeCloseTo(0.8, 12)
    expect(m2_high! - m2_low!).toBeLessThan(1e-9)
  })

  const columns = [
    "m2",
    "m2_low",
    "m2_high",
    "m2_corrected",
    "m2_corrected_low",
    "m2_corrected_high"
  ] as const
  const shaky = [0.5, 0.9, 0.6, 0.9, 0.6]
  it.each([
    ["A_pp's lower limit is under .6", shaky],
    ["A_pp has no interval", [0.9, 0.9, 0.9, 0.9, NaN]]
  ])("is blank, plain and corrected, where %s", async (_, uncertain) => {
    const row = await spOf({ A_pp: uncertain, A_sp: sp })
    for (const column of columns) expect(row[column]).toBeNull()
  })

  it("as published is given even so, but never corrected", async () => {
    const row = await spOf({ A_pp: shaky, A_sp: sp }, { selection: "as-published" })
    expect(row.m2).toBeCloseTo(0.72 / 0.7, 12)
    expect(row.m2_low).toBeLessThan(row.m2!)
    expect([row.m2_corrected, row.m2_corrected_low, row.m2_corrected_high]).toEqual([null, null, null])
    const without = await spOf({ A_pp: [...shaky.slice(1), NaN], A_sp: sp }, { selection: "as-published" })
    // over the four folds that both have
    expect(without.m2).toBeCloseTo(0.7125 / 0.75, 12)
    expect([without.m2_low, without.m2_high]).toEqual([null, null])
  })

  it("is not of other folds, or of an undefined A_pp", async () => {
    expect((await spOf({ A_pp: [0.9, 0.9, 0.9], A_sp: sp })).m2).toBeNull()
    const rows = await aggregated([undefinedRow(asked.A_pp), scoreRow(sp)])
    expect(only(rows, { measure: "A_sp" }).m2).toBeNull()
  })

  it("has no corrected form where another number of labels was scored on one side", async () => {
    const rows = await aggregated([scoreRow(pp, { ...asked.A_pp, chance: 1 / 3 }), scoreRow(sp)])
    const { m2, m2_corrected } = only(rows, { measure: "A_sp" })
    expect(m2).toBeCloseTo(0.8, 12)
    expect(m2_corrected).toBeNull()
  })
})

describe("entanglement", () => {
  it("is the paired difference of both sides of a comparison, not of A_sp itself", async () => {
    const rows = await aggregated(
      pairOf({
        A_sp: five(0.99),
        A_sp_vs_bg: sp,
        A_bg: sp.map((value) => value - 0.1),
        A_sp_vs_near: five(0.8),
        A_near: [0.6, 0.75, 0.75, 0.75, 0.75]
      })
    )
    const row = only(rows, { measure: "A_sp" })
    expect(row.a_bg).toBeCloseTo(0.62, 12)
    expect(row.entanglement).toBeCloseTo(0.1, 12)
    // both vary, but not apart from each other
    expect(row.entanglement_high! - row.entanglement_low!).toBeLessThan(1e-9)
    expect(row.a_near).toBeCloseTo(0.72, 12)
    expect(row.entanglement_near).toBeCloseTo(0.08, 12)
    expect(row.entanglement_near_high! - row.entanglement_near!).toBeCloseTo(half(0.15), 6)
    for (const measure of ["A_bg", "A_sp_vs_bg", "A_near", "A_sp_vs_near"])
      expect(only(rows, { measure })).toMatchObject({
        a_bg: null,
        entanglement: null,
        entanglement_near: null
      })
  })

  it("reversed stands in rows of A_ps", async () => {
    const rows = await aggregated(pairOf({ A_ps: five(0.4), A_ps_vs_bs: five(0.5), A_bs: five(0.3) }))
    const row = only(rows, { measure: "A_ps" })
    expect(row.a_bs).toBeCloseTo(0.3, 12)
    expect(row.reverse_entanglement).toBeCloseTo(0.2, 12)
    expect(row.reverse_entanglement_low).toBeCloseTo(0.2, 12)
    expect(row.entanglement).toBeNull()
  })

  it("has no interval where a run of either side has no value, and is of the others", async () => {
    const row = only(
      await aggregated(
        pairOf({ A_sp: sp, A_sp_vs_bg: [0.7, 0.7, 0.7, 0.7, 0.9], A_bg: [0.6, 0.6, 0.6, 0.6, NaN] })
      ),
      { measure: "A_sp" }
    )
    expect(row.entanglement).toBeCloseTo(0.1, 12)
    expect([row.entanglement_low, row.entanglement_high]).toEqual([null, null])
  })

  it("is null where the sides are of different examples, or one is missing or undefined", async () => {
    const sides = pairOf({ A_sp: sp, A_sp_vs_bg: sp })
    for (const other of [
      scoreRow(five(0.6), { ...asked.A_bg, examples_digest: "other" }),
      scoreRow(five(0.6), { ...asked.A_bg, token: "random_obj" }),
      undefinedRow(asked.A_bg)
    ])
      expect(only(await aggregated([...sides, other]), { measure: "A_sp" })).toMatchObject({
        a_bg: null,
        entanglement: null,
        entanglement_low: null
      })
  })
})

it("the floor of A_sp is its own accuracy at embed", async () => {
  const rows = await aggregated(pairOf({ A_sp: sp }), pairOf({ A_sp: five(0.48) }, { tap: "embed" }))
  for (const { embed_floor } of rows) expect(embed_floor).toBeCloseTo(0.48, 12)
})
