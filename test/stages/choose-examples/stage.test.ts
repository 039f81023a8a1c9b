import { describe, expect, it } from "vitest"
import { chooseExamples } from "../../../stages/choose-examples/stage.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import { rejection } from "../fakes.ts"
import {
  examplesOf,
  type Given,
  type GivenScene,
  kept,
  sceneOf,
  supportRows,
  taskOf,
  uncovered,
  vit
} from "./rig.ts"

const common = { encoder: null, selection: null }
const named = (examples: ReadonlyArray<Example>) => examples.map(({ scene, object }) => `${scene}/${object}`)

describe("choose-examples of a category", () => {
  const street: GivenScene = {
    item: "street",
    objects: [
      { category: "car", crowd: false },
      { category: "person", crowd: true },
      { category: "dog", crowd: false }
    ]
  }
  const park = sceneOf("park", ["dog", "car"])
  const given = { question: "category", scenes: [street, park] } as const

  it("has a row for every object: its label, its cell, and why it is left out", async () => {
    const rows = await examplesOf({
      ...given,
      lacks: (_, scene, object) => (scene === "park" && object === 0 ? uncovered : null)
    })
    const of = (scene: string, object: number, label: string, left_out: string | null) => ({
      ...common,
      scene,
      image_group: scene,
      object,
      task: null,
      target: "category",
      label,
      cell: label,
      left_out,
      lacks: []
    })
    expect(rows).toEqual([
      of("street", 0, "car", null),
      of("street", 1, "person", "a crowd: one annotation for many objects"),
      of("street", 2, "dog", null),
      of("park", 0, "dog", uncovered),
      of("park", 1, "car", null)
    ])
  })

  it("has a row for what the source left out, with its reason; other objects keep their numbers", async () => {
    const reason = "segmentation[0] has 2 points; a polygon has at least 3"
    const left_out = [
      { id: 9, category: "dog", reason },
      { id: 10, category: "car", reason }
    ]
    const without = await examplesOf(given)
    const rows = await examplesOf({ ...given, scenes: [{ ...street, left_out }, park] })
    expect([...rows.slice(0, 3), ...rows.slice(5)]).toEqual(without)
    expect(rows.slice(3, 5)).toMatchObject(
      ["dog", "car"].map((label, i) => ({
        scene: "street",
        object: 3 + i,
        label,
        left_out: `degenerate polygons: ${reason}`
      }))
    )
    expect(chooseExamples.stage.spec.summary!(rows).rows).toContainEqual([
      "category",
      "degenerate polygons",
      2,
      1
    ])
  })

  const crowded = Array.from({ length: 40 }, (_, i) =>
    sceneOf(`scene-${i}`, ["cup", "cup", i % 2 === 0 ? "fork" : "knife"])
  )
  const keptOf = async (scenes: ReadonlyArray<GivenScene>, some: Partial<Given>) =>
    named(kept(await examplesOf({ question: "category", scenes, ...some })))

  it("caps by seed, whatever the order of the scenes", async () => {
    const first = await keptOf(crowded, { cap: 15 })
    expect(first).toHaveLength(45)
    expect((await keptOf(crowded.toReversed(), { cap: 15 })).sort()).toEqual([...first].sort())
    expect(await keptOf(crowded, { cap: 15, seed: 1 })).not.toEqual(first)
  })

  it("decides for old scenes as before when scenes come that no cap feels", async () => {
    const more = [...crowded, sceneOf("new", ["spoon", "spoon"])]
    const before = await keptOf(crowded, { cap: 15 })
    expect((await keptOf(more, { cap: 15 })).filter((key) => !key.startsWith("new"))).toEqual(before)
  })

  it("keeps scenes apart whose names begin alike", async () => {
    const scenes = [sceneOf("a", ["cup", "fork"]), sceneOf("a/1", ["cup", "fork"])]
    const rows = await examplesOf({
      question: "category",
      scenes,
      lacks: (_, scene, object) => ((scene === "a") === (object === 1) ? uncovered : null)
    })
    expect(named(kept(rows))).toEqual(["a/0", "a/1/1"])
  })

  it("refuses categories, which are for presence", async () => {
    const error = (await rejection(examplesOf({ ...given, categories: ["dog"] }))) as Error & {
      field: string
    }
    expect(error.message).toBe("`categories` is for the question presence; this one is category")
    expect(error.field).toBe("categories")
  })
})

describe("choose-examples where scenes show one image", () => {
  const square = (at: number) => [[at, at, at + 4, at, at + 4, at + 4, at, at + 4]]
  const listed = (item: string, image_group: string, places: ReadonlyArray<number>): GivenScene => ({
    item,
    image_group,
    objects: places.map((at) => ({ category: "cup", crowd: false, segmentation: square(at) }))
  })
  // forks in three images of their own, so that there are two classes
  const forks = ["f1", "f2", "f3"].map((item) => sceneOf(item, ["fork"]))
  const cupsOf = async (scenes: ReadonlyArray<GivenScene>, limits: Partial<Given>) =>
    kept(await examplesOf({ question: "category", scenes: [...scenes, ...forks], ...limits })).filter(
      ({ label }) => label === "cup"
    )

  it("counts an object once that all of them list, in whatever order", async () => {
    const twice = [listed("a", "x", [0, 9]), listed("b", "x", [9, 0]), listed("c", "y", [0])]
    expect(await cupsOf(twice, { cap: 3 })).toHaveLength(5)
    // of one object, both copies are kept or none
    const objects = (await cupsOf(twice, { cap: 2 })).length
    expect([3, 4]).toContain(objects)
  })

  it("counts objects of one place in two images", async () => {
    const apart = [listed("a", "x", [0]), listed("b", "y", [0])]
    expect(await cupsOf(apart, { cap: 2 })).toHaveLength(2)
    expect(await cupsOf([...apart, listed("c", "z", [0])], { cap: 2 })).toHaveLength(2)
  })

  it("counts images towards the minimum, not scenes", async () => {
    const shared = [listed("a", "x", [0]), listed("b", "x", [9]), listed("c", "y", [18])]
    expect(await cupsOf(shared, { minimum: 2 })).toHaveLength(3)
    const error = await rejection(cupsOf(shared, { minimum: 3 }))
    expect(error.message).toContain("too few: its category is in fewer than 3 images: 3")
  })

  it("hands on the image group, and counts images in its summary", async () => {
    const scenes = [listed("a", "x", [0]), listed("b", "x", [0]), listed("c", "y", [0]), ...forks]
    const rows = await examplesOf({ question: "category", scenes })
    expect(rows.map(({ image_group }) => image_group)).toEqual(["x", "x", "y", "f1", "f2", "f3"])
    expect(chooseExamples.stage.spec.summary!(rows).rows).toEqual([["category", "kept", 6, 5]])
  })
})

describe("choose-examples of a pair", () => {
  const scenes = ["s", "t", "u"].map((item) => sceneOf(item, ["disc", "star"]))
  const tasks = [
    taskOf("s", "1", "disc", "star"),
    taskOf("s", "2", "disc", "ring"),
    taskOf("t", "1", "bar", "star"),
    taskOf("u", "1", "disc", "ring", "the image lacks the category ring")
  ]

  it("asks two questions for each task of a scene, in one cell of primary × secondary", async () => {
    const rows = await examplesOf({ question: "pair", scenes, tasks })
    const of = (task: string, target: string, label: string, cell: string) => ({
      ...common,
      scene: "s",
      image_group: "s",
      object: -1,
      task,
      target,
      label,
      cell,
      left_out: null,
      lacks: []
    })
    expect(rows.slice(0, 4)).toEqual([
      of("1", "primary", "disc", "disc × star"),
      of("1", "secondary", "star", "disc × star"),
      of("2", "primary", "disc", "disc × ring"),
      of("2", "secondary", "ring", "disc × ring")
    ])
  })

  it("leaves both out where the task does, or where an encoder lacks an object", async () => {
    const rows = await examplesOf({
      question: "pair",
      scenes,
      tasks: [...tasks, taskOf("u", "3", "bar", "ring"), taskOf("t", "3", "disc", "ring")],
      lacks: (_, scene, __, task) => (scene === "s" && task === "2" ? "no token: one of the two" : null)
    })
    expect(
      rows
        .filter(({ left_out }) => left_out !== null)
        .map(({ scene, task, left_out }) => [scene, task, left_out])
    ).toEqual([
      ["s", "2", "no token: one of the two"],
      ["s", "2", "no token: one of the two"],
      ["u", "1", "the image lacks the category ring"],
      ["u", "1", "the image lacks the category ring"]
    ])
  })

  it("keeps cells with fewer images than there are folds, and ignores the limits of classes", async () => {
    const rows = await examplesOf({ question: "pair", scenes, tasks, minimum: 20, cap: 2 })
    expect(kept(rows)).toHaveLength(6)
  })

  it("needs tasks that scenes are in", async () => {
    const refused = async (given: Partial<Given>) =>
      (await rejection(examplesOf({ question: "pair", scenes, ...given }))) as Error & {
        field: string
        hint: string
      }
    expect((await refused({})).message).toMatch(/port `tasks` is empty/)
    const none = await refused({ tasks: [] })
    expect(none.message).toBe("no scene is in any task")
    expect(none.hint).toContain("image_id")
    const other = await refused({ tasks: tasks.map((task) => ({ ...task, item: `${task.item}.jpg` })) })
    expect(other.message).toMatch(/^no ids match: the tasks are of 3 scenes/)
    expect(other.hint).toContain("a file extension")
  })

  it("does not ask about tasks of unknown scenes", async () => {
    const rows = await examplesOf({ question: "pair", scenes, tasks: [...tasks, taskOf("v", "1", "a", "b")] })
    expect(rows.some(({ scene }) => scene === "v")).toBe(false)
  })
})

describe("choose-examples of presence", () => {
  const scenes = [
    sceneOf("1", ["cup", "person"]),
    sceneOf("2", ["fork", "cup"]),
    {
      item: "3",
      objects: [
        { category: "person", crowd: true },
        { category: "fork", crowd: false }
      ]
    },
    sceneOf("4", ["cup"])
  ]
  const given = { question: "presence", scenes, categories: ["person"] } as const

  it("asks every object of another category whether the image has the category; a crowd counts", async () => {
    const rows = await examplesOf(given)
    const of = (scene: string, object: number, label: string) => ({
      ...common,
      scene,
      image_group: scene,
      object,
      task: "person",
      target: "presence",
      label,
      cell: label,
      left_out: null,
      lacks: []
    })
    expect(rows).toEqual([
      of("1", 0, "present"),
      of("2", 0, "absent"),
      of("2", 1, "absent"),
      of("3", 1, "present"),
      of("4", 0, "absent")
    ])
  })

  it("counts an annotation with degenerate polygons as present, and scenes of one image as one", async () => {
    const torn = {
      ...sceneOf("4", ["cup"]),
      left_out: [{ id: 7, category: "person", reason: "2 points" }]
    }
    const copy = { ...sceneOf("5", ["spoon"]), image_group: "1" }
    const other = sceneOf("6", ["spoon"])
    const rows = await examplesOf({ ...given, scenes: [...scenes.slice(0, 3), torn, copy, other] })
    const labels = Object.fromEntries(rows.map(({ scene, label }) => [scene, label]))
    expect(labels).toEqual({
      "1": "present",
      "2": "absent",
      "3": "present",
      "4": "present",
      "5": "present",
      "6": "absent"
    })
  })

  it("asks about several categories as several tasks, with limits of their own", async () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      sceneOf(`${i}`, ["cup", ...(i % 2 === 0 ? ["person"] : []), ...(i < 3 ? ["dog"] : [])])
    )
    const rows = await examplesOf({
      ...given,
      scenes: many,
      categories: ["person", "dog"],
      minimum: 4,
      cap: 6
    })
    const count = (task: string, label: string) =>
      kept(rows).filter((row) => row.task === task && row.label === label).length
    expect([count("person", "present"), count("person", "absent")]).toEqual([6, 6])
    expect([count("dog", "present"), count("dog", "absent")]).toEqual([0, 0])
    const fates = rows.filter(({ task }) => task === "dog").map(({ left_out }) => left_out)
    expect(new Set(fates)).toEqual(
      new Set([
        "too few: its label is in fewer than 4 images",
        "too few: the other label is in too few images",
        "capped: more than 6 objects of its label"
      ])
    )
  })

  it("is asked of the tokens of objects", async () => {
    const rows = await examplesOf({
      ...given,
      lacks: (_, scene, object) => (scene === "2" && object === 1 ? uncovered : null)
    })
    expect(rows.filter(({ left_out }) => left_out === uncovered)).toMatchObject([{ scene: "2", object: 1 }])
  })

  it.each([
    [[], "`categories` is empty: there is nothing whose presence could be asked about"],
    [["person", "person"], '`categories` has "person" twice'],
    [["person", "cat"], 'no scene has the category "cat"']
  ])("refuses the categories %j", async (categories, message) => {
    const error = (await rejection(examplesOf({ ...given, categories }))) as Error & {
      field: string
      hint: string
    }
    expect(error.message).toBe(message)
    expect(error.field).toBe("categories")
    if (categories.includes("cat")) expect(error.hint).toBe("the scenes have: cup, fork, person")
  })
})

it("choose-examples refuses support of other things, of other scenes, and none", async () => {
  const scenes = [sceneOf("1", ["cup", "fork"]), sceneOf("2", ["cup", "fork"])]
  const tasks = [taskOf("1", "t", "cup", "fork"), taskOf("2", "t", "fork", "cup")]
  const refused = async (given: Partial<Given>) =>
    (await rejection(examplesOf({ question: "category", scenes, ...given }))) as Error & { hint: string }
  const ofPairs = supportRows(scenes, tasks, [vit], () => null)
  const ofObjects = supportRows(scenes, [], [vit], () => null)
  expect(await refused({ support: ofPairs })).toMatchObject({
    message: "the support table is about pairs, not about objects",
    hint: 'give find-support `of: "objects"`'
  })
  expect(await refused({ question: "pair", tasks, support: ofObjects })).toMatchObject({
    message: "the support table is about objects, not about pairs",
    hint: 'give find-support `of: "pair"`'
  })
  expect((await refused({ support: [] })).message).toBe("the support table is empty")
  const renamed = ofObjects.map((row) => ({ ...row, scene: `${row.scene}.0` }))
  expect((await refused({ support: renamed })).message).toMatch(
    /^no ids match: the rows of support are of 2 scenes \("1\.0", "2\.0"\), the rows of scenes are of 2 scenes/
  )
})

it("choose-examples leaves out what the support table does not list", async () => {
  const scenes = [sceneOf("1", ["cup", "fork"]), sceneOf("2", ["cup", "fork"])]
  const support = supportRows(scenes, [], [vit], () => null).slice(0, 3)
  const rows = await examplesOf({ question: "category", scenes, support })
  expect(rows.map(({ left_out }) => left_out)).toEqual([
    null,
    null,
    null,
    "no token: the support table does not list it"
  ])
})

it("choose-examples says where examples went if there are no two classes", async () => {
  const refused = async (given: Given) =>
    (await rejection(examplesOf(given))) as Error & { field: string | null; hint: string }
  const scenes = [sceneOf("1", ["cup", "fork"]), sceneOf("2", ["cup", "fork"]), sceneOf("3", ["cup"])]
  expect(await refused({ question: "category", scenes, minimum: 3 })).toMatchObject({
    message:
      "nothing can be asked: no question has examples of two classes (kept: 3; too few: its category is in fewer than 3 images: 2)",
    hint: "lower `minimum`, or add scenes"
  })
  expect((await refused({ question: "category", scenes: [sceneOf("1", [])], minimum: 3 })).message).toMatch(
    /^there is nothing to ask about/
  )
  const reason = "no token: no token was selected in any scene"
  expect(await refused({ question: "category", scenes, lacks: () => reason })).toMatchObject({
    message: `nothing can be asked of vit (aligned): no question has examples of two classes (${reason}: 5)`,
    field: "support"
  })
})
