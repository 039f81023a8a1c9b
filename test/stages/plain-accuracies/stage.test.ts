import { expect, it } from "vitest"
import { plainAccuracies } from "../../../stages/plain-accuracies/stage.ts"
import { collect, computeOf, fakeContext, lossesOf, tableOf } from "../fakes.ts"

const fit = (tap: string, predicted: ReadonlyArray<string>, undefined_because: string | null = null) => ({
  encoder: "vit",
  encoder_digest: "d",
  blocks: 12,
  probe: "perceptron",
  selection: "as-published",
  tap,
  token: "avg_obj",
  source: "secondary",
  task: "0",
  target: "primary",
  classes: 2,
  label: predicted.map(() => "cat"),
  predicted,
  undefined_because
})

it("counts every prediction once, whatever its cell, and gives Wilson's interval", async () => {
  const fits = [
    tableOf([fit("block.3.resid_post", [...Array(30).fill("cat"), ...Array(10).fill("dog")])]),
    tableOf([
      fit("embed", [], "the tap is constant over the training rows"),
      fit("block.1.resid_post", [], "no example has such a token")
    ])
  ]
  const rows = await collect<any>(computeOf(plainAccuracies)({ fits }, {}, fakeContext(plainAccuracies)))
  expect(rows).toHaveLength(2)
  expect(rows[0]).toMatchObject({
    procedure: "as published",
    tap: "block.3.resid_post",
    layer: 3,
    measure: "A_sp",
    plain_accuracy: 0.75,
    n_scored: 40
  })
  // scipy: binomtest(30, 40).proportion_ci(method="wilson")
  expect(rows[0].low).toBeCloseTo(0.5981, 4)
  expect(rows[0].high).toBeCloseTo(0.8581, 4)
  expect(rows[1]).toMatchObject({ tap: "embed", layer: null, plain_accuracy: null, low: null, n_scored: 0 })
  const lost = await lossesOf(plainAccuracies, { output: tableOf(rows), inputs: { fits }, params: {} })
  expect(lost.map(({ reason }) => reason).sort()).toEqual([
    "no example has such a token",
    "the tap is constant over the training rows"
  ])
})
