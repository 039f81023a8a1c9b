import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { log } from "../../../src/index.ts"
import { scoreOf } from "../../../stages/score-probes/score.ts"
import { scoreColumns } from "../../../stages/tables/scores.ts"
import { fitRow, prediction } from "./fit-rows.ts"

const cells = ["ax", "ay", "bx", "by"]
/** Five folds with one example of each cell, of which the first so many are right. */
const runsOf = (rights: ReadonlyArray<number>, seed = 0) =>
  rights.flatMap((right, fold) => cells.map((cell, i) => prediction(cell, fold, i < right, { seed })))

describe("scoreOf", () => {
  it("gives the columns of its schema and no others, and what the fit says of itself", () => {
    const fit = fitRow(runsOf([2, 3, 3, 3, 3]))
    const score = scoreOf(fit)
    expect(Object.keys(score).sort()).toEqual(Object.keys(scoreColumns).sort())
    const { encoder, tap, task, n, images, classes, folds, seeds } = fit
    expect(score).toMatchObject({ encoder, tap, task, n, images, classes, folds, seeds })
    expect([n, seeds]).toEqual([20, 1])
  })

  it("scores each seed and fold in order, whatever the order of the rows", () => {
    const rows = [...runsOf([3, 3, 3, 3, 3], 1), ...runsOf([2, 3, 3, 3, 4])]
    const score = scoreOf(fitRow(rows))
    expect(score.run_accuracy).toEqual([0.5, 0.75, 0.75, 0.75, 1, 0.75, 0.75, 0.75, 0.75, 0.75])
    expect(score.balanced_accuracy).toBeCloseTo(0.75, 12)
    expect(scoreOf(fitRow(rows.toReversed()))).toEqual(score)
  })

  it("has a run for each fold of the settings: NaN for the last, if it holds nothing out", () => {
    const score = scoreOf(fitRow(runsOf([2, 3, 3, 3])))
    expect(score.run_accuracy).toEqual([0.5, 0.75, 0.75, 0.75, NaN])
    expect(score.balanced_accuracy).toBeCloseTo(11 / 16, 12)
  })

  it("pools the folds of a seed: a cell's rows count together, wherever they were held out", () => {
    // of "ax" 1 of 1 and 0 of 3 are right: 1/4 pooled, though the folds' recalls are 1 and 0
    const rows = [
      prediction("ax", 0, true),
      ...["1", "2", "3"].map((scene) => prediction("ax", 1, false, { scene })),
      prediction("by", 0, true),
      prediction("by", 1, true)
    ]
    const { balanced_accuracy, run_accuracy, plain_accuracy } = scoreOf(fitRow(rows, { folds: 2 }))
    expect(balanced_accuracy).toBe((1 / 4 + 1) / 2)
    expect(run_accuracy).toEqual([1, 0.5])
    expect(plain_accuracy).toBe(3 / 6)
  })

  it("takes cells within their label: with one of eight empty, a constant and a guess by the other label get a half", () => {
    const eight = ["a", "b"].flatMap((label) => ["w", "x", "y", "z"].map((other) => label + other)).slice(1)
    const rows = (answer: (cell: string) => string) =>
      [0, 1, 2, 3, 4].flatMap((fold) =>
        eight.map((cell) => prediction(cell, fold, true, { predicted: answer(cell) }))
      )
    const constant = scoreOf(fitRow(rows(() => "b")))
    expect(constant.balanced_accuracy).toBe(0.5)
    expect(constant.chance).toBe(0.5)
    const other = scoreOf(fitRow(rows((cell) => (cell[1]! < "y" ? "a" : "b"))))
    // of "a" x of x, y, z; of "b" y and z of four
    expect(other.balanced_accuracy).toBeCloseTo((1 / 3 + 1 / 2) / 2, 12)
  })

  it("leaves one-sided predictions out of all scores and counts them", () => {
    const kept = runsOf([2, 3, 3, 3, 3])
    const oneSided = [0, 1].map((fold) =>
      prediction("cz", fold, true, { one_sided: true, log_probability: -1 })
    )
    const { one_sided, labels, recalls, label_n, ...score } = scoreOf(fitRow([...kept, ...oneSided]))
    const without = scoreOf(fitRow(kept))
    expect(one_sided).toBe(2)
    for (const name of ["balanced_accuracy", "run_accuracy", "plain_accuracy", "chance", "log_loss"] as const)
      expect(score[name]).toEqual(without[name])
    expect(labels).toEqual(["a", "b", "c"])
    expect(recalls[2]).toBeNaN()
    expect(label_n).toEqual([10, 10, 2])
    // fixed labels: the F1 score of one without rows is 0
    expect(score.macro_f1).toBeCloseTo((without.macro_f1! * 2) / 3, 12)
  })

  it("counts the runs in which a cell that is scored elsewhere has no example", () => {
    const rows = runsOf([2, 4, 4, 4, 4]).filter(({ cell, fold }) => !(cell === "by" && fold === 0))
    expect(scoreOf(fitRow(rows))).toMatchObject({ folds_with_empty_cells: 1 })
    expect(scoreOf(fitRow(rows)).run_accuracy[0]).toBe((1 + 0) / 2)
  })

  it("weighs log-loss as accuracy, averages it over seeds, and has none for a Perceptron", () => {
    const rows = [0, 1].flatMap((seed) => [
      prediction("ax", 0, true, { seed, log_probability: log(0.5) }),
      prediction("ax", 1, true, { seed, scene: "2", log_probability: log(0.25) }),
      prediction("ay", 1, true, { seed, log_probability: log(0.125) }),
      prediction("bx", 0, true, { seed, log_probability: seed === 0 ? log(0.5) : 0 })
    ])
    const [a, b] = [(1.5 + 3) / 2, 1].map((bits) => bits * log(2))
    expect(scoreOf(fitRow(rows)).log_loss).toBeCloseTo((a! + b!) / 4 + a! / 4, 12)
    expect(scoreOf(fitRow(runsOf([3, 3, 3, 3, 3]))).log_loss).toBeNull()
  })

  it("has a ceiling for tokens of the image: two labels of one image cannot both be right", () => {
    const both = { image: "one", fold: 0 }
    const rows = [
      prediction("a", 0, true, { scene: "s", object: 0, ...both }),
      prediction("b", 0, true, { scene: "s", object: 1, ...both }),
      prediction("a", 1, true),
      prediction("b", 1, true)
    ]
    expect(scoreOf(fitRow(rows, { source: "image", folds: 2 })).ceiling).toBe(0.75)
    expect(scoreOf(fitRow(rows, { source: "primary", folds: 2 })).ceiling).toBeNull()
    expect(scoreOf(fitRow(runsOf([1, 1, 1, 1, 1]), { source: "image" })).ceiling).toBe(1)
  })

  it("orders labels by code point, each with its recall and its examples", () => {
    const rows = ["～", "𝄞", "a"].flatMap((label, i) =>
      [0, 1].map((fold) => prediction(label, fold, fold < i, { label, predicted: fold < i ? label : "?" }))
    )
    const { labels, recalls, label_n } = scoreOf(fitRow(rows, { folds: 2 }))
    expect([labels, recalls, label_n]).toEqual([
      ["a", "～", "𝄞"],
      [1, 0, 0.5],
      [2, 2, 2]
    ])
  })

  it("digests the examples: the same for the same scenes and objects, whatever was predicted of them", () => {
    const rows = [0, 1].flatMap((object) => [
      prediction("ax", 0, true, { scene: "s", object }),
      prediction("by", 1, true, { scene: "t", object })
    ])
    const digest = scoreOf(fitRow(rows, { folds: 2 })).examples_digest
    expect(digest).toBe(
      createHash("sha256")
        .update(JSON.stringify(["0/s", "0/t", "1/s", "1/t"]))
        .digest("hex")
    )
    const again = rows.map((row) => ({ ...row, predicted: "?", seed: 1 })).concat(rows)
    expect(scoreOf(fitRow(again, { folds: 2 })).examples_digest).toBe(digest)
    expect(scoreOf(fitRow(rows.slice(1), { folds: 2 })).examples_digest).not.toBe(digest)
  })

  it("maps what is known of splits to seeds and folds", () => {
    const split = {
      split_seed: [0, 0, 1],
      split_fold: [1, 0, 1],
      c: [1, 1, 1],
      edge: ["lower", "", "upper"],
      converged: [true, false, true],
      epochs: [0, 0, 0],
      inner_accuracy: [0.5, 0.25, 0.75]
    }
    const rows = [0, 1].flatMap((seed) => [
      prediction("ax", 0, true, { seed }),
      prediction("bx", 1, true, { seed })
    ])
    expect(scoreOf(fitRow(rows, { folds: 2, ...split }))).toMatchObject({
      inner_accuracy: [0.25, 0.5, NaN, 0.75],
      splits: 3,
      splits_at_edge: 2,
      splits_unconverged: 1
    })
  })

  it("is null and empty for an undefined fit, but says how many examples there were", () => {
    const undefinedFit = fitRow([], { n: 40, images: 30, classes: 2, undefined_because: "too few examples" })
    expect(scoreOf(undefinedFit)).toMatchObject({
      n: 40,
      images: 30,
      balanced_accuracy: null,
      chance: null,
      ceiling: null,
      run_accuracy: [],
      labels: [],
      examples_digest: null,
      n_scored: 0,
      small_cells: null
    })
  })

  it("has no scores where all predictions are one-sided", () => {
    const rows = runsOf([2, 2, 2, 2, 2]).map((row) => ({ ...row, one_sided: true }))
    expect(scoreOf(fitRow(rows))).toMatchObject({
      balanced_accuracy: null,
      run_accuracy: [NaN, NaN, NaN, NaN, NaN],
      chance: null,
      macro_f1: null,
      log_loss: null,
      one_sided: 20
    })
  })

  it("refuses lists of different lengths, and seeds and folds beyond the settings", () => {
    const fit = fitRow(runsOf([3, 3, 3, 3, 3]))
    expect(() => scoreOf({ ...fit, cell: fit.cell.slice(1) })).toThrow(
      'the list "cell" has 19 entries and "seed" 20'
    )
    expect(() => scoreOf({ ...fit, folds: 4 })).toThrow("fold[16] is 4, but the fit has 4 folds, from 0")
    expect(() => scoreOf({ ...fit, seed: fit.seed.with(2, 1) })).toThrow(
      "seed[2] is 1, but the fit has 1 seeds"
    )
  })
})
