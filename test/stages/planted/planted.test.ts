/** Planted worlds: what is planted is what the stages find. `bench/planted.mjs` draws more of them. */
import { describe, expect, it } from "vitest"
import type { MeasureRow } from "../../../stages/tables/measures.ts"
import { planted, plantedExamples } from "../../../stages/planted/stage.ts"
import { plantedScene, rotation, type WorldName, worldNames } from "../../../stages/planted/world.ts"
import { seededRandom } from "../../../src/index.ts"
import { collect, computeOf, fakeContext, tableOf } from "../fakes.ts"
import { type Asked, measurePlanted } from "./measure-planted.ts"

const asking = (token: string, source: string, target: string): Asked => ({ token, source, target })
const own = ["primary", "secondary"].flatMap((source) =>
  ["primary", "secondary"].map((target) => asking("avg_obj", source, target))
)
const cls = ["primary", "secondary"].map((target) => asking("cls", "image", target))
const sides = (token: string) => [
  asking(token, "secondary", "primary"),
  asking(token, "secondary_vs_background", "primary"),
  asking(token, "background_vs_secondary", "primary")
]
const rowOf = (rows: ReadonlyArray<MeasureRow>, measure: string, token = "avg_obj") =>
  rows.find((row) => row.measure === measure && row.token === token)!

/** Means over draws. */
async function drawn(
  world: WorldName,
  asked: ReadonlyArray<Asked>,
  draws: number
): Promise<ReadonlyArray<ReadonlyArray<MeasureRow>>> {
  const all: Array<ReadonlyArray<MeasureRow>> = []
  for (let seed = 0; seed < draws; seed++)
    all.push(await measurePlanted(asked, { world, seed, scenes: 300, width: 8 }))
  return all
}
const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length
const meanOf = (all: ReadonlyArray<ReadonlyArray<MeasureRow>>, measure: string, token = "avg_obj") =>
  mean(all.map((rows) => rowOf(rows, measure, token).balanced_accuracy!))

describe("the worlds", () => {
  it("segregated: each object's tokens know their own object, CLS and the background nothing", async () => {
    const all = await drawn("segregated", [...own, ...cls, ...sides("avg_obj").slice(1)], 2)
    expect(meanOf(all, "A_pp")).toBeGreaterThan(0.8)
    expect(meanOf(all, "A_ss")).toBeGreaterThan(0.65)
    for (const [measure, chance] of [
      ["A_sp", 0.5],
      ["A_ps", 0.25],
      ["A_bg", 0.5]
    ] as const)
      expect(Math.abs(meanOf(all, measure) - chance), measure).toBeLessThan(0.08)
    expect(Math.abs(meanOf(all, "A_pp", "cls") - 0.5)).toBeLessThan(0.08)
  }, 60_000)
  it("cls-only: CLS knows both objects, and no patch knows anything", async () => {
    const all = await drawn("cls-only", [...own, ...cls], 2)
    expect(meanOf(all, "A_pp", "cls")).toBeGreaterThan(0.8)
    expect(meanOf(all, "A_ss", "cls")).toBeGreaterThan(0.7)
    expect(Math.abs(meanOf(all, "A_pp") - 0.5)).toBeLessThan(0.09)
    expect(Math.abs(meanOf(all, "A_ss") - 0.25)).toBeLessThan(0.09)
  }, 60_000)
  it("position-only: the primary's tokens tell its category by their place, and so does the background", async () => {
    const all = await drawn("position-only", [...own, ...sides("avg_obj").slice(1)], 2)
    expect(meanOf(all, "A_pp")).toBeGreaterThan(0.75)
    expect(Math.abs(meanOf(all, "A_sp") - 0.5)).toBeLessThan(0.09)
    // the guard around the primary keeps background patches out of its half
    expect(meanOf(all, "A_bg")).toBeGreaterThan(0.55)
    expect(Math.abs(meanOf(all, "A_ss") - 0.25)).toBeLessThan(0.09)
  }, 60_000)
  it("nothing: no token knows anything, and M2 is blank", async () => {
    const all = await drawn("nothing", [...own, ...cls], 2)
    for (const [measure, chance] of [
      ["A_pp", 0.5],
      ["A_sp", 0.5],
      ["A_ps", 0.25],
      ["A_ss", 0.25]
    ] as const)
      expect(Math.abs(meanOf(all, measure) - chance), measure).toBeLessThan(0.09)
    for (const rows of all)
      expect([rowOf(rows, "A_sp").m2, rowOf(rows, "A_sp").m2_corrected]).toEqual([null, null])
  }, 60_000)
})

describe("20 draws", () => {
  it("of the entangled world: intervals hold the expectation in at least 16, for every measure", async () => {
    const all = await drawn("entangled", [own[0]!, own[2]!, own[3]!, ...sides("avg_obj").slice(1)], 20)
    type Interval = readonly [value: number | null, low: number | null, high: number | null]
    const quantities: Readonly<Record<string, (rows: ReadonlyArray<MeasureRow>) => Interval>> = {
      ...Object.fromEntries(
        ["A_pp", "A_sp", "A_ss"].map((measure) => [
          measure,
          (rows: ReadonlyArray<MeasureRow>): Interval => {
            const { balanced_accuracy, low, high } = rowOf(rows, measure)
            return [balanced_accuracy, low, high]
          }
        ])
      ),
      M2: (rows) => {
        const { m2, m2_low, m2_high } = rowOf(rows, "A_sp")
        return [m2, m2_low, m2_high]
      },
      "corrected M2": (rows) => {
        const { m2_corrected, m2_corrected_low, m2_corrected_high } = rowOf(rows, "A_sp")
        return [m2_corrected, m2_corrected_low, m2_corrected_high]
      },
      entanglement: (rows) => {
        const { entanglement, entanglement_low, entanglement_high } = rowOf(rows, "A_sp")
        return [entanglement, entanglement_low, entanglement_high]
      }
    }
    for (const [name, read] of Object.entries(quantities)) {
      const intervals = all.map(read)
      const expectation = mean(intervals.map(([value]) => value!))
      const held = intervals.filter(([, low, high]) => low! < expectation && expectation < high!).length
      // with a coverage of .95, fewer than 16 of 20 happen once in 400 times
      expect(held, name).toBeGreaterThanOrEqual(16)
    }
    // what is planted: the secondary's tokens know more of the primary than the background does
    expect(mean(all.map((rows) => rowOf(rows, "A_sp").entanglement!))).toBeGreaterThan(0.1)
  }, 120_000)
  it("of a world in which every patch knows the same: no entanglement, neither of means nor of single patches", async () => {
    const all = await drawn("uniform", [...sides("avg_obj"), ...sides("random_obj")], 20)
    for (const token of ["avg_obj", "random_obj"]) {
      const found = all.map((rows) => rowOf(rows, "A_sp", token).entanglement!)
      // 20 draws with a standard deviation of about .04: a standard error of .009
      expect(Math.abs(mean(found)), token).toBeLessThan(0.03)
    }
    // the secondary has more patches than the background in a third of the scenes, and is cut there
    expect(meanOf(all, "A_sp")).toBeGreaterThan(meanOf(all, "A_sp_vs_bg") - 0.01)
  }, 120_000)
})

it("a rotation keeps lengths and angles", () => {
  const q = rotation(8, seededRandom(1))
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, j) => sum + value * b[j]!, 0)
  q.forEach((row, i) => q.forEach((other, j) => expect(dot(row, other)).toBeCloseTo(i === j ? 1 : 0, 12)))
})

describe("the source", () => {
  const rowsOf = async (scenes: number) =>
    (await collect(
      computeOf(planted)({ world: "entangled", scenes, width: 8, seed: 3 }, {}, fakeContext(planted))
    )) as ReadonlyArray<{ readonly id: string; readonly rows: ReadonlyArray<any> }>
  it("gives the first scenes of a larger world", async () => {
    expect((await rowsOf(20)).slice(0, 10)).toEqual(await rowsOf(10))
  })
  it("asks each scene for its two categories", async () => {
    const items = await rowsOf(3)
    const rows = items.flatMap(({ id, rows: some }) => some.map((row) => ({ item: id, ...row })))
    const examples = await collect(
      computeOf(plantedExamples)({ planted: tableOf(rows) }, {}, fakeContext(plantedExamples))
    )
    expect(examples.map((one: any) => [one.scene, one.target, one.label])).toEqual(
      items.flatMap(({ id, rows: [row] }) => [
        [id, "primary", row.primary],
        [id, "secondary", row.secondary]
      ])
    )
  })
  it.each(worldNames)("%s: objects lie apart, the primary above", (world) => {
    for (let i = 0; i < 50; i++) {
      const { ofPrimary, ofSecondary, tokens } = plantedScene(world, 6, seededRandom(2, i))
      expect(Math.max(...ofPrimary)).toBeLessThan(32)
      expect(Math.min(...ofSecondary)).toBeGreaterThanOrEqual(32)
      expect(tokens).toHaveLength(65)
    }
  })
})
