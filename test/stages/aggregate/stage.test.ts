import { describe, expect, it } from "vitest"
import type { Score } from "../../../stages/tables/scores.ts"
import { measureColumns } from "../../../stages/tables/measures.ts"
import { aggregate } from "../../../stages/aggregate/stage.ts"
import { lossesOf, rejection, tableOf } from "../fakes.ts"
import { aggregated, asked, five, found, only, pairOf, scoreRow, undefinedRow } from "./scores.ts"

const pair = (some: Partial<Score> = {}) =>
  pairOf({ A_pp: five(0.9), A_ps: five(0.4), A_sp: five(0.72), A_ss: five(0.7) }, some)

describe("aggregate", () => {
  it("gives a row a fit, with every column of its schema and no other", async () => {
    const rows = await aggregated([...pair(), ...pair({ tap: "embed" })])
    expect(rows).toHaveLength(8)
    for (const row of rows) expect(Object.keys(row).sort()).toEqual(Object.keys(measureColumns).sort())
    expect(only(rows, { tap: "embed", measure: "A_sp" })).toMatchObject({
      encoder: "vit",
      layer: -1,
      depth: 0,
      chance: 0.5,
      n: 400,
      folds: 5,
      seeds: 1,
      macro_f1: 0.5,
      log_loss: 0.25,
      same_examples: null
    })
  })

  it("never mixes encoders, probes, selections, taps, tokens or tasks", async () => {
    const others = {
      encoder: "dino",
      probe: "perceptron",
      selection: "centre",
      tap: "embed",
      token: "random_obj",
      task: "1"
    }
    for (const [key, value] of Object.entries(others)) {
      const rows = await aggregated([
        scoreRow(five(0.72)),
        scoreRow(five(0.9), { ...asked.A_pp, [key]: value })
      ])
      expect(rows).toHaveLength(2)
      expect(only(rows, { measure: "A_sp" }).m2, key).toBeNull()
    }
  })

  it("takes several encoders, a table each, and a probe's table of an encoder beside another's", async () => {
    const rows = await aggregated(pair(), pair({ encoder: "dino" }), pair({ probe: "perceptron" }))
    expect(found(rows, { measure: "A_sp" }).map(({ m2 }) => m2?.toFixed(3))).toEqual([
      "0.800",
      "0.800",
      "0.800"
    ])
  })

  it("keeps the rows of undefined probes, with nulls, and drops fits that lack examples", async () => {
    const few = undefinedRow({ ...asked.A_ss, undefined_because: "too few examples", n: 3 })
    const rows = await aggregated([scoreRow(five(0.72)), undefinedRow(asked.A_pp), few])
    expect(rows).toHaveLength(2)
    expect(only(rows, { measure: "A_pp" })).toMatchObject({ balanced_accuracy: null, low: null, n: 400 })
  })

  it("makes no rows of no scores", async () => {
    expect(await aggregated([])).toEqual([])
  })

  it("says how many examples there are if no fit has enough", async () => {
    const few = undefinedRow({ undefined_because: "too few examples", n: 3, images: 2, classes: 1 })
    expect((await rejection(aggregated([few]))).message).toBe(
      "too few objects for any probe: at most 3 examples of 1 class in 2 images are left; a probe needs 2 classes, and 4 images per fold"
    )
  })
})

describe("same_examples", () => {
  const of = (n: number, digest: string, some: Partial<Score> = {}) =>
    scoreRow(five(0.7), { n, examples_digest: digest, ...some })
  const dino = { encoder: "dino" }

  it("is null for one encoder, and compares several question by question, over all taps", async () => {
    const rows = await aggregated(
      [of(400, "d"), of(400, "d", { tap: "embed" }), of(400, "e", asked.A_pp), of(400, "f", asked.A_ss)],
      [of(400, "d", dino), of(399, "x", { ...dino, ...asked.A_pp })]
    )
    const told = (measure: string) => found(rows, { measure }).map(({ same_examples }) => same_examples)
    expect(told("A_sp")).toEqual([true, true, true])
    expect(told("A_pp")).toEqual([false, false])
    expect(told("A_ss")).toEqual([null])
  })

  it("goes by the number of examples where a fit is undefined", async () => {
    const undefinedFit = undefinedRow({ ...dino, token: "cls", tap: "embed" })
    const cls = of(400, "d", { token: "cls" })
    for (const { same_examples } of await aggregated([cls], [undefinedFit])) expect(same_examples).toBe(true)
    for (const { same_examples } of await aggregated([cls], [{ ...undefinedFit, n: 9 }]))
      expect(same_examples).toBe(false)
  })

  it("does not count an encoder without a single example", async () => {
    const none = undefinedRow({ ...dino, n: 0, undefined_because: "no example has such a token" })
    expect((await aggregated([of(400, "d")], [none]))[0]!.same_examples).toBeNull()
  })
})

describe("tables that do not go together", () => {
  const errorOf = (...tables: ReadonlyArray<ReadonlyArray<Score>>) => rejection(aggregated(...tables))

  it("are two with one fit", async () => {
    const error = await errorOf(pair(), pair({ encoder: "dino" }), [scoreRow(five(0.5))])
    expect(error.message).toBe(
      'tables 1 and 3 of the port scores both have the logistic probe of primary from avg_obj (secondary) at block.3.resid_post of encoder "vit"'
    )
    expect(error).toMatchObject({
      field: "encoder",
      hint: expect.stringContaining("`encoder`"),
      inputs: [
        { port: "scores", index: 0 },
        { port: "scores", index: 2 }
      ]
    })
    expect(await errorOf([...pair(), scoreRow(five(0.5))])).toMatchObject({
      message: expect.stringContaining("table 1 of the port scores has two fits logistic/aligned/"),
      inputs: [{ port: "scores", index: 0 }]
    })
  })

  it("are two with one name for two encoders", async () => {
    const error = await errorOf(
      pair({ encoder_digest: "aa" }),
      pair({ encoder: "dino" }),
      pair({ encoder_digest: "bb", tap: "embed" })
    )
    expect(error.message).toBe(
      'tables 1 and 3 of the port scores use the name "vit" for two encoders: their weights or preprocessing differ'
    )
    expect(error).toMatchObject({
      inputs: [
        { port: "scores", index: 0 },
        { port: "scores", index: 2 }
      ]
    })
  })

  it("are two with two names for one encoder", async () => {
    const error = await errorOf(
      pair({ encoder_digest: "aa" }),
      pair({ encoder: "dino", encoder_digest: "aa" })
    )
    expect(error.message).toBe(
      'tables 1 and 2 of the port scores name one encoder "vit" and "dino": the weights and preprocessing are the same'
    )
  })

  it("are not two encoders whose digests are not known", async () => {
    const rows = await aggregated(
      pair(),
      pair({ encoder: "dino" }),
      pair({ tap: "embed", encoder_digest: "aa" })
    )
    expect(rows).toHaveLength(12)
  })
})

describe("aggregate's losses", () => {
  const losses = async (...rows: ReadonlyArray<Score>) =>
    (await lossesOf(aggregate, { output: tableOf([]), inputs: { scores: [tableOf(rows)] }, params: {} })).map(
      ({ what, reason, count, total }) => `${what}: ${reason}: ${count} of ${total}`
    )

  it("are empty where every value is there", async () => {
    expect(await losses(...pair(), ...pairOf({ A_sp_vs_bg: five(0.7), A_bg: five(0.6) }))).toEqual([])
  })

  it("name values that are undefined, and why", async () => {
    const blind = [...five(0.55).slice(1), 0.5]
    expect(
      await losses(
        ...pairOf({ A_pp: blind, A_sp: five(0.5) }),
        undefinedRow({ ...asked.A_pp, tap: "embed" }),
        scoreRow(five(0.5), { tap: "embed" }),
        scoreRow([0.5, 0.5, NaN, 0.5, 0.5], { ...asked.A_ss, folds_with_empty_cells: 1 })
      )
    ).toEqual([
      "accuracies: the tap is constant over the training rows: 1 of 5",
      "intervals: some fold has no example: 1 of 4",
      "values of M2: the lower limit of A_pp is under .6: 1 of 2",
      "values of M2: A_pp or A_sp is undefined: 1 of 2",
      "values of corrected M2: the lower limit of A_pp is under .6: 1 of 2",
      "values of corrected M2: A_pp or A_sp is undefined: 1 of 2",
      "fits with a fold that lacks a cell: the accuracy of that fold, used for the interval, is over the other cells: 1 of null"
    ])
  })

  it("say which comparisons are not like with like", async () => {
    expect(
      await losses(
        ...pair(),
        ...pairOf({ A_sp_vs_bg: five(0.7) }),
        scoreRow(five(0.6), { ...asked.A_bg, examples_digest: "other" }),
        ...pairOf({ A_sp_vs_near: five(0.7), A_near: five(0.6) })
      )
    ).toEqual([
      "differences to the background: A_sp_vs_bg and A_bg are of different examples: not like with like: 1 of 2"
    ])
  })

  it("flag A_ps above A_ss as published: a sign of a wrong grid", async () => {
    const flagged = (ps: number, some: Partial<Score> = {}) =>
      losses(
        ...pairOf({ A_ps: five(ps), A_ss: five(0.618) }, { selection: "as-published", ...some }).map(
          (row) => ({
            ...row,
            ...some
          })
        )
      )
    expect(await flagged(0.647)).toEqual(["values of A_ps above A_ss: a sign of a wrong grid: 1 of null"])
    expect(await flagged(0.6)).toEqual([])
    expect(await flagged(0.647, { selection: "aligned" })).toEqual([])
    // any patch of the image, on both sides
    expect(await flagged(0.647, { token: "random" })).toEqual([])
    // an encoder that knows neither: a matter of chance
    expect(
      await losses(...pairOf({ A_ps: five(0.25), A_ss: five(0.24) }, { selection: "as-published" }))
    ).toEqual([])
  })

  it("name questions that encoders were asked about different examples, once for all taps", async () => {
    const rows = ["embed", "block.0.resid_post"].flatMap((tap) => [
      scoreRow(five(0.7), { tap }),
      scoreRow(five(0.7), { tap, encoder: "dino", examples_digest: "other" })
    ])
    expect((await losses(...rows)).at(-1)).toBe(
      "questions: asked of encoders about different examples: their accuracies cannot be compared: 1 of null"
    )
  })
})
