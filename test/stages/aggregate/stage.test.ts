import { describe, expect, it } from "vitest"
import { measureColumns, type MeasureRow } from "../../../stages/tables/measures.ts"
import { aggregate } from "../../../stages/aggregate/stage.ts"
import { computeOf, fakeContext, rejection, tableOf } from "../fakes.ts"
import { type NamedPrediction as Defined, tableOfFits } from "../fit-probes/fits.ts"

type Prediction = Omit<Defined, "predicted"> & { readonly predicted: string | null }

type Named = Pick<Prediction, "encoder" | "probe" | "tap" | "token" | "source" | "target">
const named: Named = {
  encoder: "vit",
  probe: "logistic",
  tap: "block.0",
  token: "avg_obj",
  source: "secondary",
  target: "primary"
}
/** Two folds with two scenes of each of the four cells; in each fold the first `right` of four are right. */
function predictionsOf(some: Partial<Named>, right: number | null, seeds = 1): Array<Prediction> {
  const name = { ...named, ...some }
  const label = (cell: string) => (name.target === "primary" ? cell[0]! : cell[1]!)
  return Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
    [0, 1].flatMap((fold) =>
      ["ax", "ay", "bx", "by"].map((cell, i): Prediction => {
        const predicted = right === null ? null : i < right ? label(cell) : "?"
        return {
          ...name,
          seed,
          fold,
          scene: `${cell}${fold}`,
          image: `${cell}${fold}`,
          object: -1,
          cell,
          label: label(cell),
          predicted
        }
      })
    )
  )
}
/** All questions of a pair at one tap: 3 of 4 right for A_sp, all for A_pp and A_ss, 1 for A_ps, 2 for A_bg. */
const pairOf = (some: Partial<Named>) => [
  ...predictionsOf({ ...some, source: "primary", target: "primary" }, 4),
  ...predictionsOf({ ...some, source: "primary", target: "secondary" }, 1),
  ...predictionsOf({ ...some, source: "secondary", target: "primary" }, 3),
  ...predictionsOf({ ...some, source: "secondary", target: "secondary" }, 4),
  ...predictionsOf({ ...some, source: "background", target: "primary", token: "background" }, 2)
]
const aggregated = (...tables: ReadonlyArray<ReadonlyArray<Prediction>>): Promise<Array<MeasureRow>> =>
  computeOf(aggregate)(
    { probes: tables.map((rows) => tableOf(tableOfFits(rows))) },
    {},
    fakeContext(aggregate)
  )
const found = (rows: ReadonlyArray<MeasureRow>, some: Partial<MeasureRow>) =>
  rows.filter((row) => Object.entries(some).every(([key, value]) => row[key as keyof MeasureRow] === value))
const only = (rows: ReadonlyArray<MeasureRow>, some: Partial<MeasureRow>) => {
  expect(found(rows, some)).toHaveLength(1)
  return found(rows, some)[0]!
}

describe("aggregate", () => {
  it("gives a row a question, with every column of its schema and no other", async () => {
    const rows = await aggregated([...pairOf({}), ...pairOf({ tap: "embed" })])
    expect(rows).toHaveLength(10)
    for (const row of rows) expect(Object.keys(row).sort()).toEqual(Object.keys(measureColumns).sort())
    expect(only(rows, { tap: "embed", measure: "A_sp" })).toMatchObject({
      ...named,
      tap: "embed",
      balanced_accuracy: 0.75,
      chance: 0.5,
      n: 8,
      classes: 2,
      folds_with_empty_cells: 0
    })
  })

  it("puts M1 on the rows of A_ss, M2 and its company on those of A_sp, and nulls everywhere else", async () => {
    const rows = await aggregated([...pairOf({}), ...predictionsOf({ tap: "embed" }, 2)])
    const sp = only(rows, { tap: "block.0", measure: "A_sp" })
    expect(sp).toMatchObject({ m2: 0.75, m2_corrected: 0.5, a_bg: 0.5, entanglement: 0.25, embed_floor: 0.5 })
    expect(sp.m1).toBeNull()
    expect(only(rows, { measure: "A_ss" })).toMatchObject({ m1: 1, m1_corrected: 1, m2: null, a_bg: null })
    for (const measure of ["A_pp", "A_ps", "A_bg"]) {
      const { m1, m2, m2_corrected, a_bg, entanglement, embed_floor } = only(rows, { measure })
      expect([m1, m2, m2_corrected, a_bg, entanglement, embed_floor]).toEqual(Array(6).fill(null))
    }
  })

  it("never mixes encoders, probes, taps or tokens", async () => {
    const other = { encoder: "dino", probe: "perceptron", tap: "block.1", token: "random_obj" }
    for (const [key, value] of Object.entries(other)) {
      const rows = await aggregated([
        ...predictionsOf({}, 3),
        ...predictionsOf({ source: "primary", [key]: value }, 4)
      ])
      expect(only(rows, { measure: "A_sp" }).m2).toBeNull()
      expect(rows).toHaveLength(2)
    }
  })

  it("asks the background of any token's A_sp at the same tap, and of no other tap", async () => {
    const rows = await aggregated([
      ...pairOf({}),
      ...predictionsOf({ token: "random" }, 4),
      ...predictionsOf({ tap: "block.1" }, 4)
    ])
    expect(only(rows, { token: "random" }).a_bg).toBe(0.5)
    expect(only(rows, { tap: "block.1" }).a_bg).toBeNull()
  })

  it("takes several encoders, a table each, and a probe's table of an encoder beside another's", async () => {
    const rows = await aggregated(
      pairOf({}),
      pairOf({ encoder: "dino" }),
      pairOf({ encoder: "dino", probe: "perceptron" })
    )
    expect(rows).toHaveLength(15)
    expect(found(rows, { measure: "A_sp" }).map(({ m2 }) => m2)).toEqual([0.75, 0.75, 0.75])
  })

  it("refuses two tables that both have a cell, naming them and what to do", async () => {
    const error = await rejection(aggregated(pairOf({}), pairOf({ encoder: "dino" }), predictionsOf({}, 4)))
    expect(error.message).toBe(
      'tables 1 and 3 of the port "probes" both have the logistic probe of primary from avg_obj (secondary) at block.0 of encoder "vit"'
    )
    expect(error).toMatchObject({ hint: expect.stringContaining("`encoder`") })
  })

  it("keeps the rows of undefined probes, with nulls, and lets the others be", async () => {
    const rows = await aggregated([...predictionsOf({}, 3), ...predictionsOf({ source: "primary" }, null)])
    const { balanced_accuracy, low, high, n } = only(rows, { measure: "A_pp" })
    expect([balanced_accuracy, low, high, n]).toEqual([null, null, null, 8])
    expect(only(rows, { measure: "A_sp" })).toMatchObject({ balanced_accuracy: 0.75, m2: null })
  })

  it("has no measures for questions of a category", async () => {
    const rows = await aggregated(predictionsOf({ source: "object", target: "category" }, 3))
    expect(only(rows, {})).toMatchObject({ measure: null, m1: null, m2: null, balanced_accuracy: 0.75 })
  })

  it("makes no rows of no predictions", async () => {
    expect(await aggregated([])).toEqual([])
  })
})

describe("aggregate's summary", () => {
  const summaryOf = (rows: ReadonlyArray<MeasureRow>) => aggregate.stage.spec.summary!(rows)

  it("has a line an encoder, tap and token of a pair, and A_bg beside every A_sp", async () => {
    const summary = summaryOf(await aggregated([...pairOf({}), ...pairOf({ encoder: "dino" })]))
    expect(summary.columns).toEqual([
      "encoder",
      "tap",
      "token",
      "A_pp",
      "A_ps",
      "A_sp",
      "A_ss",
      "A_bg",
      "M1",
      "M2",
      "n",
      "images"
    ])
    expect(summary.rows).toHaveLength(2)
    expect(summary.rows[0]).toEqual([
      "vit",
      "block.0",
      "avg_obj",
      "1.000",
      "0.250",
      "0.750",
      "1.000",
      "0.500",
      "1.000",
      "0.750",
      8,
      8
    ])
    for (const row of summary.rows) expect(row).toHaveLength(summary.columns.length)
  })

  it("has a line a question of a category, with its interval", async () => {
    const question = { source: "object", target: "category" }
    const summary = summaryOf(
      await aggregated([...predictionsOf(question, 3), ...predictionsOf({ ...question, token: "cls" }, null)])
    )
    expect(summary.columns).toEqual([
      "encoder",
      "tap",
      "token",
      "target",
      "accuracy",
      "95 % interval",
      "chance",
      "n",
      "images"
    ])
    expect(summary.rows).toEqual([
      ["vit", "block.0", "avg_obj", "category", "0.750", "0.750 – 0.750", "0.500", 8, 8],
      ["vit", "block.0", "cls", "category", "", "undefined", "0.500", 8, 8]
    ])
  })

  it("shows the first probe alone and says so", async () => {
    const summary = summaryOf(await aggregated(pairOf({}), pairOf({ probe: "perceptron" })))
    expect(summary.title).toBe("Balanced accuracy (logistic probe; the table has the others)")
    expect(summary.rows).toHaveLength(1)
    expect(summaryOf([])).toMatchObject({ title: "Balanced accuracy (no probe)", rows: [] })
  })
})
