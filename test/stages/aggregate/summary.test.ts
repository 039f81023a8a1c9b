/** What a run prints of the measures fits a screen. */
import { expect, it } from "vitest"
import type { Score } from "../../../stages/tables/scores.ts"
import { accuracySummary } from "../../../stages/aggregate/summary.ts"
import { aggregated, asked, five, pairOf, scoreRow, undefinedRow } from "./scores.ts"

const runs = [0.6, 0.75, 0.75, 0.75, 0.75]
const pair = (some: Partial<Score> = {}) =>
  pairOf(
    { A_pp: five(0.9), A_ps: five(0.4), A_sp: runs, A_ss: five(0.7), A_sp_vs_bg: runs, A_bg: five(0.7) },
    some
  )
const summaryOf = async (...tables: ReadonlyArray<ReadonlyArray<Score>>) =>
  accuracySummary(await aggregated(...tables))

it("has a line an encoder, tap and token of a pair, with an interval beside each accuracy", async () => {
  const summary = await summaryOf(pair(), pair({ encoder: "dino" }))
  const explained = ["token", "A_pp (chance .500)", "A_ss (chance .250)", "A_sp − A_bg", "M2", "n"]
  expect(summary.columns).toEqual(["encoder", "tap", ...explained])
  const line = ["block.3.resid_post", "avg_obj", ".900 ±.000", ".700 ±.000", "+.020 ±.125", ".800", 400]
  expect(summary.rows).toEqual([
    ["vit", ...line],
    ["dino", ...line]
  ])
  expect(summary.title).toBe("Balanced accuracy (logistic probe)")
  expect(summary.docs!["A_pp (chance .500)"]).toMatch(/; 2 classes$/)
  expect(summary.docs!["A_ss (chance .250)"]).toMatch(/; 4 classes$/)
  expect(Object.keys(summary.docs!)).toEqual(explained)
})

it("leaves M2 blank where A_pp says too little, and has A_sp itself where there is no background", async () => {
  const blind = pairOf({ A_pp: [0.5, 0.7, 0.6, 0.7, 0.6], A_sp: five(0.6) })
  const row = (await summaryOf(blind)).rows[0]!
  expect(row.slice(3)).toEqual([".620 ±.156", "", ".600 ±.000", 400])
})

it("names what differs between lines: selections, tasks, chance, classes, images", async () => {
  const summary = await summaryOf(
    pair(),
    pair({ selection: "centre" }),
    pair({ task: "1", n: 40, images: 38, classes: 3, chance: 1 / 3 })
  )
  expect(summary.columns).toEqual(
    expect.arrayContaining(["selection", "task", "chance", "classes", "n", "images"])
  )
  const cells = (name: string) => summary.rows.map((row) => row[summary.columns.indexOf(name)])
  expect(cells("selection")).toEqual(["aligned", "centre", "aligned"])
  expect(cells("task")).toEqual(["0", "0", "1"])
  expect(cells("chance")).toEqual([".500 / .250", ".500 / .250", ".333 / .333"])
  expect(cells("classes")).toEqual(["2 / 4", "2 / 4", "3 / 3"])
  expect(cells("images")).toEqual([400, 400, 38])
  expect(summary.title).toBe("Balanced accuracy (logistic probe)")
})

it("says undefined for an undefined fit, and gives an accuracy without an interval alone", async () => {
  const summary = await summaryOf([undefinedRow(asked.A_pp), scoreRow([0.7, 0.7, 0.7, 0.7, NaN])])
  expect(summary.rows[0]!.slice(3, 6)).toEqual(["undefined", "", ".700"])
})

it("has a line a question of a category, with chance, counts and the ceiling of an image's one answer", async () => {
  const question = { source: "object", target: "category", task: null, classes: 20, chance: 0.05 }
  const objects = scoreRow(runs, question)
  const cls = scoreRow(runs, { ...question, source: "image", token: "cls", ceiling: 0.659 })
  const summary = await summaryOf([objects, cls])
  expect(summary.columns).toEqual([
    "encoder",
    "tap",
    "token",
    "target",
    "accuracy",
    "chance",
    "ceiling",
    "n",
    "images",
    "classes"
  ])
  expect(summary.rows).toEqual([
    ["vit", "block.3.resid_post", "avg_obj", "category", ".720 ±.125", ".050", "", 400, 400, 20],
    ["vit", "block.3.resid_post", "cls", "category", ".720 ±.125", ".050", ".659", 400, 400, 20]
  ])
  expect((await summaryOf([objects])).columns).not.toContain("ceiling")
})

it("says the ceiling beside a pair's cls where it is under 1", async () => {
  const cls = { token: "cls", source: "image" }
  const summary = await summaryOf([
    scoreRow(five(0.8), { ...asked.A_pp, ...cls, ceiling: 0.9 }),
    scoreRow(five(0.8), { ...asked.A_ss, ...cls, ceiling: 1 })
  ])
  expect(summary.rows[0]!.slice(3, 5)).toEqual([".800 ±.000 ≤.900", ".800 ±.000"])
  expect(summary.docs!["A_pp (chance .500)"]).toContain("≤ the best")
  expect(summary.docs!["A_ss (chance .250)"]).not.toContain("≤")
})

it("tells sources of one token apart in a question about presence, and names the category", async () => {
  const asking = { target: "presence", task: "person" }
  const summary = await summaryOf([
    scoreRow(runs, { ...asking, source: "object" }),
    scoreRow(five(0.7), { ...asking, source: "background" })
  ])
  expect(summary.rows.map((row) => row.slice(2, 5))).toEqual([
    ["avg_obj", "object", "presence person"],
    ["avg_obj", "background", "presence person"]
  ])
})

it("says if encoders were asked about different examples", async () => {
  const other = pair({ encoder: "dino", examples_digest: "x" })
  expect((await summaryOf(pair(), other)).title).toContain(
    "encoders were asked about different examples: do not compare them"
  )
  expect((await summaryOf(pair(), pair({ encoder: "dino" }))).title).not.toContain("different")
})

it("shows the first probe alone and says so", async () => {
  const summary = await summaryOf(pair(), pair({ probe: "perceptron" }))
  expect(summary.title).toContain("logistic probe")
  expect(summary.title).toContain("the table has the others")
  expect(summary.rows).toHaveLength(1)
  expect(accuracySummary([])).toMatchObject({ title: "Balanced accuracy (no probe)", rows: [] })
})

it("has each encoder's last tap alone where all would be more than a screen holds, then one or two tokens, then 40 lines", async () => {
  const taps = (encoder: string, count: number, tokens: ReadonlyArray<string>) =>
    Array.from({ length: count }, (_, i) => `block.${i}.resid_post`).flatMap((tap) =>
      tokens.flatMap((token) => pair({ encoder, tap, token }))
    )
  const tokens = ["cls", "avg_obj"]
  const some = await summaryOf(taps("vit", 12, tokens), taps("clip", 12, tokens))
  expect(some.rows.map(([encoder, tap, token]) => `${encoder} ${tap} ${token}`)).toEqual(
    ["vit", "clip"].flatMap((encoder) => tokens.map((token) => `${encoder} block.11.resid_post ${token}`))
  )
  expect(some.title).toMatch(
    /^Balanced accuracy \(logistic probe, each encoder's last tap; the table has the others\)$/
  )
  const many = await summaryOf(...Array.from({ length: 30 }, (_, i) => taps(`e${i}`, 2, tokens)))
  expect(many.rows).toHaveLength(30)
  expect(many.rows.every((row) => row[2] === "avg_obj")).toBe(true)
  expect(many.title).toContain("last tap, avg_obj; the table")
  const most = await summaryOf(...Array.from({ length: 50 }, (_, i) => taps(`e${i}`, 1, ["avg_obj"])))
  expect(most.rows).toHaveLength(40)
  expect(most.title).toContain("the first 40 lines")
})
