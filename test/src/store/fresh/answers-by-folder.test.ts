/**
 * Where the folders of traces and manifests are as they were, a plan looks at objects alone; and whatever happens to a
 * trace or a manifest is seen all the same.
 */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Graph } from "../../../../src/pipeline/graph.ts"
import { planAll } from "../../../../src/plan/plan.ts"
import type { FileSystem } from "../../../../src/store/files/file-system.ts"
import { coarse, crashGraph, executedIn, Lab, numbers } from "../../run/lab.ts"
import { age, gc, quick, storeOf } from "../gc/worlds.ts"
import { touchingStore } from "../../../../src/store/touching-store.ts"

let lab: Lab
let graph: Graph
beforeEach(async () => {
  lab = new Lab()
  graph = crashGraph(lab)
  const other = coarse("other", { of: sourceOf(), step: 10 })
  await lab.run(graph, { files: quick })
  await lab.run(lab.graph({ other }), { files: quick })
  settle()
  await note(lab.graph({ other }))
})
afterEach(() => lab.close())

const sourceOf = () => numbers("source", { file: { path: join(lab.folder, "items.json") } })
/** Finds all by its files, and writes that down, as a run does that has something to write. */
async function note(others: Graph) {
  const planning = lab.planning()
  await planAll(graph.nodes, planning)
  const other = (await lab.plan(others)).find(({ node }) => node.id === "other")!
  const { freshIndex: answers } = planning.store
  expect(answers.learn("coarse", other.key!, other.preimage!.output, [])).not.toBeNull()
  answers.save()
}
const inStore = (...names: ReadonlyArray<string>) => join(lab.folder, "store", ...names)
const filesIn = (folder: string) =>
  readdirSync(inStore(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("/items/"))
    .map((entry) => join(entry.parentPath, entry.name))
/** As if nothing had been written for a while: a folder that has just been changed is not believed. */
function settle() {
  for (const room of ["traces", "manifests"])
    for (const entry of readdirSync(inStore(room), { recursive: true, withFileTypes: true }))
      if (entry.isDirectory()) utimesSync(join(entry.parentPath, entry.name), 1000, 1000)
}
/** The files of traces and manifests that a plan of the graph looks at. */
async function lookedAt(): Promise<ReadonlyArray<string>> {
  const seen: Array<string> = []
  const files = (real: FileSystem): FileSystem => ({
    ...real,
    statFile: (file) => (seen.push(file), real.statFile(file)),
    read: (file) => (seen.push(file), real.read(file))
  })
  const plans = await lab.plan(graph, { files })
  expect(plans.map(({ state }) => state)).toEqual(graph.nodes.map(() => "fresh"))
  return seen.filter((file) => /\/(traces|manifests)\//.test(file))
}
const states = async () =>
  Object.fromEntries((await lab.plan(graph)).map(({ node, state }) => [node.stage.name, state]))
const manifestOf = async (stage: string) => {
  const { known } = (await lab.plan(graph)).find(({ node }) => node.stage.name === stage)!
  return filesIn("manifests").find((file) => basename(file, ".json") === known!.manifest.digest)!
}
const traceOf = (stage: string) => filesIn(`traces/${stage}`)[0]!

describe("where no folder has changed", () => {
  it("a plan looks at no trace and at no manifest", async () => {
    expect(await lookedAt()).toEqual([])
  })
  it("a folder that has got a file is looked into, and no other", async () => {
    writeFileSync(join(dirname(traceOf("total")), "0".repeat(64)), "")
    const seen = await lookedAt()
    expect(seen.map((file) => dirname(file))).toContain(dirname(traceOf("total")))
    expect(new Set(seen.map((file) => dirname(file))).size).toBeLessThanOrEqual(2)
  })
  it("one that has changed just now is looked into, even if it looks as before", async () => {
    const folder = dirname(traceOf("total"))
    const { mtime } = statSync(folder)
    utimesSync(folder, new Date(), new Date())
    expect(await lookedAt()).toContain(traceOf("total"))
    utimesSync(folder, mtime, mtime)
    expect(await lookedAt()).toContain(traceOf("total"))
  })
})

describe("a change is seen", () => {
  it("when a trace is gone", async () => {
    rmSync(traceOf("total"))
    expect((await states())["total"]).not.toBe("fresh")
  })
  it("when all traces of a stage are gone", async () => {
    rmSync(inStore("traces", "total"), { recursive: true })
    expect((await states())["total"]).not.toBe("fresh")
  })
  it("when a manifest is gone", async () => {
    rmSync(await manifestOf("total"))
    expect((await states())["total"]).not.toBe("fresh")
  })
  it("when a trace was replaced by another, of the same size and the same time", async () => {
    const file = traceOf("total")
    const { mtime } = statSync(file)
    const text = readFileSync(file, "utf8").replace(/,"check".*/s, "}\n")
    const aside = inStore("aside")
    writeFileSync(aside, text.replace(/"artifact":"\w+"/, `"artifact":"${"0".repeat(64)}"`))
    utimesSync(aside, mtime, mtime)
    renameSync(aside, file)
    expect((await states())["total"]).not.toBe("fresh")
  })
  it("when an object has lost a byte", async () => {
    const named = readFileSync(await manifestOf("total"), "utf8")
    const object = filesIn("objects").find((file) => named.includes(basename(file).split(".")[0]!))!
    const bytes = readFileSync(object)
    rmSync(object)
    writeFileSync(object, bytes.subarray(1))
    expect((await states())["total"]).not.toBe("fresh")
  })
  it("when a forced run has computed a node again", async () => {
    const { run } = await lab.run(graph, { force: ["total"] })
    expect(executedIn(run)).toEqual(["total"])
    const plan = (await lab.plan(graph)).find(({ node }) => node.id === "total")
    expect(plan!.trace!.run).toBe(run.id)
  })
  it("when a gc has taken it", async () => {
    rmSync(inStore("runs"), { recursive: true })
    const store = storeOf(lab)
    age(store)
    settle()
    await note(lab.graph({ other: coarse("other", { of: sourceOf(), step: 10 }) }))
    gc(store)
    expect(new Set(Object.values(await states()))).not.toContain("fresh")
  })
})

it("who uses what is found looks at each manifest, whatever its folder says", async () => {
  const seen: Array<string> = []
  const files = (real: FileSystem): FileSystem => ({
    ...real,
    statFile: (file) => (seen.push(file), real.statFile(file))
  })
  const planning = lab.planning({ files })
  await planAll(graph.nodes, { ...planning, store: touchingStore(planning.store) })
  const looks = new Set(seen.filter((file) => file.includes("/manifests/")))
  expect(looks.size).toBe(graph.nodes.length)
})

it("a plan of a process that lives on sees what has happened since its last", async () => {
  const planning = lab.planning()
  const stateOf = async () =>
    (await planAll(graph.nodes, planning)).find(({ node }) => node.id === "total")!.state
  expect(await stateOf()).toBe("fresh")
  rmSync(traceOf("total"))
  expect(await stateOf()).not.toBe("fresh")
})
