/** What the shipped stages tell of their losses, from tables alone. */
import { describe, expect, it } from "vitest"
import { aggregate } from "../../stages/aggregate/stage.ts"
import { buildObjectMasks } from "../../stages/build-object-masks/stage.ts"
import { extractActivations } from "../../stages/extract-activations/stage.ts"
import { refuseDisjoint } from "../../stages/fit-probes/losses.ts"
import { fitProbes } from "../../stages/fit-probes/stage.ts"
import { readActivationNames } from "../../stages/tables/activations.ts"
import type { Example } from "../../stages/tables/examples.ts"
import { undefinedBecause } from "../../stages/tables/fits.ts"
import { selectTokens } from "../../stages/select-tokens/stage.ts"
import { lossesOf, rejection, tableOf } from "./fakes.ts"

const object = (crowd = false) => ({ category: "cup", crowd })
const [ids, pair] = [["a", "b", "c"], { primary: "cup", secondary: "fork" }]
const scenes = tableOf([
  { item: "a", objects: [object(), object(true), object()], ...pair },
  { item: "b", objects: [object()], primary: null, secondary: null },
  { item: "failed", objects: [object()], ...pair },
  { item: "c", objects: [object()], ...pair }
])
const masks = tableOf(
  [
    { item: "a", object: 0 },
    { item: "a", object: 0 },
    { item: "a", object: 1 },
    { item: "failed", object: 0 },
    { item: "c", object: 0 }
  ],
  {},
  ["a", "b", "failed", "c"]
)
const rows = (table: ReadonlyArray<readonly [item: string, source: string, object: number]>) =>
  tableOf(
    table.map(([item, source, index]) => ({ item, source, object: index })),
    {},
    ids
  )

describe("build-object-masks", () => {
  it("counts objects that cover no patch, and none of an item that failed", async () => {
    const output = tableOf(
      [
        { item: "a", object: 0 },
        { item: "a", object: 1 }
      ],
      {},
      ids
    )
    const of = (mode: string) => lossesOf(buildObjectMasks, { output, inputs: { scenes }, params: { mode } })
    expect(await of("aligned")).toEqual([
      {
        what: "objects",
        reason: expect.stringContaining("covers no patch"),
        count: 3,
        total: 5,
        examples: ["a/2", "b/0", "c/0"]
      }
    ])
    expect(await of("as-published")).toMatchObject([{ reason: "it covers the centre of no patch" }])
  })
  it("refuses to count where the tables' items are in different orders", async () => {
    const output = tableOf(
      [
        { item: "c", object: 0 },
        { item: "a", object: 0 }
      ],
      {},
      ["c", "a"]
    )
    const told = lossesOf(buildObjectMasks, { output, inputs: { scenes }, params: { mode: "aligned" } })
    expect((await rejection(told)).message).toContain("different orders")
  })
})

describe("select-tokens", () => {
  it("counts objects for which no token stands, and why", async () => {
    const output = rows([
      ["a", "image", -1],
      ["a", "object", 0],
      ["a", "object", 0]
    ])
    const params = { of: "objects", threshold: 0.5 }
    const told = await lossesOf(selectTokens, { output, inputs: { scenes, masks }, params })
    expect(told.map(({ reason, count, total, examples }) => [reason, count, total, examples])).toEqual([
      ["it covers no patch", 2, 5, ["a/2", "b/0"]],
      ["a crowd: one annotation for many objects", 1, 5, ["a/1"]],
      ["no patch is covered to 0.5 or more", 1, 5, ["c/0"]]
    ])
  })
  it("counts scenes whose pair has no tokens, and those without background", async () => {
    const output = rows([
      ["a", "image", -1],
      ["a", "primary", -1],
      ["a", "secondary", -1]
    ])
    const params = { of: "pair", threshold: 0.5 }
    expect(await lossesOf(selectTokens, { output, inputs: { scenes, masks }, params })).toEqual([
      expect.objectContaining({ what: "scenes", count: 1, total: 3, examples: ["b"] }),
      expect.objectContaining({ what: "scenes", count: 1, total: 3, examples: ["c"] }),
      expect.objectContaining({ what: "scenes with both objects", count: 1, total: 1, examples: ["a"] })
    ])
  })
  it("leaves nothing out where it takes all tokens", async () => {
    const artifacts = { output: rows([]), inputs: { scenes, masks }, params: { of: "all" } }
    expect(await lossesOf(selectTokens, artifacts)).toEqual([])
  })
})

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
    const output = tableOf([{ item: "a", pixels: "p" }], {}, ids)
    const images = tableOf(["a", "b", "failed", "c"].map((item) => ({ item, image: { sha256: item } })))
    const inputs = { tokens, scenes: images }
    expect(await lossesOf(extractActivations, { output, inputs, params: {} })).toEqual([
      { what: "scenes", reason: "no token was selected in them", count: 2, total: 3, examples: ["b", "c"] }
    ])
  })
})

describe("fit-probes", () => {
  const example = (scene: string, index: number, label: string): Example => ({
    scene,
    object: index,
    target: "category",
    image_group: scene,
    label,
    cell: label,
    left_out: null
  })
  const numbers = Array.from({ length: 20 }, (_, i) => String(i))
  const examples = numbers.flatMap((scene, i) => [
    example(scene, 0, i % 2 === 0 ? "cup" : "fork"),
    example(scene, 1, i % 2 === 0 ? "fork" : "cup")
  ])
  const activations = (some: ReadonlyArray<string>) =>
    tableOf(
      some.flatMap((item) => [
        { item, source: "object", object: 0, token: "avg_obj" },
        ...(item === "3" ? [] : [{ item, source: "object", object: 1, token: "avg_obj" }]),
        ...(Number(item) < 5 ? [{ item, source: "object", object: 0, token: "random_obj" }] : [])
      ]),
      {}
    )
  const fit = (tap: string, token: string, undefined_because: string | null) => ({
    item: "?",
    probe: "logistic",
    tap,
    token,
    source: "object",
    target: "category",
    undefined_because
  })
  it("counts examples without activations, and undefined fits", async () => {
    const output = tableOf([
      fit("embed", "avg_obj", undefinedBecause.constant),
      fit("block.0", "avg_obj", null),
      fit("block.0", "random_obj", undefinedBecause.few),
      fit("block.0", "cls", undefinedBecause.tokenless)
    ])
    const inputs = { activations: activations(numbers), examples: tableOf(examples, {}) }
    expect(await lossesOf(fitProbes, { output, inputs, params: { folds: 5 } })).toEqual([
      {
        what: "examples",
        reason: "no activation matches their scene and object",
        count: 1,
        total: 40,
        examples: ["3/1"]
      },
      {
        what: "examples for random_obj (object)",
        reason: "no such activation",
        count: 34,
        total: 39,
        examples: ["0/1", "1/1", "2/1", "4/1", "5/0"]
      },
      {
        what: "fits",
        verb: "defined",
        reason: "undefined: the tap is constant over the training rows",
        count: 1,
        total: 4,
        examples: ["logistic/embed/avg_obj/object/category"]
      },
      {
        what: "fits",
        verb: "defined",
        reason: "undefined: too few examples (5 folds need 2 classes and 20 images)",
        count: 1,
        total: 4,
        examples: ["logistic/block.0/random_obj/object/category"]
      },
      {
        what: "fits",
        verb: "defined",
        reason: "undefined: no example has such a token",
        count: 1,
        total: 4,
        examples: ["logistic/block.0/cls/object/category"]
      }
    ])
  })
  const refusal = async (some: ReadonlyArray<string>, asked: ReadonlyArray<Example>) => {
    const table = activations(some)
    return rejection(refuseDisjoint(table, await readActivationNames(table), asked))
  }
  it("refuses activations of other scenes, or of other objects, than the examples'", async () => {
    expect(
      (
        await refusal(
          numbers.map((id) => `${id}.0`),
          examples
        )
      ).message
    ).toMatch(
      /^no ids match: the activations are of 20 scenes \("0\.0", .*the examples are of 20 scenes \("0", /
    )
    const shifted = examples.slice(0, 4).map((one) => ({ ...one, object: one.object + 7 }))
    expect((await refusal(numbers, shifted)).message).toMatch(/objects \("0\/0", .*objects \("0\/7", /)
  })
})

describe("aggregate", () => {
  it("counts numbers that are undefined, and cells without examples", async () => {
    const row = {
      encoder: "vit",
      probe: "logistic",
      tap: "embed",
      token: "cls",
      source: "image",
      target: "primary",
      balanced_accuracy: 0.5,
      low: 0.4,
      folds_with_empty_cells: 0,
      measure: null,
      m2_corrected: null
    }
    const output = tableOf([
      row,
      { ...row, balanced_accuracy: null, low: null },
      { ...row, low: null },
      { ...row, folds_with_empty_cells: 3 },
      { ...row, measure: "A_sp" }
    ])
    const told = await lossesOf(aggregate, { output, inputs: {}, params: {} })
    expect(told.map(({ what, count, total }) => [what, count, total])).toEqual([
      ["accuracies", 1, 5],
      ["intervals", 1, 4],
      ["values of corrected M2", 1, 1],
      ["accuracies over fewer cells in some fold", 1, null]
    ])
    expect(told[0]!.examples).toEqual(["vit logistic at embed, primary from cls (image)"])
  })
})
