/** What a run prints of the measures fits a screen. */
import { expect, it } from "vitest"
import type { MeasureRow } from "../../../stages/tables/measures.ts"
import { accuracySummary } from "../../../stages/aggregate/summary.ts"

const row = (
  encoder: string,
  tap: string,
  token: string,
  measure: string | null,
  accuracy: number
): MeasureRow =>
  ({
    encoder,
    probe: "logistic",
    tap,
    token,
    target: "primary",
    measure,
    balanced_accuracy: accuracy,
    a_bg: 0.4,
    m1: 0.9,
    m2: 0.8,
    chance: 0.5,
    n: 10,
    images: 9
  }) as MeasureRow
const pairs = (encoders: ReadonlyArray<string>, taps: number) =>
  encoders.flatMap((encoder) =>
    Array.from({ length: taps }, (_, i) => `block.${i}.resid_post`).flatMap((tap, i) => [
      ...["avg_obj", "random", "cls"].map((token) => row(encoder, tap, token, "A_pp", i / 100)),
      row(encoder, tap, "background", "A_bg", 0.4)
    ])
  )

it("has a line an encoder, tap and token, and background tokens as a column alone", () => {
  const { title, rows } = accuracySummary(pairs(["vit"], 2))
  expect(rows.map(([, tap, token]) => `${tap} ${token}`)).toEqual(
    [0, 1].flatMap((i) => ["avg_obj", "random", "cls"].map((token) => `block.${i}.resid_post ${token}`))
  )
  expect(title).toBe("Balanced accuracy (logistic probe)")
})

it("says what its columns mean, all whose names do not, with what a guess would get", () => {
  const { columns, docs } = accuracySummary(pairs(["vit"], 1))
  expect(columns.filter((name) => !Object.hasOwn(docs!, name))).toEqual(["encoder", "tap"])
  expect(docs).toMatchObject({
    A_pp: "the primary object's category, from its own tokens (chance 0.500)",
    A_bg: "the primary's category, from background tokens (chance 0.500)",
    M1: "A_ss"
  })
  const plain = accuracySummary([{ ...row("vit", "embed", "cls", null, 0.5), low: null, high: null }])
  expect(plain.columns).toEqual(expect.arrayContaining(Object.keys(plain.docs!)))
})

it("has each encoder's last tap alone where all would be more than a screen holds, and says so", () => {
  const { title, rows } = accuracySummary([
    ...pairs(["vit", "clip"], 12),
    row("clip", "final.norm", "cls", "A_pp", 1)
  ])
  expect(rows.map(([encoder, tap, token]) => `${encoder} ${tap} ${token}`)).toEqual([
    ...["avg_obj", "random", "cls"].map((token) => `vit block.11.resid_post ${token}`),
    "clip final.norm cls"
  ])
  expect(title).toBe("Balanced accuracy (logistic probe, each encoder's last tap; the table has the others)")
})

it("names other probes of the table", () => {
  const others = pairs(["vit"], 1).map((one): MeasureRow => ({ ...one, probe: "perceptron" }))
  expect(accuracySummary([...pairs(["vit"], 1), ...others]).title).toContain("the table has the others")
})
