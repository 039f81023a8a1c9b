import { expect, it } from "vitest"
import { scoreOf } from "../../../stages/score-probes/score.ts"
import { fitRow, type Prediction, prediction } from "./fit-rows.ts"

const small = (rows: ReadonlyArray<Prediction>, folds = 5) => scoreOf(fitRow(rows, { folds })).small_cells
const large = [0, 1, 2, 3, 4].map((fold) => prediction("by", fold, true))

it("names cells with fewer images than folds, and the folds of each seed without them", () => {
  const three = (seed: number, folds: ReadonlyArray<number>) =>
    folds.map((fold, i) =>
      prediction("laptop × mouse", fold, true, { seed, scene: String(i), label: "laptop" })
    )
  const seeds = [0, 1].flatMap((seed) => large.map((row) => ({ ...row, seed })))
  expect(small([...three(0, [0, 2, 3]), ...three(1, [4, 4, 1]), ...seeds])).toBe(
    "laptop × mouse: 3 images, none in folds 1, 4 of seed 0, folds 0, 2, 3 of seed 1"
  )
})

it("counts images, not objects", () => {
  const objects = [0, 1, 2, 3, 4, 5].map((object) => prediction("ax", 1, true, { scene: "s", object }))
  expect(small([...objects, ...large])).toBe("ax: 1 image, none in folds 0, 2, 3, 4 of seed 0")
})

it("lists several in order, and is null if there are none", () => {
  const few = ["bz", "ax"].flatMap((cell) => [0, 1, 2, 3].map((fold) => prediction(cell, fold, true)))
  expect(small([...few, ...large])).toBe(
    "ax: 4 images, none in fold 4 of seed 0; bz: 4 images, none in fold 4 of seed 0"
  )
  expect(small(large)).toBeNull()
})
