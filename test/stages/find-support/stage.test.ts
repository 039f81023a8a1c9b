import { describe, expect, it } from "vitest"
import { findSupport } from "../../../stages/find-support/stage.ts"
import type { SupportRow } from "../../../stages/tables/support.ts"
import { collect, computeOf, fakeContext, lossesOf, rejection, tableOf } from "../fakes.ts"

interface Vector {
  readonly item: string
  readonly selection: string | null
  readonly task: string | null
  readonly source: string
  readonly object: number
}
const vector = (item: string, object: number, some: Partial<Vector> = {}): Vector => ({
  item,
  selection: "aligned",
  task: null,
  source: "object",
  object,
  ...some
})
const ofPair = (item: string, task: string | null, sources = ["primary", "secondary"]): Array<Vector> =>
  sources.map((source) => vector(item, -1, { task, source }))
const vectors = (rows: ReadonlyArray<Vector>, items: ReadonlyArray<string> = ids) => tableOf(rows, {}, items)

const ids = ["a", "b", "c"]
const object = (crowd = false) => ({ category: "cup", crowd })
const scenes = tableOf([
  { item: "a", objects: [object(), object(true), object()] },
  { item: "b", objects: [object()] },
  { item: "c", objects: [] }
])
const taskRow = (item: string, task: string, left_out: string | null = null) => ({
  item,
  task,
  primary: "cup",
  secondary: "fork",
  left_out
})
interface Given {
  readonly tokens: ReadonlyArray<ReturnType<typeof vectors>>
  readonly activations?: Given["tokens"]
  readonly encoders?: ReadonlyArray<string>
  readonly of?: "objects" | "pair"
  readonly tasks?: ReadonlyArray<ReturnType<typeof taskRow>>
}
function preparedOf({ tokens, activations = tokens, encoders = ["vit"], of = "objects", tasks }: Given) {
  return {
    inputs: { scenes, tasks: tasks === undefined ? undefined : tableOf(tasks), tokens, activations },
    params: { encoders, of }
  }
}
const supportOf = (given: Given): Promise<ReadonlyArray<SupportRow>> => {
  const { inputs, params } = preparedOf(given)
  return collect(computeOf(findSupport)(inputs, params, fakeContext(findSupport)))
}
const reasonsOf = async (given: Given) =>
  Object.fromEntries(
    (await supportOf(given)).map(({ encoder, selection, task, scene, object: index, reason }) => [
      [encoder, ...(selection === null ? [] : [selection]), `${scene}/${task ?? index}`].join(" "),
      reason
    ])
  )
const uncovered = "no token: it fills no patch to the threshold"
const crowd = "a crowd: one annotation for many objects"
const failed = "no activation: the scene failed at extraction"

describe("find-support of objects", () => {
  it("has a row for each object of each scene, with the reason if it has no token", async () => {
    const cls = vector("b", -1, { source: "image", selection: null })
    const row = { encoder: "vit", selection: "aligned", task: null }
    expect(
      await supportOf({ tokens: [vectors([vector("a", 0), vector("a", 0), vector("a", 1), cls])] })
    ).toEqual([
      { ...row, scene: "a", object: 0, reason: null, lacks: [] },
      { ...row, scene: "a", object: 1, reason: crowd, lacks: [] },
      { ...row, scene: "a", object: 2, reason: uncovered, lacks: [] },
      { ...row, scene: "b", object: 0, reason: uncovered, lacks: [] }
    ])
  })

  it("lets activations of whole images alone serve every object that has tokens", async () => {
    const cls = (item: string) => vector(item, -1, { source: "image", selection: null })
    const given = {
      tokens: [vectors([vector("a", 0), vector("b", 0)])],
      activations: [vectors([cls("a")], ["a", "c"])]
    }
    expect(await reasonsOf(given)).toMatchObject({
      "vit aligned a/0": null,
      "vit aligned a/2": uncovered,
      "vit aligned b/0": failed
    })
  })

  it("lets rows without a selection serve any, such as imported activations beside selected tokens", async () => {
    const given = {
      tokens: [vectors([vector("a", 0), vector("a", 2)])],
      activations: [vectors([vector("a", 0, { selection: null })])]
    }
    expect(await reasonsOf(given)).toMatchObject({
      "vit aligned a/0": null,
      "vit aligned a/2": "no activation: its scene was extracted without this token"
    })
  })

  it("names the comparisons that a pair has no part in, though others have", async () => {
    const pairOf = (item: string) => ofPair(item, "0")
    const side = (item: string, source: string) => vector(item, -1, { task: "0", source })
    const rows = [...pairOf("a"), side("a", "secondary_vs_background"), ...pairOf("b")]
    const found = await supportOf({
      tokens: [vectors(rows)],
      of: "pair",
      tasks: [taskRow("a", "0"), taskRow("b", "0")]
    })
    // nobody has the other comparisons: there is nothing to lack
    expect(found.map(({ scene, reason, lacks }) => [scene, reason, lacks])).toEqual([
      ["a", null, []],
      ["b", null, ["background"]]
    ])
  })

  it("keeps encoders and selections apart", async () => {
    const vit = vectors([vector("a", 0), vector("b", 0, { selection: "centre" })])
    const clip = vectors([vector("a", 2)])
    expect(await reasonsOf({ tokens: [vit, clip], encoders: ["vit", "clip"] })).toEqual({
      "vit aligned a/0": null,
      "vit aligned a/1": crowd,
      "vit aligned a/2": uncovered,
      "vit aligned b/0": uncovered,
      "vit centre a/0": uncovered,
      "vit centre a/1": crowd,
      "vit centre a/2": uncovered,
      "vit centre b/0": null,
      "clip aligned a/0": uncovered,
      "clip aligned a/1": crowd,
      "clip aligned a/2": null,
      "clip aligned b/0": uncovered
    })
  })

  it("tells a scene that failed at extraction from one that has no tokens", async () => {
    const all = [vector("a", 0), vector("a", 2), vector("b", 0)]
    expect(
      await reasonsOf({
        tokens: [vectors(all)],
        activations: [vectors([vector("b", 0)], ["b", "c"])]
      })
    ).toEqual({
      "vit aligned a/0": failed,
      "vit aligned a/1": crowd,
      "vit aligned a/2": failed,
      "vit aligned b/0": null
    })
    expect(
      await reasonsOf({
        tokens: [vectors(all.slice(0, 1), ["a", "c"])],
        activations: [vectors([], ["a", "c"])]
      })
    ).toMatchObject({
      "vit aligned a/0": "no activation: its scene was extracted without this token",
      "vit aligned a/2": uncovered,
      "vit aligned b/0": "no token: its scene is not among those of the tokens"
    })
  })

  it("has no name for the selection of imported activations, which go into both ports", async () => {
    const imported = vectors([vector("a", 0, { selection: null }), vector("b", 0, { selection: null })])
    expect(await reasonsOf({ tokens: [imported] })).toEqual({
      "vit a/0": null,
      "vit a/1": crowd,
      "vit a/2": uncovered,
      "vit b/0": null
    })
  })

  it("says so if there is no token at all, or if they are of something else", async () => {
    expect(await reasonsOf({ tokens: [vectors([])] })).toMatchObject({
      "vit a/0": "no token: no token was selected in any scene"
    })
    expect(await reasonsOf({ tokens: [vectors(ofPair("a", "t"))] })).toMatchObject({
      "vit a/0": 'no token: the tokens are not of objects (select-tokens takes `of: "objects"`)'
    })
  })

  it("keeps scenes apart whose names begin alike", async () => {
    const alike = tableOf([
      { item: "a", objects: [object(), object()] },
      { item: "a/1", objects: [object(), object()] }
    ])
    const rows: ReadonlyArray<SupportRow> = await collect(
      computeOf(findSupport)(
        {
          scenes: alike,
          tokens: [vectors([vector("a", 0), vector("a/1", 1)], ["a", "a/1"])],
          activations: [vectors([vector("a", 0), vector("a/1", 1)], ["a", "a/1"])]
        },
        { encoders: ["vit"], of: "objects" },
        fakeContext(findSupport)
      )
    )
    expect(rows.map(({ reason }) => reason === null)).toEqual([true, false, false, true])
  })
})

describe("find-support of pairs", () => {
  const tasks = [taskRow("a", "1"), taskRow("a", "2"), taskRow("b", "1"), taskRow("b", "2", "two cups")]
  const one = "no token: one of the two objects fills no patch to the threshold"

  it("has a row for each task of each scene: both objects need a token of that task", async () => {
    const tokens = vectors([...ofPair("a", "1"), ...ofPair("a", "2", ["primary"]), ...ofPair("b", "2")])
    expect(await supportOf({ tokens: [tokens], of: "pair", tasks })).toEqual(
      [
        ["a", "1", null],
        ["a", "2", one],
        ["b", "1", one],
        ["b", "2", "two cups"]
      ].map(([scene, task, reason]) => ({
        encoder: "vit",
        selection: "aligned",
        task,
        scene,
        object: -1,
        reason,
        lacks: []
      }))
    )
  })

  it("takes tokens without a task for any task", async () => {
    const tokens = vectors([...ofPair("a", null, ["primary"]), ...ofPair("a", "2", ["secondary"])])
    expect(await reasonsOf({ tokens: [tokens], of: "pair", tasks })).toMatchObject({
      "vit aligned a/1": one,
      "vit aligned a/2": null
    })
  })

  it("tells scenes that failed, and tokens of something else", async () => {
    const tokens = vectors([...ofPair("a", "1"), ...ofPair("b", "1")])
    const activations = vectors(ofPair("a", "1"), ["a", "c"])
    expect(
      await reasonsOf({ tokens: [tokens], activations: [activations], of: "pair", tasks })
    ).toMatchObject({
      "vit aligned a/1": null,
      "vit aligned b/1": failed
    })
    expect(await reasonsOf({ tokens: [vectors([vector("a", 0)])], of: "pair", tasks })).toMatchObject({
      "vit a/1": 'no token: the tokens are not of pairs (select-tokens takes `of: "pair"`)'
    })
  })

  it("needs tasks that scenes are in", async () => {
    const refused = async (given: Partial<Given>) =>
      (await rejection(supportOf({ tokens: [vectors([])], of: "pair", ...given }))).message
    expect(await refused({})).toMatch(/port `tasks` is empty/)
    expect(await refused({ tasks: [] })).toBe("no scene is in any task")
    expect(await refused({ tasks: [taskRow("a.jpg", "1"), taskRow("b.jpg", "1")] })).toMatch(
      /^no ids match: the tasks are of 2 scenes/
    )
  })
})

describe("find-support refuses", () => {
  const table = vectors([vector("a", 0)])
  const refused = async (given: Given) =>
    (await rejection(supportOf(given))) as Error & { field: string | null; hint: string }

  it("other numbers of names than of tables, and a name for two", async () => {
    expect(await refused({ tokens: [table, table] })).toMatchObject({
      message: "`encoders` has 1 name, but `tokens` has 2 tables",
      field: "encoders"
    })
    expect(
      (await refused({ tokens: [table, table], activations: [table], encoders: ["vit", "clip"] })).message
    ).toBe("`encoders` has 2 names, but `activations` has 1 table")
    expect((await refused({ tokens: [table, table], encoders: ["vit", "vit"] })).message).toBe(
      '`encoders` has "vit" twice'
    )
  })

  it("tokens of other scenes, and activations of other tokens, with the likely cause", async () => {
    const renamed = vectors([vector("a.0", 0)], ["a.jpg", "b.jpg", "c.jpg"])
    const tokens = await refused({ tokens: [table, renamed], encoders: ["vit", "clip"] })
    expect(tokens.message).toMatch(/^no ids match: the tokens of clip are of 4 scenes/)
    expect(tokens.hint).toContain("a file extension")
    const activations = await refused({ tokens: [table], activations: [renamed] })
    expect(activations.message).toMatch(
      /^no ids match: the activations of vit are of 4 scenes .* the tokens of vit are of 3 scenes/
    )
  })
})

describe("what find-support tells", () => {
  const told = async (given: Given) => {
    const { inputs, params } = preparedOf(given)
    const output = tableOf((await supportOf(given)).map((row) => ({ ...row, item: "" })))
    return lossesOf(findSupport, { output, inputs, params })
  }

  it("counts what each encoder and selection supports, and why not the rest", async () => {
    const vit = vectors([vector("a", 0), vector("a", 2), vector("b", 0)])
    const clip = vectors([vector("b", 0, { selection: "centre" })], ["a", "b"])
    const verb = "supported"
    expect(
      await told({ tokens: [vit, clip], activations: [vit, vectors([], ["a"])], encoders: ["vit", "clip"] })
    ).toEqual([
      { what: "objects with vit (aligned)", verb, reason: crowd, count: 1, total: 4, examples: ["a/1"] },
      {
        what: "objects with clip (centre)",
        verb,
        reason: uncovered,
        count: 2,
        total: 4,
        examples: ["a/0", "a/2"]
      },
      { what: "objects with clip (centre)", verb, reason: crowd, count: 1, total: 4, examples: ["a/1"] },
      { what: "objects with clip (centre)", verb, reason: failed, count: 1, total: 4, examples: ["b/0"] }
    ])
  })

  it("counts tokens, activations and tasks whose scene or object is unknown", async () => {
    const tokens = vectors([vector("a", 3), vector("b", 0), vector("003.png", 0)], ["a", "b", "003.png"])
    const activations = vectors([vector("b", 0)], ["b", "x"])
    const losses = await told({
      tokens: [tokens],
      activations: [activations],
      tasks: [taskRow("a", "1"), taskRow("y", "1")]
    })
    expect(losses.filter(({ total }) => total === null)).toEqual([
      { what: "scenes of the tasks", reason: "no scene has this id", count: 1, total: null, examples: ["y"] },
      {
        what: "scenes of the tokens of vit",
        reason: "no scene has this id",
        count: 1,
        total: null,
        examples: ["003.png"]
      },
      {
        what: "objects of the tokens of vit",
        reason: "their scene has fewer objects (the first is object 0)",
        count: 1,
        total: null,
        examples: ["a/3"]
      },
      {
        what: "scenes of the activations of vit",
        reason: "its tokens have no such scene",
        count: 1,
        total: null,
        examples: ["x"]
      }
    ])
  })

  it("sums up by encoder and selection, and by task where there are tasks", async () => {
    const tokens = vectors([vector("a", 0), vector("b", 0)])
    expect(findSupport.stage.spec.summary!(await supportOf({ tokens: [tokens] }))).toEqual({
      title: "Support",
      columns: ["encoder", "selection", "supported, or not because", "count", "of"],
      rows: [
        ["vit", "aligned", "supported", 2, 4],
        ["vit", "aligned", crowd, 1, 4],
        ["vit", "aligned", uncovered, 1, 4]
      ]
    })
    const pairs = await supportOf({
      tokens: [vectors(ofPair("a", "1").map((row) => ({ ...row, selection: null })))],
      of: "pair",
      tasks: [taskRow("a", "1"), taskRow("b", "2", "two cups")]
    })
    expect(findSupport.stage.spec.summary!(pairs)).toMatchObject({
      columns: ["encoder", "task", "supported, or not because", "count", "of"],
      rows: [
        ["vit", "1", "supported", 1, 1],
        ["vit", "2", "two cups", 1, 1]
      ]
    })
  })
})
