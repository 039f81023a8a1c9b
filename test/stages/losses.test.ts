/** What the shipped stages tell of their losses, from tables alone. */
import { describe, expect, it } from "vitest"
import { extractActivations } from "../../stages/extract-activations/stage.ts"
import { lossesOf, tableOf } from "./fakes.ts"

describe("extract-activations", () => {
  it("counts scenes in which no token was selected, and none that failed", async () => {
    const tokens = tableOf(
      [
        { item: "a", object: 0 },
        { item: "failed", object: 0 }
      ],
      {},
      ["a", "b", "failed", "c"]
    )
    const output = tableOf([{ item: "a", pixels: "p" }], {}, ["a", "b", "c"])
    const images = tableOf(["a", "b", "failed", "c"].map((item) => ({ item, image: { sha256: item } })))
    const inputs = { tokens, scenes: images }
    expect(await lossesOf(extractActivations, { output, inputs, params: {} })).toEqual([
      { what: "scenes", reason: "no token was selected in them", count: 2, total: 3, examples: ["b", "c"] }
    ])
  })
})
