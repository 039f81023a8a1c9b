/** The charts draw what the table of measures says, of any number of encoders, taps and selections. */
import { expect, it } from "vitest"
import { drawFigure } from "../../../src/report/draw-figure.ts"
import { checkFigures, type Figure } from "../../../src/pipeline/figures.ts"
import { measureFigures } from "../../../stages/aggregate/charts.ts"
import type { MeasureRow } from "../../../stages/tables/measures.ts"
import type { Score } from "../../../stages/tables/scores.ts"
import { aggregated, asked, five, found, only, pairOf, scoreRow, undefinedRow } from "./scores.ts"

const runs = [0.6, 0.75, 0.75, 0.75, 0.75]
const tapsOf = (blocks: number) => [
  "embed",
  ...Array.from({ length: blocks }, (_, i) => `block.${i}.resid_post`),
  "final.norm"
]
/** Pairs at all taps of an encoder, that know more and more. */
const encoder = (name: string, blocks: number, some: Partial<Score> = {}): ReadonlyArray<Score> =>
  tapsOf(blocks).flatMap((tap, i, { length }) => {
    const far = i / length
    const accuracies = {
      A_pp: five(0.7 + 0.2 * far),
      A_ps: five(0.3),
      A_sp: runs,
      A_ss: five(0.3 + 0.4 * far),
      A_sp_vs_bg: runs,
      A_bg: five(0.7)
    }
    return pairOf(accuracies, { encoder: name, tap, blocks, ...some })
  })
const figureOf = (rows: ReadonlyArray<MeasureRow>, id: string): Figure =>
  checkFigures(measureFigures(rows)).find((figure) => figure.id === id)!
const idsOf = (rows: ReadonlyArray<MeasureRow>) => measureFigures(rows).map(({ id }) => id)
const drawn = async (figure: Figure) => (await drawFigure(figure, { alone: true, prefix: "f" })).svg

it("draws the accuracy of every tap with its interval and chance, as the table has them", async () => {
  const rows = await aggregated(encoder("vit", 4), encoder("clip", 4))
  const accuracy = figureOf(rows, "accuracy")
  const questions = ["A_pp", "A_ss", "A_sp"]
  for (const question of questions)
    for (const tap of tapsOf(4)) {
      const row = only(rows, { measure: question, tap, encoder: "clip" })
      const points = accuracy.rows.filter(
        (point) =>
          point["question"] === question &&
          point["tap"] === tap &&
          point["encoder"] === "clip" &&
          point["kind"] === "accuracy"
      )
      expect(points).toHaveLength(1)
      const { balanced_accuracy, low, high, chance } = row
      expect(points[0]).toMatchObject({ accuracy: balanced_accuracy, low, high, chance, line: "avg_obj" })
    }
  const background = accuracy.rows.filter(({ kind }) => kind === "background")
  expect(background.map(({ accuracy: value }) => value)).toEqual(
    found(rows, { measure: "A_bg" }).map(({ balanced_accuracy }) => balanced_accuracy)
  )
  expect(accuracy.alt).toContain("vit .300 at embed")
  const svg = await drawn(accuracy)
  expect(svg.match(/<title>clip, avg_obj, /g)).toHaveLength(questions.length * tapsOf(4).length)
  expect(svg).toContain("<title>clip, avg_obj, embed: A_ss .300 ±.000</title>")
})

it("compares encoders of different depth by relative depth, and draws no zigzag", async () => {
  const rows = await aggregated(encoder("small", 4), encoder("large", 24))
  const { rows: points, note } = figureOf(rows, "accuracy")
  for (const name of ["small", "large"]) {
    const line = points.filter((point) => point["question"] === "A_ss" && point["encoder"] === name)
    const places = line.map(({ x }) => x as number)
    expect(places[0]).toBe(0)
    expect(places.at(-1)).toBe(1)
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
  }
  expect(note).toContain("have different taps")
})

it("has all four accuracies by tap and token, with colour by what is above chance", async () => {
  const rows = await aggregated(encoder("vit", 4))
  const taps = figureOf(rows, "taps")
  const cell = taps.rows.find((one) => one["measure"] === "A_ss" && one["tap"] === "embed")!
  expect(cell["accuracy"]).toBeCloseTo(0.3)
  expect(cell["above_chance"]).toBeCloseTo((0.3 - 0.25) / 0.75)
  expect(new Set(taps.rows.map(({ measure }) => measure))).toEqual(new Set(["A_pp", "A_ss", "A_sp", "A_ps"]))
})

it("draws M1 against M2 and against A_sp − A_bg at the last tap, with intervals", async () => {
  const rows = await aggregated(encoder("vit", 4), encoder("clip", 4))
  const last = { tap: "block.3.resid_post", encoder: "vit" }
  const ss = only(rows, { ...last, measure: "A_ss" })
  const sp = only(rows, { ...last, measure: "A_sp" })
  for (const [id, value, low] of [
    ["m1-m2", sp.m2, sp.m2_low],
    ["m1-entanglement", sp.entanglement, sp.entanglement_low]
  ] as const) {
    const points = figureOf(rows, id).rows
    expect(points).toHaveLength(2)
    expect(points[0]).toMatchObject({ encoder: "vit", m1: ss.m1, m1_low: ss.m1_low, value, low })
    // both at one place: their labels are not
    expect(new Set(points.map(({ label_place }) => label_place)).size).toBe(2)
  }
})

it("names points beside them, and by colour and shape where the names would cover each other", async () => {
  // all are at one place, around which four names fit
  const five = await aggregated(...Array.from({ length: 5 }, (_, i) => encoder(`encoder-${i}`, 2)))
  expect(figureOf(five, "m1-m2").spec).toHaveProperty("spec.layer[3].encoding.shape")
  const four = await aggregated(...Array.from({ length: 4 }, (_, i) => encoder(`encoder-${i}`, 2)))
  expect(figureOf(four, "m1-m2").spec).not.toHaveProperty("spec.layer[3].encoding.shape")
})

it("says why M2 is not drawn where A_pp says too little", async () => {
  const blind = pairOf({ A_pp: five(0.5), A_sp: five(0.5), A_ss: five(0.3) })
  const figure = figureOf(await aggregated(blind), "m1-m2")
  expect(figure.rows).toEqual([])
  expect(figure.note).toMatch(/lower limit of A_pp is under .6/)
  await expect(drawn(figure)).rejects.toMatchObject({ _tag: "Usage" })
})

it("puts selections beside each other, and draws each probe, selection and task by itself", async () => {
  const rows = await aggregated(
    encoder("vit", 2, { selection: "as-published" }),
    encoder("vit", 2, { selection: "aligned" })
  )
  expect(idsOf(rows)).toEqual([
    "accuracy",
    "accuracy-2-aligned",
    "selections",
    "taps",
    "taps-2-aligned",
    "m1-m2",
    "m1-entanglement",
    "m1-m2-2-aligned",
    "m1-entanglement-2-aligned"
  ])
  const beside = figureOf(rows, "selections")
  expect(new Set(beside.rows.map(({ selection }) => selection))).toEqual(new Set(["as-published", "aligned"]))
  expect(await drawn(beside)).toContain("as-published")
  const many = await aggregated(...Array.from({ length: 14 }, (_, i) => encoder("vit", 1, { task: `t${i}` })))
  expect(measureFigures(many)[0]!.note).toContain("2 more combinations")
})

it("stays whole with ten encoders of 24 blocks, one tap, no interval, and no row at all", async () => {
  const ten = await aggregated(...Array.from({ length: 10 }, (_, i) => encoder(`encoder-${i}`, 24)))
  for (const figure of measureFigures(ten)) expect(await drawn(figure)).toContain("encoder-9")
  const curve = figureOf(ten, "accuracy").curve!
  expect(curve.lines).toHaveLength(10)
  expect(curve.lines[0]!.values).toHaveLength(26)

  const single = await aggregated([scoreRow([0.7, NaN], { tap: "embed", ...asked.A_ss })])
  expect(await drawn(figureOf(single, "accuracy"))).toContain("A_ss .700</title>")
  const undefinedOnly = await aggregated([undefinedRow(asked.A_ss)])
  expect(figureOf(undefinedOnly, "accuracy")).not.toHaveProperty("curve")
  expect(await drawn(figureOf(undefinedOnly, "accuracy"))).toContain("<svg")

  expect(measureFigures([])).toMatchObject([
    { id: "accuracy", rows: [], note: "the table has no accuracies" }
  ])
})

it("draws questions that are not about pairs: a row of panels for each", async () => {
  const category = { source: "object", target: "category", task: null }
  const rows = await aggregated([
    scoreRow(five(0.4), { ...category, tap: "embed" }),
    scoreRow(five(0.6), category),
    scoreRow(five(0.6), { target: "presence", source: "background", task: "person" })
  ])
  expect(idsOf(rows)).toEqual(["accuracy"])
  const { rows: points, curve } = figureOf(rows, "accuracy")
  expect(points.map(({ question, line }) => [question, line])).toEqual([
    ["category", "avg_obj"],
    ["category", "avg_obj"],
    ["presence: person", "avg_obj of background"]
  ])
  expect(curve!.lines).toEqual([
    { name: "vit", values: [expect.closeTo(0.4), expect.closeTo(0.6)], from: "embed", to: "block.3" }
  ])
})
