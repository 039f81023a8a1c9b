import * as fc from "fast-check"
import { expect, it } from "vitest"
import { type Mixture, mixtureKey, mixturesOf, ordersOf, sharesOf } from "../../../src/diff/shares.ts"

const names = ["a", "b", "c", "d", "e", "f", "g"]
/** A value for each mixture, of its own. */
const game = fc.integer({ min: 1, max: 7 }).chain((count) => {
  const params = names.slice(0, count)
  const mixtures = mixturesOf(params)
  return fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: mixtures.length,
      maxLength: mixtures.length
    })
    .map((values) => {
      const table = new Map(mixtures.map((mixture, i) => [mixtureKey(mixture), values[i]!]))
      return { params, valueOf: (mixture: Mixture) => table.get(mixtureKey(mixture))! }
    })
})

it("shares add up to what all parameters do together", () => {
  fc.assert(
    fc.property(game, ({ params, valueOf }) => {
      const sum = sharesOf(params, valueOf).reduce((total, { mean }) => total + mean!, 0)
      expect(sum).toBeCloseTo(valueOf(params) - valueOf([]), 10)
    })
  )
})

it("a parameter that changes nothing has no share, and two that do the same have the same", () => {
  const valueOf = (mixture: Mixture) => (mixture.includes("a") || mixture.includes("b") ? 1 : 0)
  expect(sharesOf(["a", "b", "c"], valueOf)).toEqual([
    { param: "a", mean: 0.5, least: 0, most: 1 },
    { param: "b", mean: 0.5, least: 0, most: 1 },
    { param: "c", mean: 0, least: 0, most: 0 }
  ])
})

it("takes all orders of four, and for more the one given and its reverse", () => {
  expect(ordersOf(names.slice(0, 4))).toHaveLength(24)
  expect(mixturesOf(names.slice(0, 4))).toHaveLength(16)
  expect(ordersOf(names)).toEqual([names, names.toReversed()])
  const mixtures = mixturesOf(names)
  expect(mixtures).toHaveLength(2 * names.length)
  expect([mixtures[0], mixtures.at(-1)]).toEqual([[], names])
})

it("a share is unknown if a run that it needs has failed", () => {
  const valueOf = (mixture: Mixture) => (mixtureKey(mixture) === mixtureKey(["b"]) ? null : mixture.length)
  expect(sharesOf(["a", "b"], valueOf).map(({ mean }) => mean)).toEqual([null, null])
  expect(sharesOf(["a", "b", "c"], valueOf).map(({ mean }) => mean)).toEqual([null, null, null])
})
