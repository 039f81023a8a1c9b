import { describe, expect, it } from "vitest"
import { refuseDisjoint } from "../../../stages/fit-probes/losses.ts"
import { fitProbes } from "../../../stages/fit-probes/stage.ts"
import { readActivationNames } from "../../../stages/tables/activations.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import { undefinedBecause } from "../../../stages/tables/fits.ts"
import { lossesOf, rejection, tableOf } from "../fakes.ts"

describe("the losses of fit-probes", () => {
  const example = (scene: string, index: number, label: string): Example => ({
    encoder: null,
    selection: null,
    scene,
    object: index,
    task: null,
    target: "category",
    image_group: scene,
    label,
    cell: label,
    left_out: null,
    lacks: []
  })
  const numbers = Array.from({ length: 20 }, (_, i) => String(i))
  const examples = numbers.flatMap((scene, i) => [
    example(scene, 0, i % 2 === 0 ? "cup" : "fork"),
    example(scene, 1, i % 2 === 0 ? "fork" : "cup")
  ])
  const activations = (some: ReadonlyArray<string>) =>
    tableOf(
      some.flatMap((item) => {
        const common = { item, selection: null, task: null, encoder_digest: null, blocks: null }
        return [
          { ...common, source: "object", object: 0, token: "avg_obj" },
          ...(item === "3" ? [] : [{ ...common, source: "object", object: 1, token: "avg_obj" }]),
          ...(Number(item) < 5 ? [{ ...common, source: "object", object: 0, token: "random_obj" }] : [])
        ]
      }),
      {}
    )
  const fit = (tap: string, token: string, undefined_because: string | null) => ({
    item: "?",
    probe: "logistic",
    selection: "aligned",
    tap,
    token,
    source: "object",
    task: null,
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
    const params = { encoder: "vit", split: { kind: "kfold", folds: 5, seeds: 1, seed: 0 } }
    expect(await lossesOf(fitProbes, { output, inputs, params })).toEqual([
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
        reason: "the tap is constant over the training rows",
        count: 1,
        total: 4,
        examples: ["logistic/aligned/embed/avg_obj/object/category"]
      },
      {
        what: "fits",
        verb: "defined",
        reason: "too few examples (5 folds need 2 classes and 20 images)",
        count: 1,
        total: 4,
        examples: ["logistic/aligned/block.0/random_obj/object/category"]
      },
      {
        what: "fits",
        verb: "defined",
        reason: "no example has such a token",
        count: 1,
        total: 4,
        examples: ["logistic/aligned/block.0/cls/object/category"]
      }
    ])
  })
  it("counts for each selection, and not what another encoder is asked", async () => {
    const asked = examples.flatMap((one) => [
      { ...one, selection: "aligned" },
      { ...one, selection: "centre", encoder: "vit" },
      { ...one, selection: "centre", encoder: "clip" }
    ])
    const output = tableOf([
      fit("embed", "avg_obj", null),
      fit("block.0", "avg_obj", null),
      { ...fit("embed", "avg_obj", null), selection: "centre" },
      { ...fit("embed", "random_obj", null), selection: "centre" },
      {
        ...fit("embed", "random_obj", null),
        selection: "as-published",
        undefined_because: undefinedBecause.unasked
      }
    ])
    const inputs = { activations: activations(numbers), examples: tableOf(asked, {}) }
    const params = { encoder: "vit", split: { kind: "holdout", test: 0.1, seeds: 1, seed: 0 } }
    const told = await lossesOf(fitProbes, { output, inputs, params })
    expect(told.map(({ what, reason, count, total }) => [what, reason, count, total])).toEqual([
      ["examples", "no activation matches their scene and object", 2, 80],
      ["examples for random_obj (object, centre)", "no such activation", 34, 39],
      ["fits", "no example asks this encoder, or about this selection", 1, 5]
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
