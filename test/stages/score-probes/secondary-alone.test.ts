/** From predictions to measures: tokens that know the secondary and nothing of the primary, one of eight cells empty. */
import { expect, it } from "vitest"
import { pick, seededRandom } from "../../../src/index.ts"
import { scoreOf } from "../../../stages/score-probes/score.ts"
import { assignFolds } from "../../../stages/statistics/folds.ts"
import { aggregated } from "../aggregate/scores.ts"
import { fitRow, type Prediction, prediction } from "./fit-rows.ts"

const [folds, seeds, n] = [5, 5, 800]
const primaries = ["a", "b"]
const cells = primaries.flatMap((primary) => ["w", "x", "y", "z"].map((secondary) => primary + secondary))

/**
 * Out-of-fold answers of a rule that sees the secondary alone, one time in ten a wrong one: the primary that is more
 * frequent with it in the training rows, at random if both are equally so.
 */
function drawn(draw: number): Array<Prediction> {
  const random = seededRandom("the secondary alone", draw)
  // "az" is empty; the other cells differ in size
  const filled = cells.filter((cell) => cell !== "az")
  const many = [...filled, ...filled.slice(0, 3), "by"]
  const scenes = Array.from({ length: n }, (_, i) => {
    const cell = pick(random, many)
    return { id: String(i), cell, seen: random() < 0.1 ? pick(random, cells)[1]! : cell[1]! }
  })
  const images = scenes.map(({ id, cell }) => ({ id, stratum: cell }))
  return Array.from({ length: seeds }, (_, seed) => {
    const folding = assignFolds({ images, folds, seed: `${draw}/${seed}` })
    return Array.from({ length: folds }, (__, fold) => {
      const train = scenes.filter(({ id }) => folding.get(id) !== fold)
      const trained = new Set(train.map(({ cell }) => cell))
      const answers = new Map(
        ["w", "x", "y", "z"].map((secondary) => {
          const of = (primary: string) =>
            train.filter(({ cell, seen }) => cell[0] === primary && seen === secondary).length
          const [a, b] = [of("a"), of("b")]
          return [secondary, a > b ? "a" : a < b ? "b" : pick(random, primaries)]
        })
      )
      return scenes
        .filter(({ id }) => folding.get(id) === fold)
        .map(({ id, cell, seen }) => {
          const one_sided = primaries.some((primary) => !trained.has(primary + cell[1]!))
          return prediction(cell, fold, true, { seed, scene: id, predicted: answers.get(seen)!, one_sided })
        })
    })
  }).flat(2)
}

it("A_sp is .50 ± .01 over 20 draws; with the one-sided secondary scored, it would be above .55", () => {
  const draws = Array.from({ length: 20 }, (_, draw) => drawn(draw))
  const scores = draws.map((rows) => scoreOf(fitRow(rows)))
  for (const { chance, one_sided, labels, balanced_accuracy } of scores) {
    expect([chance, labels.length]).toEqual([0.5, 2])
    expect(one_sided).toBeGreaterThan(0)
    expect(Math.abs(balanced_accuracy! - 0.5)).toBeLessThan(0.03)
  }
  const mean = (some: ReadonlyArray<{ balanced_accuracy: number | null }>) =>
    some.reduce((sum, { balanced_accuracy }) => sum + balanced_accuracy!, 0) / some.length
  expect(Math.abs(mean(scores) - 0.5)).toBeLessThan(0.01)
  const all = draws.map((rows) => scoreOf(fitRow(rows.map((row) => ({ ...row, one_sided: false })))))
  expect(mean(all)).toBeGreaterThan(0.55)
})

it("has an interval, but none with the last of five folds empty", async () => {
  const rows = drawn(0)
  const measured = async (some: ReadonlyArray<Prediction>) =>
    (await aggregated([scoreOf(fitRow(some, { source: "secondary", folds }))]))[0]!
  const whole = await measured(rows)
  expect(whole.high! - whole.low!).toBeGreaterThan(0)
  const without = await measured(rows.filter(({ fold }) => fold < folds - 1))
  expect(without.balanced_accuracy).toBeGreaterThan(0.4)
  expect([without.low, without.high]).toEqual([null, null])
})
