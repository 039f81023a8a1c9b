/** What a node was computed from before: found also in runs that were killed, and in this pipeline's runs alone. */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Graph } from "../../../src/pipeline/graph.ts"
import { itemChanges } from "../../../src/plan/item-changes.ts"
import { planAcceptances } from "../../../src/plan/accept.ts"
import { sentence } from "../../../src/plan/cue.ts"
import { previousTraces } from "../../../src/plan/previous.ts"
import { logFile } from "../../../src/run/log-file.ts"
import type { RunRecord } from "../../../src/store/records/run-record.ts"
import { coarse, Lab, numbers } from "../run/lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

/** source → halves */
function graphOf(step = 2, more = {}): Graph {
  const file = { path: lab.writeItems({ i0: [7, 1], i1: [9, 2], ...more }) }
  return lab.graph({ halves: coarse("halves", { of: numbers("source", { file }), step }) })
}
const store = () => lab.planning().store
const put = (run: RunRecord) => store().putRun(run)
const cuesOf = async (graph: Graph) =>
  (await lab.plan(graph)).find(({ node }) => node.id === "halves")!.cues.map(sentence)
const stepChanged = ["parameter step: 2 → 3"]
const never = ["never computed for this pipeline"]

/** Takes the record back to what it was when the run began; the log has what ended since. */
async function unfinished(run: RunRecord): Promise<void> {
  const nodes = run.nodes.map((node) => ({
    ...node,
    status: "skipped" as const,
    artifact: null,
    key: null,
    error: "not yet"
  }))
  put({ ...run, status: "running", finished: null, nodes })
  const log = logFile(store(), run.id, () => new Date(0))
  for (const record of run.nodes) log({ type: "node-finished", record })
}

describe("a run whose record was not finished", () => {
  it("has computed the nodes that its log says it has", async () => {
    await unfinished((await lab.run(graphOf())).run)
    expect(await cuesOf(graphOf(3))).toEqual(stepChanged)
  })
  it("has outputs that can be accepted", async () => {
    await unfinished((await lab.run(graphOf())).run)
    const graph = graphOf(3)
    const wanted = new Set(["halves"])
    const planned = planAcceptances(graph.nodes, wanted, lab.planning(), "2027-01-01T00:00:00.000Z")
    expect((await planned).accepted).toHaveLength(1)
  })
  it("says which items are new since", async () => {
    await unfinished((await lab.run(graphOf())).run)
    const graph = graphOf(2, { i2: [5, 1] })
    await lab.run(
      lab.graph({ source: numbers("source", { file: { path: join(lab.folder, "items.json") } }) })
    )
    const changes = await itemChanges(await lab.plan(graph), lab.planning())
    expect(changes.get("halves")).toMatchObject([{ node: "source", added: ["i2"] }])
  })
})

it("a key without a trace, as of a worker that died, does not hide what was computed before", async () => {
  const { run } = await lab.run(graphOf())
  const nodes = run.nodes.map((node) => ({ ...node, key: "ab".repeat(32), artifact: null }))
  put({ ...run, id: `${run.id}-later`, nodes })
  expect(await cuesOf(graphOf(3))).toEqual(stepChanged)
})

describe("runs of others", () => {
  it("do not count: however many there are, a pipeline's own are found, and theirs are not read", async () => {
    const { run } = await lab.run(graphOf())
    for (let i = 0; i < 101; i++) put({ ...run, id: `z-${i}`, pipeline: "other" })
    expect(await cuesOf(graphOf(3))).toEqual(stepChanged)
    const read: Array<string> = []
    const { store: calls } = lab.planning({
      files: (files) => ({
        ...files,
        readIfPresent: (file) => {
          if (file.endsWith("run.json")) read.push(file)
          return files.readIfPresent(file)
        }
      })
    })
    const { pipeline, file } = run
    const [, halves] = graphOf(3).nodes
    expect(await previousTraces(calls, { pipeline, file })(halves!)).not.toBeNull()
    expect(read).toEqual([join(calls.layout.run(run.id), "run.json")])
  })
  it("of a file that is there, with a pipeline of the same name, are not this one's", async () => {
    const { run } = await lab.run(graphOf())
    const file = join(lab.folder, "beside.ts")
    writeFileSync(file, "")
    rmSync(store().layout.run(run.id), { recursive: true })
    put({ ...run, file })
    expect(await cuesOf(graphOf(3))).toEqual(never)
    rmSync(file) // and of a file that was moved they are
    expect(await cuesOf(graphOf(3))).toEqual(stepChanged)
  })
  it("count after its own: a file that was moved keeps the past of nodes that it has not run since", async () => {
    const { run } = await lab.run(graphOf(2))
    put({ ...run, file: join(lab.folder, "moved.ts") })
    put({ ...(await lab.run(graphOf(4))).run, id: "z-moved", file: join(lab.folder, "moved.ts") })
    put({ ...run, id: "a-own", nodes: run.nodes.filter(({ id }) => id === "source") })
    rmSync(store().layout.run("run-000001"), { recursive: true })
    expect(await cuesOf(graphOf(3))).toEqual(["parameter step: 4 → 3"])
    put({ ...run, id: "a-own" })
    expect(await cuesOf(graphOf(3))).toEqual(stepChanged)
  })
  it("are told apart where paths are long, or hold any character", async () => {
    const { run } = await lab.run(graphOf())
    for (const name of ['a "b"\\ü\n漢', `${"ü".repeat(3000)}`]) {
      const file = join(lab.folder, name, "x.ts")
      put({ ...run, file })
      const previous = previousTraces(store(), { pipeline: "lab", file })
      expect(previous(graphOf(3).nodes[1]!)).not.toBeNull()
      const other = previousTraces(store(), { pipeline: "la", file })
      expect(other(graphOf(3).nodes[1]!)).toBeNull()
    }
  })
})

it("nothing is read of any run where all is fresh", async () => {
  await lab.run(graphOf())
  const touched: Array<string> = []
  const seen =
    <A extends ReadonlyArray<unknown>, B>(call: (path: string, ...rest: A) => B) =>
    (path: string, ...rest: A): B => {
      if (path.includes("/runs")) touched.push(path)
      return call(path, ...rest)
    }
  const plans = await lab.plan(graphOf(), {
    files: (files) => ({
      ...files,
      list: seen(files.list),
      readIfPresent: seen(files.readIfPresent),
      readRange: seen(files.readRange)
    })
  })
  expect(plans.map(({ state }) => state)).toEqual(["fresh", "fresh"])
  expect(touched).toEqual([])
})
