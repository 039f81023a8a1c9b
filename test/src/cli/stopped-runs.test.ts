/** Runs that were cut off: their record keeps why, `runs` and `show` say it, and `latest` and `@1` agree where they can. */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { gcCommand } from "../../../src/cli/gc.ts"
import { runsCommand } from "../../../src/cli/runs.ts"
import { showCommand } from "../../../src/cli/show.ts"
import { column, defineStage, each, one, param, table, whole } from "../../../src/index.ts"
import type { Graph } from "../../../src/pipeline/graph.ts"
import type { NodePlan } from "../../../src/plan/node-plan.ts"
import { logFile } from "../../../src/run/log-file.ts"
import type { FileSystem } from "../../../src/store/files/file-system.ts"
import { rootsOf } from "../../../src/store/gc/roots.ts"
import { coarse, type Lab, numbers } from "../run/lab.ts"
import { age, storeOf } from "../store/gc/worlds.ts"
import { nodeRecord } from "./records.ts"
import { labOfTwoRuns, typed } from "./store-commands.ts"

let lab: Lab
beforeEach(async () => {
  lab = await labOfTwoRuns()
})
afterEach(() => lab.close())
const show = (line: string) => typed(lab, showCommand, line)
const runs = (line = "runs") => typed(lab, runsCommand, line)
const recordOf = (id: string) => storeOf(lab).run(id)

const waits = defineStage.whole("waits", {
  inputs: { of: whole({ a: column.float64() }) },
  output: table({ a: column.float64() }),
  compute: (_inputs, _params, { signal }) =>
    new Promise((_resolve, reject) => {
      stopping.abort()
      signal.addEventListener("abort", () => reject(signal.reason as Error))
    })
})
let stopping: AbortController

const scaled = defineStage.itemwise("scaled", {
  inputs: { of: each({ a: column.float64() }) },
  params: { by: param.file() },
  output: one({ a: column.float64() }),
  compute: (items) => items.map(({ of }) => of)
})
/** A run in which a node cannot be planned: it ends there. */
const abort = () => {
  const source = numbers("source", { file: { path: join(lab.folder, "items.json") } })
  const by = { path: join(lab.folder, "gone.json") }
  return expect(lab.run(lab.graph({ scaled: scaled("scaled", { of: source, by }) }))).rejects.toThrow(
    "gone.json"
  )
}
/** A run that somebody interrupts. */
const interrupt = () => {
  stopping = new AbortController()
  const source = numbers("source", { file: { path: join(lab.folder, "items.json") } })
  return expect(
    lab.run(lab.graph({ waits: waits("waits", { of: source }) }), { signal: stopping.signal })
  ).rejects.toThrow()
}

it("keeps in the record why a run was aborted, and `runs` and `show` say it", async () => {
  await abort()
  const reason = expect.stringContaining("gone.json") as string
  expect(await recordOf("run-000002")).toMatchObject({ status: "failed", stopped: { reason } })
  expect((await runs()).text).toMatch(/@1 +run-000002 +lab +failed .* node "scaled": by: there is no file/)
  expect((await runs("runs --json")).json.runs[0]).toMatchObject({ run: "run-000002", stopped: { reason } })
  expect((await show("show @1")).text).toMatch(/^stopped: .*gone\.json/m)
  expect((await show("show @1 --json")).json).toMatchObject({ status: "failed", stopped: { reason } })
})

it("says nothing of the kind about a run that came to its end", async () => {
  expect(await recordOf("run-000001")).not.toHaveProperty("stopped")
  expect((await show("show @1 --json")).json).toMatchObject({ status: "ok", stopped: null })
  expect((await show("show @1")).text).not.toContain("stopped")
})

it("`latest` is `@1` also where a run was aborted", async () => {
  await abort()
  for (const ref of ["latest", "@1"])
    expect((await show(`show ${ref} --json`)).json).toMatchObject({ run: "run-000002" })
  for (const ref of ["latest:scaled", "@1:scaled"])
    await expect(show(`show ${ref}`)).rejects.toMatchObject({
      _tag: "ArtifactNotFound",
      message: expect.stringContaining("run run-000002") as string,
      hint: expect.stringContaining("gone.json") as string
    })
})

it("`latest` stays with the run before one that was interrupted, which is `@1` and says so", async () => {
  await interrupt()
  expect(await recordOf("run-000002")).toMatchObject({
    status: "interrupted",
    stopped: { reason: "it was interrupted" }
  })
  expect((await show("show latest --json")).json).toMatchObject({ run: "run-000001" })
  expect((await show("show @1 --json")).json).toMatchObject({ run: "run-000002", status: "interrupted" })
})

/**
 * Makes the last run one that was killed, or one that goes on: its record is the one with which it began, and its log
 * says that of its two nodes the first has ended.
 */
async function cutOff(isGone: boolean): Promise<void> {
  const store = storeOf(lab)
  const record = (await recordOf("run-000001"))!
  const process = isGone ? { ...record.process!, pid: 2 ** 22 + 1 } : record.process!
  const nodes = record.nodes.map(({ id, stage }) =>
    nodeRecord(id, { stage, status: "skipped", artifact: null, key: null, bytes: null, error: "not yet" })
  )
  await store.putRun({ ...record, status: "running", finished: null, process, nodes })
  const log = logFile(store, record.id, () => new Date("2026-01-02T03:04:05.678Z"))
  const [source, halves] = record.nodes
  log({ type: "node-started", node: source!.id, plan: { cues: [] } as unknown as NodePlan, items: 2 })
  log({ type: "node-finished", record: source! })
  log({ type: "node-started", node: halves!.id, plan: { cues: [] } as unknown as NodePlan, items: 2 })
  appendFileSync(join(store.layout.run(record.id), "log.ndjson"), '{"time":"2026-01-02T03:04')
}

describe("a run that was killed", () => {
  beforeEach(() => cutOff(true))
  it("is shown as such, with how far it came, and not as running", async () => {
    const { text } = await show("show @1")
    expect(text).toMatch(/^source +executed/m)
    expect(text).toMatch(/^skipped: halves: it was running when the run was interrupted$/m)
    expect(text).toMatch(
      /^lab: interrupted.*\nstopped: killed, or the disk was full: the process disappeared; last sign of life 2026-01-02T03:04:05.678Z$/m
    )
  })
  it("is listed with what it has done", async () => {
    expect((await runs()).text).toMatch(/@1 +run-000001 +lab +interrupted +– +1 executed, 1 skipped +killed/)
    expect((await runs("runs --json")).json.runs[0]).toMatchObject({
      status: "interrupted",
      nodes: { total: 2, executed: 1, skipped: 1 }
    })
  })
  it("is no running one among those that gc would free", async () => {
    const killed = (await recordOf("run-000001"))!
    await storeOf(lab).putRun({ ...killed, id: "run-000000" })
    age(storeOf(lab))
    const { text } = await typed(lab, gcCommand, "gc -n --keep 1")
    expect(text).toMatch(/^run-000000 +lab +interrupted$/m)
  })
  it("has the artifacts of the nodes that ended, also for gc, and says of the others that they did not", async () => {
    expect((await show("show @1:source --json")).json).toMatchObject({ run: "run-000001", node: "source" })
    await expect(show("show @1:halves")).rejects.toMatchObject({
      message: '"halves" has produced no artifact in run run-000001 yet'
    })
    const options = { keep: 1, grace: 0, now: Date.now() + 1e9, dryRun: true }
    const root = rootsOf(storeOf(lab), options).runs.find(({ id }) => id === "run-000001")
    expect(root).toMatchObject({ keptFor: "recent", record: { nodes: [{ status: "executed" }, {}] } })
  })
})

describe("a run whose end could not be written into its record", () => {
  /** The disk has no room for the record of a run that is over, and some for its log. */
  const fullForEnds = (files: FileSystem): FileSystem => ({
    ...files,
    write(file, content, mode) {
      if (file.includes("run.json") && typeof content === "string" && !content.includes('"running"'))
        throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" })
      files.write(file, content, mode)
    }
  })
  const runOn = async (graph: Graph) => {
    const log = logFile(storeOf(lab), "run-000002", () => new Date("2026-01-02T03:04:05.678Z"))
    await expect(lab.run(graph, { files: fullForEnds, emit: log })).rejects.toThrow()
    const record = (await recordOf("run-000002"))!
    expect(record.status).toBe("running")
    const gone = { ...record.process!, pid: 2 ** 22 + 1 }
    await storeOf(lab).putRun({ ...record, process: gone })
  }
  const source = () => numbers("source", { file: { path: join(lab.folder, "items.json") } })
  it("says that the disk was full, as its log does, and not that it was killed", async () => {
    await runOn(lab.graph({ halves: coarse("halves", { of: source(), step: 7 }) }))
    expect((await show("show @1")).text).toMatch(
      /^lab: failed.*\nstopped: no space is left to write the run's/m
    )
    expect((await runs("runs --json")).json.runs[0]).toMatchObject({
      status: "failed",
      finished: "2026-01-02T03:04:05.678Z",
      nodes: { executed: 1, cached: 1 }
    })
  })
  it("says why it was cut off, where that was something else", async () => {
    const by = { path: join(lab.folder, "gone.json") }
    await runOn(lab.graph({ scaled: scaled("scaled", { of: source(), by }) }))
    expect((await show("show @1")).text).toMatch(/^stopped: .*there is no file.*gone\.json/m)
  })
})

it("shows of a run that goes on what it has done so far", async () => {
  await cutOff(false)
  expect((await show("show @1")).text).toMatch(/^source +executed[^]*halves: not yet[^]*^lab: running/m)
  expect((await show("show @1:source --json")).json).toMatchObject({ node: "source" })
})
