/** Wirings of members of tensor families that must not compile, as in types.test.ts. */
import { expect, expectTypeOf, it } from "vitest"
import {
  column,
  defineStage,
  each,
  failed,
  group,
  type Member,
  member,
  memberNames,
  one,
  rows,
  table,
  whole
} from "../../../src/index.ts"

const scenes = defineStage.source("scenes", {
  item: "scene",
  params: {},
  output: one({ height: column.int32() }),
  compute: async function* () {}
})("scenes", {})
const activations = defineStage.itemwise("activations", {
  inputs: { scenes: group({ height: column.int32() }) },
  output: rows({ token: column.utf8(), activation: column.tensors("width") }),
  compute: (items) => items.map(() => [])
})("activations", { scenes })
const fits_ = defineStage.whole("fits", {
  item: "fit",
  inputs: { taps: memberNames("activation") },
  output: one({ tap: column.utf8() }),
  compute: async function* ({ taps }) {
    expectTypeOf(taps).toEqualTypeOf<ReadonlyArray<string>>()
    for (const tap of taps) yield { id: tap, tap }
    yield { id: "none", ...failed("there is none") }
  }
})
const fitted_ = defineStage.itemwise("fitted", {
  inputs: {
    activations: whole({ token: column.utf8() }),
    fits: each({ tap: column.utf8() }),
    x: member("activation", { of: "activations", by: "fits.tap" })
  },
  output: one({ accuracy: column.float64() }),
  open: async (_, context, given) => {
    expectTypeOf(context.threads).toEqualTypeOf<number>()
    // @ts-expect-error an item's, not everybody's
    expectTypeOf(given.x)
    return { tokens: (await given.activations.read("token")).token }
  },
  compute: async (items, given) => {
    expectTypeOf(given.resource.tokens).toEqualTypeOf<ReadonlyArray<string>>()
    // @ts-expect-error an item's, not everybody's
    expectTypeOf(given.x)
    // @ts-expect-error the port with the artifact does not declare the family
    given.activations.members("activation")
    return Promise.all(
      items.map(async ({ x, fits: { tap } }) => {
        expectTypeOf(x).toEqualTypeOf<Member>()
        // @ts-expect-error the member that it names, and no other
        expectTypeOf(x.members)
        return { accuracy: (await x.read([0, 1])).length + tap.length }
      })
    )
  }
})
const fits = fits_("fits", { taps: activations })

it("right wirings compile", () => {
  expectTypeOf(fits.form).toEqualTypeOf<"row per item">()
  expect(fitted_("f", { activations, fits }).form).toBe("row per item")
  defineStage.whole("several", {
    item: "fit",
    inputs: { taps: memberNames("activation") },
    output: rows({ n: column.int32() }),
    compute: ({ taps }) => [
      { id: "a", rows: taps.map((_, n) => ({ n })) },
      { id: "b", failed: "none" }
    ]
  })
})
it("wrong wirings do not compile", () => {
  // @ts-expect-error a member port has no input of its own
  fitted_("f", { activations, fits, x: activations })
  // @ts-expect-error a forgotten input
  fitted_("f", { fits })
  // @ts-expect-error no such family
  fits_("f", { taps: scenes })
  // @ts-expect-error a list where one node is wanted
  fits_("f", { taps: [activations] })
  const plain = defineStage.whole("p", {
    inputs: { names: memberNames("token") },
    output: table({ n: column.int32() }),
    compute: () => []
  })
  // @ts-expect-error a column of text is no family
  plain("p", { names: activations })
  expect(true).toBe(true)
})
it("wrong stages do not compile", () => {
  const inputs = { taps: memberNames("activation") }
  defineStage.whole("x", {
    inputs,
    output: table({ n: column.int32() }),
    // @ts-expect-error a table has no items
    item: "fit",
    compute: () => []
  })
  defineStage.whole("x", {
    item: "fit",
    inputs,
    output: one({ n: column.int32() }),
    // @ts-expect-error an item without an id
    compute: () => [{ n: 1 }]
  })
  defineStage.whole("x", {
    item: "fit",
    inputs,
    output: rows({ n: column.int32() }),
    // @ts-expect-error a row where the item's rows are wanted
    compute: () => [{ id: "a", n: 1 }]
  })
  // @ts-expect-error an item's member is of an artifact
  member("activation", { by: "fits.tap" })
  defineStage.whole("x", {
    inputs,
    output: table({ n: column.int32() }),
    compute: ({ taps }) => {
      // @ts-expect-error the names are in their order
      taps.sort()
      return []
    }
  })
  expect(true).toBe(true)
})
