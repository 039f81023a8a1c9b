import { describe, expect, it } from "vitest"
import { selectTokens } from "../../../stages/select-tokens/stage.ts"
import { lossesOf, rejection, tableOf } from "../fakes.ts"

const object = (crowd = false) => ({ category: "cup", crowd })
const scenes = tableOf([
  { item: "a", objects: [object(), object(true), object()] },
  { item: "b", objects: [object()] },
  { item: "failed", objects: [object()] },
  { item: "c", objects: [object()] }
])
const [all, done] = [
  ["a", "b", "failed", "c"],
  ["a", "b", "c"]
]
const mask = (item: string, index: number, selection = "aligned") => ({ item, object: index, selection })
const token = (item: string, source: string, index = -1, more: object = {}) => ({
  item,
  selection: "aligned",
  task: null,
  source,
  object: index,
  ...more
})
const brief = (told: Awaited<ReturnType<typeof lossesOf>>) =>
  told.map(({ what, reason, count, total, examples }) => [what, reason, count, total, examples])

describe("losses of objects", () => {
  const params = { of: "objects", threshold: 0.5 }
  const masks = [mask("a", 0), mask("a", 0), mask("a", 1), mask("failed", 0), mask("c", 0)]
  const tokens = [
    token("a", "image", -1, { selection: null }),
    token("a", "object", 0),
    token("a", "object", 0)
  ]
  const tell = (rows: ReadonlyArray<object>, of: ReadonlyArray<object> = masks) =>
    lossesOf(selectTokens, {
      output: tableOf(rows, {}, done),
      inputs: { scenes, masks: tableOf(of, {}, all) },
      params
    })

  it("are those for which no token stands, and why; and scenes without background", async () => {
    expect(brief(await tell(tokens))).toEqual([
      ["objects", "it covers no patch", 2, 5, ["a/2", "b/0"]],
      ["objects", "a crowd: one annotation for many objects", 1, 5, ["a/1"]],
      ["objects", "it covers no patch to 0.5 or more", 1, 5, ["c/0"]],
      ["scenes with selected objects", "every patch is on an object or next to one", 1, 1, ["a"]]
    ])
    expect(brief(await tell([...tokens, token("a", "background")]))).toHaveLength(3)
  })

  it("are counted for each selection, where there are several", async () => {
    const centre = { selection: "centre" }
    const told = await tell(
      [...tokens, token("a", "background"), token("a", "object", 2, centre), token("b", "object", 0, centre)],
      [...masks.slice(0, 3), mask("a", 2, "centre"), mask("b", 0, "centre"), ...masks.slice(3)]
    )
    expect(brief(told).map(([what, , count, total]) => [what, count, total])).toEqual([
      ["objects (aligned)", 2, 5],
      ["objects (aligned)", 1, 5],
      ["objects (aligned)", 1, 5],
      ["objects (centre)", 2, 5],
      ["objects (centre)", 1, 5],
      ["scenes with selected objects (centre)", 2, 2]
    ])
  })

  it("are all of them, where there is no mask at all", async () => {
    expect(brief(await tell([], []))).toEqual([
      ["objects", "it covers no patch", 4, 5, ["a/0", "a/2", "b/0", "c/0"]],
      ["objects", "a crowd: one annotation for many objects", 1, 5, ["a/1"]]
    ])
  })
})

describe("losses of pairs", () => {
  const masks = tableOf([mask("a", 0), mask("c", 0)], {}, all)
  const task = (item: string, name: string, leftOut: string | null = null) => ({
    item,
    task: name,
    left_out: leftOut
  })
  const pair = (item: string, name: string, ...sources: ReadonlyArray<string>) =>
    ["primary", "secondary", ...sources].map((source) => token(item, source, -1, { task: name }))
  const tell = (
    rows: ReadonlyArray<object>,
    tasks: ReadonlyArray<object>,
    comparisons: ReadonlyArray<string> = ["background"],
    of: object = masks
  ) =>
    lossesOf(selectTokens, {
      output: tableOf(rows, {}, done),
      inputs: { scenes, masks: of, tasks: tableOf(tasks, {}, all) },
      params: { of: "pair", threshold: 0.5, comparisons }
    })

  it("are those that lack an object, and those without background; not those that no task asks about", async () => {
    const tasks = [
      task("a", "3"),
      task("b", "3", "the image lacks a laptop"),
      task("failed", "3"),
      task("c", "3")
    ]
    expect(await tell(pair("a", "3"), tasks)).toEqual([
      {
        what: "pairs",
        reason: "a category of the pair covers no patch to 0.5 or more",
        count: 1,
        total: 2,
        examples: ["c"]
      },
      {
        what: "pairs with both objects",
        verb: "compared with background",
        reason: "every patch is on an object or next to one",
        count: 1,
        total: 1,
        examples: ["a"]
      }
    ])
    const sides = ["secondary_vs_background", "background_vs_secondary"]
    expect(await tell([...pair("a", "3", ...sides), ...pair("c", "3", ...sides)], tasks)).toEqual([])
  })

  it("are counted for each task, selection and comparison, where there are several", async () => {
    const tasks = [task("a", "3"), task("a", "5"), task("b", "5"), task("c", "3")]
    const rows = [...pair("a", "5", "secondary_vs_near"), ...pair("c", "3", "secondary_vs_background")]
    const told = await tell(
      rows,
      tasks,
      ["background", "near"],
      tableOf([mask("a", 0), mask("a", 0, "centre")], {}, all)
    )
    const [flat, near] = [
      "every patch is on an object or next to one",
      "no background patch is as far from the primary object as a patch of the secondary"
    ]
    const few = "a category of the pair covers no patch to 0.5 or more"
    const none = "a category of the pair covers no patch"
    expect(brief(told)).toEqual([
      ["pairs (task 3, aligned)", few, 1, 2, ["a"]],
      ["pairs with both objects (near, task 3, aligned)", near, 1, 1, ["c"]],
      ["pairs (task 3, centre)", none, 2, 2, ["a", "c"]],
      ["pairs (task 5, aligned)", few, 1, 2, ["b"]],
      ["pairs with both objects (background, task 5, aligned)", flat, 1, 1, ["a"]],
      ["pairs (task 5, centre)", none, 2, 2, ["a", "b"]]
    ])
  })

  it("cannot be told without tasks", async () => {
    const told = lossesOf(selectTokens, {
      output: tableOf([], {}, done),
      inputs: { scenes, masks, tasks: undefined },
      params: { of: "pair", threshold: 0.5, comparisons: [] }
    })
    expect((await rejection(told)).message).toContain("needs tasks")
  })
})

it("nothing is left out where all tokens are taken", async () => {
  const inputs = { scenes, masks: tableOf([], {}, all), tasks: undefined }
  expect(
    await lossesOf(selectTokens, { output: tableOf([], {}, done), inputs, params: { of: "all" } })
  ).toEqual([])
})
