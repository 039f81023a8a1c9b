import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { file } from "../../../src/index.ts"
import { checkParams } from "../../../src/pipeline/check-params.ts"
import { assignTasks, taskList, taskRules } from "../../../stages/assign-tasks/stage.ts"
import type { TaskRow } from "../../../stages/tables/tasks.ts"
import { computeOf, fakeContext, lossesOf, tableOf } from "../fakes.ts"

const folder = mkdtempSync(join(tmpdir(), "probeline-tasks-"))
afterAll(() => rmSync(folder, { recursive: true }))
const csv = join(folder, "tasks.csv")
const listed = (...rows: ReadonlyArray<string>) =>
  writeFileSync(csv, ["task,primary,secondary,image_id", ...rows].join("\n"))

interface Scene {
  readonly id: string
  readonly objects: ReadonlyArray<{
    readonly category: string
    readonly area: number
    readonly crowd: boolean
  }>
  readonly left_out: ReadonlyArray<{ readonly category: string }>
}
const scene = (id: string, ...categories: ReadonlyArray<string>): Scene => ({
  id,
  objects: categories.map((category) => ({ category, area: 16, crowd: false })),
  left_out: []
})
type Tasks = ReturnType<typeof taskList> | ReturnType<typeof taskRules>
type Assigned = ReadonlyArray<TaskRow> | { readonly failed: string }
/** Runs the stage as the orchestrator does, with a worker's resource. */
function assign(tasks: Tasks, scenes: ReadonlyArray<Scene>): ReadonlyArray<Assigned> {
  const params = paramsOf(tasks)
  const resource: unknown = assignTasks.stage.spec.open!(params, fakeContext(assignTasks), {})
  const items = scenes.map(({ id, ...row }) => ({ id, scenes: row }))
  return computeOf(assignTasks)(items, { params, resource }, fakeContext(assignTasks)) as Array<Assigned>
}
function paramsOf(tasks: Tasks) {
  const { values, issues } = checkParams(assignTasks.stage.spec.params!, { tasks }, (path) => path)
  expect(issues).toEqual([])
  return values
}
function lost(tasks: Tasks, scenes: ReadonlyArray<Scene>) {
  const assigned = assign(tasks, scenes)
  const done = scenes.filter((_, i) => Array.isArray(assigned[i]))
  const rows = scenes.flatMap(({ id }, i) => {
    const own = assigned[i]!
    return "failed" in own ? [] : own.map((row) => ({ item: id, ...row }))
  })
  return lossesOf(assignTasks, {
    output: tableOf(rows, {}, done.map(({ id }) => id)), // oxfmt-ignore
    inputs: { scenes: tableOf(scenes.map(({ id, ...row }) => ({ item: id, ...row }))) },
    params: paramsOf(tasks)
  })
}
const row = (task: string, primary: string, secondary: string, left_out: string | null = null): TaskRow => ({
  task,
  primary,
  secondary,
  left_out
})

describe("assign-tasks by a list", () => {
  it("gives a scene its rows, none if it is in none, in the order of tasks and not of the file", () => {
    listed("b,bench,cat,1", "0,cat,bed,2", "a,cat,bench,1")
    const scenes = [scene("1", "bench", "cat", "cat"), scene("2", "bed", "cat"), scene("3", "cat", "bench")]
    expect(assign(taskList(file(csv)), scenes)).toEqual([
      [row("a", "cat", "bench"), row("b", "bench", "cat")],
      [row("0", "cat", "bed")],
      []
    ])
  })

  it("counts crowds, since masks are unions", () => {
    listed("0,cat,bench,1")
    const crowded = scene("1", "cat", "bench")
    const scenes = [{ ...crowded, objects: crowded.objects.map((one) => ({ ...one, crowd: true })) }]
    expect(assign(taskList(file(csv)), scenes)).toEqual([[row("0", "cat", "bench")]])
  })

  it("lets a scene fail that lacks a category, alone, and names file, line and id", () => {
    listed("0,cat,bench,1", "0,cat,bench,2", "1,dog,bed,2")
    const scenes = [scene("1", "cat", "bench"), { ...scene("2", "bench"), left_out: [{ category: "bed" }] }]
    const [first, second] = assign(taskList(file(csv)), scenes)
    expect(first).toEqual([row("0", "cat", "bench")])
    expect(second).toEqual({
      failed:
        `${csv}: line 3: image 2 of task "0": no "cat" in the image\n` +
        `${csv}: line 4: image 2 of task "1": no "dog" in the image; every "bed" in the image has degenerate polygons; ` +
        `correct the row, or keep such rows as left out (missing: "skip")`
    })
  })

  it("keeps such rows as left out on request", () => {
    listed("0,cat,bench,2", "1,dog,bench,2")
    expect(assign(taskList(file(csv), { missing: "skip" }), [scene("2", "cat", "bench")])).toEqual([
      [row("0", "cat", "bench"), row("1", "dog", "bench", 'no "dog" in the image')]
    ])
  })

  it.each([
    ["zero padding", "000000000012"],
    ["a file extension and zero padding", "0012.jpg"],
    ['numbers written as decimals ("1.0" for "1")', "12.0"]
  ])("lets a scene fail whose id the list writes in another way: %s", (how, id) => {
    listed("0,cat,bench,7", `0,cat,bench,${id}`)
    for (const missing of ["error", "skip"] as const) {
      const [one, other] = assign(taskList(file(csv), { missing }), [
        scene("12", "cat", "bench"),
        scene("13", "cat", "bench")
      ])
      expect(one).toEqual({
        failed: `${csv}: line 3: "${id}" is probably the same as "12" (ids are compared as text; these differ in ${how}); write ids as the scenes have them, in all rows`
      })
      expect(other).toEqual([])
    }
  })

  it.each([
    ["12", "1"],
    ["cat.right", "cat.left"],
    ["cat", "cat.left"],
    ["1.5", "1"],
    ["img_1", "1"],
    ["A", "a"]
  ])("takes other ids for other scenes, however alike: %s is not %s", (id, other) => {
    listed(`0,cat,bench,${other}`)
    expect(assign(taskList(file(csv)), [scene(id, "cat", "bench")])).toEqual([[]])
  })

  it("refuses a malformed list when a worker starts", () => {
    listed("0,cat,bench,1", "0,dog,bench,1")
    expect(() => assign(taskList(file(csv)), [])).toThrow(
      expect.objectContaining({ file: csv, field: "line 3" })
    )
  })

  it("tells of scenes in no task and of rows left out, not of failed scenes", async () => {
    listed("0,cat,bench,1", "0,dog,bench,2", "1,cat,bench,2")
    const scenes = [scene("1", "cat", "bench"), scene("2", "cat", "bench"), scene("3", "cat")]
    const inNone = {
      what: "scenes",
      reason: "in no row of the task list",
      count: 1,
      examples: ["3"],
      verb: "assigned"
    }
    expect(await lost(taskList(file(csv), { missing: "skip" }), scenes)).toEqual([
      { ...inNone, total: 3 },
      { what: "task rows", reason: 'no "dog" in the image', count: 1, total: 3, examples: ["2, task 0"] }
    ])
    expect(await lost(taskList(file(csv)), scenes)).toEqual([{ ...inNone, total: 2 }])
  })
})

describe("assign-tasks by rules", () => {
  const cats = { task: "b", primary: ["cat", "dog"], secondary: ["bench", "bed"] }
  const beds = { task: "a", primary: ["bench", "bed"], secondary: ["cup", "knife"] }

  it("gives a scene a row of each task whose rule it fits", () => {
    const scenes = [scene("1", "cat", "bench", "cup"), scene("2", "bed", "knife"), scene("3", "cup")]
    expect(assign(taskRules([cats, beds]), scenes)).toEqual([
      [row("a", "bench", "cup"), row("b", "cat", "bench")],
      [row("a", "bed", "knife")],
      []
    ])
  })

  it("counts no crowds by default, and any area", () => {
    const [first, ...others] = scene("1", "cat", "bench").objects
    const scenes = [{ id: "1", objects: [{ ...first!, crowd: true }, ...others], left_out: [] }]
    expect(assign(taskRules([cats]), scenes)).toEqual([[]])
    expect(assign(taskRules([{ ...cats, crowds: true }]), scenes)).toEqual([[row("b", "cat", "bench")]])
    expect(assign(taskRules([{ ...cats, crowds: true, min_area: 17 }]), scenes)).toEqual([[]])
  })

  it("refuses a category in both roles", () => {
    expect(() => assign(taskRules([{ ...cats, secondary: ["cat"] }]), [])).toThrow(
      'task "b" has "cat" in both roles'
    )
  })

  it("tells why scenes are in no task, and which categories no scene shows", async () => {
    const scenes = [scene("1", "cat", "bench"), scene("2", "cat", "dog", "bench"), scene("3")]
    const only = await lost(taskRules([cats]), scenes)
    const reasons = only.map(({ what, reason, count, total, examples }) => [
      what,
      reason,
      count,
      total,
      examples
    ])
    expect(reasons).toEqual([
      ["scenes", "it shows several of the primary categories", 1, 3, ["2"]],
      ["scenes", "it shows none of the primary categories", 1, 3, ["3"]],
      ["task categories", "in no scene", 1, null, ["bed, task b"]]
    ])
    const [several] = await lost(taskRules([cats, beds]), scenes)
    expect(several).toMatchObject({ reason: "in no task by the rules", count: 2, total: 3 })
  })
})
