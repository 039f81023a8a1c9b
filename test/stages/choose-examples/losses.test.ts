import { describe, expect, it } from "vitest"
import { clip, sceneOf, taskOf, toldOf, uncovered, vit } from "./rig.ts"

const verb = "asked about"
const scenes = [
  sceneOf("1", ["cup", "cup", "fork"]),
  { ...sceneOf("2", ["fork"]), left_out: [{ id: 9, category: "cup", reason: "torn" }] },
  sceneOf("3", ["cup"])
]
const lacks = (_: unknown, scene: string, object: number) =>
  scene === "1" && object === 1 ? uncovered : null

describe("what choose-examples tells of its losses", () => {
  it("counts all objects of the scenes, degenerate ones too", async () => {
    expect(await toldOf({ question: "category", scenes, lacks })).toEqual([
      { what: "objects", verb, reason: uncovered, count: 1, total: 6, examples: ["1/1"] },
      { what: "objects", verb, reason: "degenerate polygons", count: 1, total: 6, examples: ["2/1"] }
    ])
  })

  it("counts for each encoder if each has its own examples", async () => {
    const told = await toldOf({
      question: "category",
      scenes,
      asked: [vit, clip],
      examples: "own",
      lacks: ({ encoder }, scene, object) => (encoder === "clip" ? lacks(null, scene, object) : null)
    })
    expect(told.map(({ what, reason, count, total }) => [what, reason, count, total])).toEqual([
      ["objects with vit (aligned)", "degenerate polygons", 1, 6],
      ["objects with clip (aligned)", uncovered, 1, 6],
      ["objects with clip (aligned)", "degenerate polygons", 1, 6]
    ])
  })

  it("counts objects of the category whose presence is asked; by category if there are several", async () => {
    const others = [
      ...scenes,
      sceneOf("4", ["spoon", "knife"]),
      sceneOf("5", ["spoon"]),
      sceneOf("6", ["fork", "knife"])
    ]
    const own = "of the category whose presence is asked"
    const one = await toldOf({ question: "presence", scenes: others, categories: ["fork"] })
    expect(one).toEqual([
      { what: "objects", verb, reason: own, count: 3, total: 11, examples: ["1/2", "2/0", "6/0"] },
      { what: "objects", verb, reason: "degenerate polygons", count: 1, total: 11, examples: ["2/1"] }
    ])
    const two = await toldOf({ question: "presence", scenes: others, categories: ["fork", "cup"] })
    expect(two.map(({ what, reason, count, total }) => [what, reason, count, total])).toEqual([
      ["objects (fork?)", own, 3, 11],
      ["objects (fork?)", "degenerate polygons", 1, 11],
      ["objects (cup?)", own, 4, 11]
    ])
  })

  const kitchen = [
    sceneOf("1", ["cup", "fork", "spoon", "fork"]),
    sceneOf("2", ["bowl", "fork", "spoon"]),
    sceneOf("3", ["cup"]),
    { ...sceneOf("4", ["cup", "fork"]), left_out: [{ id: 9, category: "cup", reason: "torn" }] }
  ]
  const pair = "no token: one of the two objects fills no patch to the threshold"

  it("counts the objects of other categories where pairs are asked about", async () => {
    const tasks = [
      taskOf("1", "a", "cup", "fork"),
      taskOf("2", "a", "bowl", "fork"),
      taskOf("4", "a", "cup", "fork")
    ]
    const told = await toldOf({
      question: "pair",
      scenes: kitchen,
      tasks,
      lacks: (_, scene) => (scene === "4" ? pair : null)
    })
    const common = { what: "objects", verb, total: 11 }
    expect(told).toEqual([
      {
        ...common,
        reason: "neither the primary nor the secondary category of a task of its scene",
        count: 2,
        examples: ["1/2", "2/2"]
      },
      { ...common, reason: pair, count: 2, examples: ["4/0", "4/1"] },
      { ...common, reason: "its scene is in no task", count: 1, examples: ["3/0"] },
      { ...common, reason: "degenerate polygons", count: 1, examples: ["4/2"] }
    ])
  })

  it("counts scenes by task if there are several; an object counts if any task asks about it", async () => {
    const tasks = [
      taskOf("1", "a", "cup", "fork"),
      taskOf("1", "b", "spoon", "fork"),
      taskOf("2", "a", "bowl", "fork", "two bowls"),
      taskOf("9", "a", "bowl", "fork")
    ]
    const told = await toldOf({
      question: "pair",
      scenes: kitchen.slice(0, 2),
      tasks: [...tasks, taskOf("2", "b", "bowl", "spoon")],
      lacks: (_, __, ___, task) => (task === "c" ? pair : null)
    })
    expect(told).toEqual([
      { what: "objects", verb, reason: "two bowls", count: 1, total: 7, examples: ["2/1"] },
      { what: "scenes of task a", verb, reason: "two bowls", count: 1, total: 2, examples: ["2"] }
    ])
  })
})
