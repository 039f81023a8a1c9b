import { expect, it } from "vitest"
import { fitColumns } from "../../../stages/tables/fits.ts"
import { scoreProbes } from "../../../stages/score-probes/stage.ts"
import { computeOf, fakeContext, lossesOf, tableOf } from "../fakes.ts"
import { fitRow, prediction } from "./fit-rows.ts"

const cells = ["ax", "ay", "bx", "by"]
const whole = [0, 1, 2, 3, 4].flatMap((fold) => cells.map((cell) => prediction(cell, fold, fold > 0)))

it("reads all of a fit but its weights, and scores each fit of a batch", async () => {
  expect(Object.keys(scoreProbes.stage.spec.inputs!["fits"]!.reads).sort()).toEqual(
    Object.keys(fitColumns)
      .filter((name) => name !== "weights")
      .sort()
  )
  const fits = [fitRow(whole), fitRow(whole, { tap: "embed" })]
  const scores = await computeOf(scoreProbes)(
    fits.map((fit) => ({ id: "?", fits: fit })),
    { params: {} },
    fakeContext(scoreProbes)
  )
  expect(
    scores.map((score: { tap: string; balanced_accuracy: number }) => [score.tap, score.balanced_accuracy])
  ).toEqual([
    ["block.3.resid_post", 0.8],
    ["embed", 0.8]
  ])
})

it("tells what scores leave out: small cells once for all taps, one-sided predictions, empty folds, fits that did not converge", async () => {
  const few = [0, 1, 2].map((fold) => prediction("cz", fold, true, { one_sided: true }))
  const rows = whole.filter(({ fold }) => fold < 4)
  const split = { split_seed: [0, 0], split_fold: [0, 1], edge: ["", ""], inner_accuracy: [0.5, 0.5] }
  const fits = ["embed", "block.3.resid_post"].map((tap) =>
    fitRow([...rows, ...few], { tap, ...split, converged: [true, tap === "embed"] })
  )
  const undefinedFit = fitRow([], { tap: "final.norm", undefined_because: "too few examples" })
  const scores = await computeOf(scoreProbes)(
    [...fits, undefinedFit].map((fit) => ({ id: "?", fits: fit })),
    { params: {} },
    fakeContext(scoreProbes)
  )
  const losses = await lossesOf(scoreProbes, { output: tableOf(scores), inputs: {}, params: {} })
  const id = (tap: string) => `logistic/aligned/${tap}/avg_obj/primary/0/primary`
  expect(losses).toEqual([
    {
      what: "splits",
      verb: "converged",
      reason: "the fit did not converge",
      count: 1,
      total: 4,
      examples: expect.arrayContaining([id("block.3.resid_post")])
    },
    {
      what: "one-sided predictions",
      reason: "left out: their secondary category occurs with one primary only in the training rows",
      count: 6,
      total: null,
      examples: expect.arrayContaining([id("embed")])
    },
    {
      what: "seeds and folds without a score",
      reason: "no example is held out",
      count: 2,
      total: null,
      examples: expect.arrayContaining([id("embed")])
    },
    {
      what: "cells",
      reason: "they have fewer images than there are folds",
      count: 5,
      total: null,
      examples: [
        "ax: 4 images, none in fold 4 of seed 0",
        "ay: 4 images, none in fold 4 of seed 0",
        "bx: 4 images, none in fold 4 of seed 0",
        "by: 4 images, none in fold 4 of seed 0",
        "cz: 3 images, none in folds 3, 4 of seed 0"
      ]
    }
  ])
})
