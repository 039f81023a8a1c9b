import { describe, expect, it } from "vitest"
import { chooseExamples } from "../../../stages/choose-examples/stage.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import { computeOf, fakeContext, lossesOf as told, rejection, tableOf } from "../fakes.ts"

interface Scene {
  readonly item: string
  readonly objects: ReadonlyArray<{
    readonly category: string
    readonly crowd: boolean
    readonly segmentation?: ReadonlyArray<ReadonlyArray<number>>
  }>
  readonly image_group?: string
  readonly left_out?: ReadonlyArray<{
    readonly id: number
    readonly category: string
    readonly reason: string
  }>
  readonly primary: string | null
  readonly secondary: string | null
}
interface TokenRow {
  readonly item: string
  readonly source: string
  readonly object: number
}
/** Of all of the scenes, also of those without a token. */
const tokenTable = (scenes: ReadonlyArray<Scene>, tokens: ReadonlyArray<TokenRow>) =>
  tableOf(tokens, {}, [...new Set([...scenes, ...tokens].map(({ item }) => item))])
/** @param torn scenes that have an annotation left out */
const sceneTable = (scenes: ReadonlyArray<Scene>, torn: ReadonlyArray<string> = []) =>
  tableOf(
    scenes.map((scene) => ({
      left_out: torn.includes(scene.item) ? [{ id: 9, category: "cup", reason: "torn" }] : [],
      image_group: scene.item,
      ...scene,
      objects: scene.objects.map((object, i) => ({ segmentation: [[i]], ...object }))
    }))
  )
const defaults = { minimum: 2, classes: 20, cap: 100, seed: 0 }
const examplesOf = (
  question: "category" | "pair",
  scenes: ReadonlyArray<Scene>,
  tokens: ReadonlyArray<TokenRow>,
  some: Partial<typeof defaults> = {}
): Promise<Array<Example>> =>
  computeOf(chooseExamples)(
    {
      scenes: sceneTable(scenes),
      tokens: tokenTable(scenes, tokens)
    },
    { question, ...defaults, ...some },
    fakeContext(chooseExamples, some.seed)
  )

const sceneOf = (item: string, categories: ReadonlyArray<string>): Scene => ({
  item,
  objects: categories.map((category) => ({ category, crowd: false })),
  primary: null,
  secondary: null
})
const objectTokens = (scenes: ReadonlyArray<Scene>): Array<TokenRow> =>
  scenes.flatMap(({ item, objects }) =>
    objects.flatMap((_, object) => [
      { item, source: "object", object },
      { item, source: "object", object }
    ])
  )

describe("choose-examples of a category", () => {
  const street: Scene = {
    ...sceneOf("street", ["car", "person", "car", "dog"]),
    objects: [
      { category: "car", crowd: false },
      { category: "person", crowd: true },
      { category: "car", crowd: false },
      { category: "dog", crowd: false }
    ]
  }
  const tokens = [
    { item: "street", source: "image", object: -1 },
    { item: "street", source: "object", object: 0 },
    { item: "street", source: "object", object: 1 },
    { item: "street", source: "object", object: 2 },
    { item: "elsewhere", source: "object", object: 3 }
  ]

  it("has a row for what the source has left out, and its reason; no other object changes its place or its class", async () => {
    const reason = "segmentation[0] has 2 points; a polygon has at least 3"
    const torn: Scene = {
      ...street,
      left_out: [
        { id: 9, category: "dog", reason },
        { id: 10, category: "car", reason }
      ]
    }
    const without = await examplesOf("category", [street], tokens)
    const rows = await examplesOf("category", [torn], tokens)
    expect(rows.slice(0, 4)).toEqual(without)
    expect(rows.slice(4)).toEqual(
      ["dog", "car"].map((label, i) => ({
        scene: "street",
        image_group: "street",
        target: "category",
        object: 4 + i,
        label,
        cell: label,
        left_out: `degenerate polygons: ${reason}`
      }))
    )
    const { rows: counts } = chooseExamples.stage.spec.summary!(rows)
    expect(counts).toContainEqual(["category", "degenerate polygons", 2, 1])
  })
  it("has a row for every object: its label, its cell, and why it is left out", async () => {
    const common = { scene: "street", image_group: "street", target: "category" }
    expect(await examplesOf("category", [street], tokens)).toEqual([
      { ...common, object: 0, label: "car", cell: "car", left_out: null },
      {
        ...common,
        object: 1,
        label: "person",
        cell: "person",
        left_out: "a crowd: one annotation for many objects"
      },
      { ...common, object: 2, label: "car", cell: "car", left_out: null },
      {
        ...common,
        object: 3,
        label: "dog",
        cell: "dog",
        left_out: "no token: no patch is covered enough by it, or none was imported"
      }
    ])
  })

  it("keeps the tokens of one scene apart from those of another whose name begins alike", async () => {
    const scenes = [sceneOf("a", ["cup", "cup"]), sceneOf("a/object/1", ["cup", "cup"])]
    const rows = await examplesOf("category", scenes, [
      { item: "a/object/1", source: "object", object: 0 },
      { item: "a", source: "object", object: 0 }
    ])
    expect(
      rows.filter(({ left_out }) => left_out === null).map(({ scene, object }) => [scene, object])
    ).toEqual([
      ["a", 0],
      ["a/object/1", 0]
    ])
  })

  const crowded = Array.from({ length: 40 }, (_, i) =>
    sceneOf(`scene-${i}`, ["cup", "cup", i % 2 === 0 ? "fork" : "knife"])
  )
  const keptOf = async (scenes: ReadonlyArray<Scene>, some: Partial<typeof defaults>) =>
    (await examplesOf("category", scenes, objectTokens(scenes), some))
      .filter(({ left_out }) => left_out === null)
      .map(({ scene, object }) => `${scene}/${object}`)

  it("caps by seed, whatever the order of scenes and of tokens", async () => {
    const kept = await keptOf(crowded, { cap: 15 })
    expect(kept).toHaveLength(45)
    expect((await keptOf(crowded.toReversed(), { cap: 15 })).sort()).toEqual([...kept].sort())
    expect(await keptOf(crowded, { cap: 15, seed: 1 })).not.toEqual(kept)
  })

  it("decides for old scenes as before when scenes come that no cap feels", async () => {
    const more = [...crowded, sceneOf("new", ["spoon", "spoon", "spoon"])]
    const kept = await keptOf(crowded, { cap: 15 })
    expect((await keptOf(more, { cap: 15 })).filter((key) => !key.startsWith("new"))).toEqual(kept)
  })
})

describe("choose-examples where scenes show one image", () => {
  const square = (at: number) => [[at, at, at + 4, at, at + 4, at + 4, at, at + 4]]
  const listed = (item: string, image_group: string, places: ReadonlyArray<number>): Scene => ({
    ...sceneOf(item, []),
    image_group,
    objects: places.map((at) => ({ category: "cup", crowd: false, segmentation: square(at) }))
  })
  const keptFor = async (scenes: ReadonlyArray<Scene>, minimum: number) =>
    (await examplesOf("category", scenes, objectTokens(scenes), { minimum })).filter(
      ({ left_out }) => left_out === null
    ).length

  it("counts an object once that all of them list, in whatever order", async () => {
    const twice = [listed("a", "x", [0, 9]), listed("b", "x", [9, 0])]
    expect(await keptFor(twice, 2)).toBe(4)
    expect(await keptFor(twice, 3)).toBe(0)
  })

  it("counts objects apart that they share out", async () => {
    const shared = [listed("a", "x", [0]), listed("b", "x", [9]), listed("c", "x", [18])]
    expect(await keptFor(shared, 3)).toBe(3)
  })

  it("counts objects of one place in two images", async () => {
    expect(await keptFor([listed("a", "x", [0]), listed("b", "y", [0])], 2)).toBe(2)
  })

  it("hands on the image group, and counts images in its summary", async () => {
    const scenes = [listed("a", "x", [0]), listed("b", "x", [0]), listed("c", "y", [0])]
    const rows = await examplesOf("category", scenes, objectTokens(scenes))
    expect(rows.map(({ image_group }) => image_group)).toEqual(["x", "x", "y"])
    expect(chooseExamples.stage.spec.summary!(rows).rows).toEqual([["category", "kept", 3, 2]])
  })
})

describe("choose-examples of a pair", () => {
  const scene = (item: string, primary: string | null, secondary: string | null): Scene => ({
    item,
    objects: [],
    primary,
    secondary
  })
  const both = (item: string) => [
    { item, source: "primary", object: -1 },
    { item, source: "secondary", object: -1 },
    { item, source: "image", object: -1 }
  ]

  it("asks two questions a scene, in one cell of primary × secondary", async () => {
    const common = { scene: "s", image_group: "s", object: -1, cell: "disc × star", left_out: null }
    expect(await examplesOf("pair", [scene("s", "disc", "star")], both("s"))).toEqual([
      { ...common, target: "primary", label: "disc" },
      { ...common, target: "secondary", label: "star" }
    ])
  })

  it("leaves both out, with a reason, where an object has no token or the scene no pair", async () => {
    const rows = await examplesOf(
      "pair",
      [scene("s", "disc", "star"), scene("t", "disc", null), scene("u", "disc", "ring")],
      [...both("s").slice(1), ...both("t")]
    )
    expect(rows.map(({ scene: name, left_out }) => [name, left_out])).toEqual([
      ["s", "no token: one of the two objects covers no patch enough, or was not imported"],
      ["s", "no token: one of the two objects covers no patch enough, or was not imported"],
      ["t", "the scene has no primary or secondary category"],
      ["t", "the scene has no primary or secondary category"],
      ["u", "no token: one of the two objects covers no patch enough, or was not imported"],
      ["u", "no token: one of the two objects covers no patch enough, or was not imported"]
    ])
  })
})

it("choose-examples counts what was kept and what was left out, by reason, the most first", () => {
  const example = (left_out: string | null): Example => ({
    scene: "s",
    image_group: "s",
    object: 0,
    target: "category",
    label: "cup",
    cell: "cup",
    left_out
  })
  const summary = chooseExamples.stage.spec.summary!([
    example("a crowd"),
    example(null),
    example(null),
    { ...example(null), target: "primary" }
  ])
  expect(summary.rows).toEqual([
    ["category", "kept", 2, 1],
    ["category", "a crowd", 1, 1],
    ["primary", "kept", 1, 1]
  ])
  expect(summary.columns).toHaveLength(4)
})

describe("tokens and scenes that do not go together", () => {
  const scenes = [sceneOf("1", ["cup", "cup"]), sceneOf("2", ["cup", "fork"]), sceneOf("3", ["fork"])]
  const objects = (write: (id: string) => string) =>
    objectTokens(scenes).map((token) => ({ ...token, item: write(token.item) }))
  const choose = (tokens: ReadonlyArray<TokenRow>, items?: ReadonlyArray<string>): Promise<Array<Example>> =>
    computeOf(chooseExamples)(
      {
        scenes: sceneTable(scenes),
        tokens: tableOf(tokens, {}, items)
      },
      { question: "category", ...defaults },
      fakeContext(chooseExamples)
    )
  it("are refused where no id is the same, with ids of both and the likely cause", async () => {
    const error = (await rejection(choose(objects((id) => `${id}.0`)))) as Error & { hint: string }
    expect(error.message).toBe(
      'no ids match: the tokens are of 3 scenes ("1.0", "2.0", "3.0"), the rows of scenes are of 3 scenes ("1", "2", "3")'
    )
    expect(error.hint).toMatch(/^"1\.0" is probably the same as "1" .*; write them the same way in both$/)
    expect((await rejection(choose(objects((id) => `other ${id}${id}`)))).message).toMatch(/^no ids match/)
  })
  it("are not refused where no scene has a token, which is no question of ids", async () => {
    const rows = await choose([], ["1", "2", "3"])
    expect(rows.every(({ left_out }) => left_out === "no token: no token was selected in any scene")).toBe(
      true
    )
  })
  it("are told apart: no such scene, no such object, tokens of something else", async () => {
    const some = objects((id) => (id === "3" ? "3.0" : id)).filter(({ object }) => object === 0)
    const reasons = (await choose(some)).map(({ scene, object, left_out }) => [
      `${scene}/${object}`,
      left_out
    ])
    expect(Object.fromEntries(reasons)).toMatchObject({
      "1/1": "no token: no patch is covered enough by it, or none was imported",
      "3/0": "no token: its scene is not among those of the tokens"
    })
    const pairs = scenes.map(({ item }) => ({ item, source: "primary", object: -1 }))
    for (const { left_out } of await choose(pairs)) expect(left_out).toMatch(/the tokens are not of objects/)
  })
})

describe("what choose-examples tells of its losses", () => {
  const lossesOf = async (
    question: "category" | "pair",
    scenes: ReadonlyArray<Scene>,
    tokens: ReadonlyArray<TokenRow>,
    left_out: ReadonlyArray<string> = []
  ) => {
    const given = { scenes: sceneTable(scenes, left_out), tokens: tokenTable(scenes, tokens) }
    const params = { question, ...defaults }
    const output = tableOf(await computeOf(chooseExamples)(given, params, fakeContext(chooseExamples)))
    return told(chooseExamples, { output, inputs: given, params })
  }
  const asked = { what: "objects", verb: "asked about" }

  it("counts all objects of the scenes, degenerate ones too, for one object each", async () => {
    const scenes = [sceneOf("1", ["cup", "cup", "fork"]), sceneOf("2", [])]
    const tokens = objectTokens(scenes).filter(({ object }) => object < 2)
    expect(await lossesOf("category", scenes, tokens, ["1"])).toEqual([
      {
        ...asked,
        reason: "no token: no patch is covered enough by it, or none was imported",
        count: 1,
        total: 4,
        examples: ["1/2"]
      },
      { ...asked, reason: "degenerate polygons", count: 1, total: 4, examples: ["1/3"] }
    ])
  })
  it("counts the objects of other categories where pairs are asked about", async () => {
    const pair = { primary: "cup", secondary: "fork" }
    const scenes = [
      { ...sceneOf("1", ["cup", "fork", "spoon", "fork"]), ...pair },
      { ...sceneOf("2", ["cup", "fork", "spoon"]), ...pair },
      sceneOf("3", ["cup"])
    ]
    const tokens = ["primary", "secondary"].map((source) => ({ item: "1", source, object: -1 }))
    expect(await lossesOf("pair", scenes, tokens)).toEqual([
      {
        ...asked,
        reason: "neither the primary nor the secondary category of its scene",
        count: 2,
        total: 8,
        examples: ["1/2", "2/2"]
      },
      {
        ...asked,
        reason: "no token: one of the two objects covers no patch enough, or was not imported",
        count: 2,
        total: 8,
        examples: ["2/0", "2/1"]
      },
      {
        ...asked,
        reason: "the scene has no primary or secondary category",
        count: 1,
        total: 8,
        examples: ["3/0"]
      }
    ])
  })
  it("tells of tokens whose scene or object is unknown", async () => {
    const scenes = [sceneOf("1", ["cup", "cup"]), sceneOf("2", ["fork", "fork"])]
    const tokens = [
      { item: "1", source: "object", object: 2 },
      ...objectTokens(scenes),
      { item: "003.png", source: "object", object: 0 }
    ]
    expect(await lossesOf("category", scenes, tokens)).toEqual([
      {
        what: "scenes of the tokens",
        reason: "no scene has this id",
        count: 1,
        total: null,
        examples: ["003.png"]
      },
      {
        what: "objects of the tokens",
        reason: "their scene has fewer objects (the first is object 0)",
        count: 1,
        total: null,
        examples: ["1/2"]
      }
    ])
  })
})
