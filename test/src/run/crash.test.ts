/**
 * A run is killed at every single write, or meets a disk that is full or broken there, and the next one finishes: with
 * the same artifacts, without computing again what was finished. Nothing torn is left, and after a gc nothing that no
 * kept run reaches.
 *
 * `PROBELINE_EVERY=1` breaks every write. Without it one write of each kind (`sorted` in faults.ts) is broken by some of
 * the faults, and one of every second kind by SIGKILL.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, expect, it } from "vitest"
import type { Graph } from "../../../src/pipeline/graph.ts"
import { collectGarbage } from "../../../src/store/gc/gc.ts"
import { verifyStore } from "../../../src/store/verify/verify.ts"
import type { RunRecord } from "../../../src/store/records/run-record.ts"
import type { Store } from "../../../src/store/store.ts"
import { expectReadable, reasons } from "../store/gc/accounts.ts"
import { contents, gcOptions } from "../store/gc/worlds.ts"
import { failOnceAt, fullDiskFrom, sorted, unflushed } from "./faults.ts"
import { bundled, killedRun } from "./killed.ts"
import { artifactsOf, crashGraph, executedIn, Lab, type LabOptions } from "./lab.ts"

const every = process.env["PROBELINE_EVERY"] === undefined ? null : Number(process.env["PROBELINE_EVERY"])
/** of each test: every write takes longer than some of them */
const timeout = (240_000 * 12) / Math.min(every ?? 12, 12)
/** As runs are named by the command line: by its name gc knows the folder of a run that was killed before its record. */
const realName = "20260101-000000.000-0000"
let child: Awaited<ReturnType<typeof bundled>>
let undisturbed: RunRecord
const kinds = new Map<string, Array<number>>()
let writes = 0
/** One of every `step` kinds, from the given one on; and the last of all. */
function someWrites(from: number, step: number): ReadonlyArray<number> {
  const all = Array.from({ length: writes }, (_, n) => n)
  if (every !== null) return all.filter((n) => n % every === from % every || n === writes - 1)
  const some = [...kinds.values()].filter((_, k) => k % step === from).map((of, k) => of[(7 * k) % of.length])
  const chosen = new Set([...some, writes - 1])
  return all.filter((n) => chosen.has(n))
}

beforeAll(async () => {
  child = await bundled("crash-child")
  const lab = newLab()
  const files: LabOptions["files"] = (calls) => sorted(kinds, join(lab.folder, "store"))(unflushed(calls))
  undisturbed = (await lab.run(crashGraph(lab), { files })).run
  writes = [...kinds.values()].reduce((sum, { length }) => sum + length, 0)
})
afterAll(() => child.remove())

const labs: Array<Lab> = []
const newLab = () => {
  const lab = new Lab()
  labs.push(lab)
  return lab
}
const closeLabs = () => {
  for (const lab of labs.splice(0)) lab.close()
}
afterEach(closeLabs)

it(
  "after SIGKILL at any write the next run finishes, and computes nothing twice",
  async () => {
    expect(writes).toBeGreaterThan(60)
    expect(kinds.size).toBeGreaterThan(25)
    let freed = 0
    const some = someWrites(0, 2)
    for (const n of some) {
      const lab = newLab()
      const signal = await killedRun(lab, { child: child.file, at: n, id: realName })
      if (signal !== "SIGKILL") throw new Error(`the child was not killed at write ${n}: ${signal}`)
      const graph = crashGraph(lab)
      await expectFinished(lab, graph, `write ${n}`)
      freed += await expectClean(lab, graph, `write ${n}`)
      closeLabs()
    }
    console.log(`killed at ${some.length} of ${writes} writes, nothing lost; ${freed} files freed`)
    expect(freed).toBeGreaterThan(0)
  },
  timeout
)

it.each(["ENOSPC", "EIO"] as const)(
  "after %s at any write the run ends with one clear problem or well, and the next finishes",
  async (code) => {
    let [problems, freed] = [0, 0]
    const some = someWrites(code === "EIO" ? 1 : 2, 3)
    for (const n of some) {
      const lab = newLab()
      const graph = crashGraph(lab)
      const end = await endOf(lab, graph, { files: (files) => failOnceAt(n, code)(unflushed(files)) })
      if (end instanceof Error) {
        problems++
        expectClear(end, lab, code === "ENOSPC" ? "StoreFull" : "StoreWriteFailed", `write ${n}`)
      } else expect(artifactsOf(end), `write ${n}`).toEqual(artifactsOf(undisturbed))
      await expectFinished(lab, graph, `write ${n}`)
      freed += await expectClean(lab, graph, `write ${n}`)
      closeLabs()
    }
    expect(problems).toBeGreaterThan(some.length / 2)
    console.log(`${code} at ${some.length} of ${writes} writes: ${problems} problems, ${freed} files freed`)
    expect(freed).toBeGreaterThan(0)
  },
  timeout
)

it(
  "on a disk that is full from any write on, every run ends with StoreFull, and with space again one finishes",
  async () => {
    const some = someWrites(0, 3)
    let [problems, freed] = [0, 0]
    for (const n of some) {
      const lab = newLab()
      const graph = crashGraph(lab)
      const disk = fullDiskFrom(n)
      const files: LabOptions["files"] = (calls) => disk.files(unflushed(calls))
      const place = `full from write ${n}`
      const end = await endOf(lab, graph, { files })
      if (end instanceof Error) {
        problems++
        expectClear(end, lab, "StoreFull", place)
      } else expect(artifactsOf(end), place).toEqual(artifactsOf(undisturbed))
      // still full: no run hangs, none does as if it were well, and what was finished stays
      const before = await lab.plan(graph)
      for (let i = 0; i < 2; i++) {
        const again = await endOf(lab, graph, { files })
        expect(again, place).toBeInstanceOf(Error)
        expectClear(again as Error, lab, "StoreFull", place)
      }
      const stateOf = (plans: typeof before) => plans.map(({ node, state }) => [node.id, state])
      expect(stateOf(await lab.plan(graph)), place).toEqual(stateOf(before))
      disk.lift()
      await expectFinished(lab, graph, place)
      freed += await expectClean(lab, graph, place)
      closeLabs()
    }
    expect(problems).toBeGreaterThan(some.length / 2)
    console.log(`full from ${some.length} of ${writes} writes on: ${problems} problems, ${freed} files freed`)
    expect(freed).toBeGreaterThan(0)
  },
  timeout
)

const endOf = (lab: Lab, graph: Graph, options: LabOptions): Promise<RunRecord | Error> =>
  lab.run(graph, options).then(
    ({ run }) => run,
    (error: unknown) => error as Error
  )

function expectClear(error: Error, lab: Lab, tag: string, place: string): void {
  expect(error, place).toMatchObject({ _tag: tag })
  expect(error.message, place).toContain(join(lab.folder, "store"))
}

/** The next run makes what an undisturbed one does, of what the plan before it says is left. */
async function expectFinished(lab: Lab, graph: Graph, place: string): Promise<void> {
  const plans = await lab.plan(graph)
  const { run } = await lab.run(graph, { files: unflushed })
  expect(run.status, place).toBe("ok")
  expect(artifactsOf(run), place).toEqual(artifactsOf(undisturbed))
  for (const { node, state, items } of plans) {
    const record = run.nodes.find(({ id }) => id === node.id)!
    if (state === "fresh") expect(record.status, `${place}, ${node.id}`).toBe("cached")
    if (items !== null) expect(record.items.executed, `${place}, ${node.id}`).toBe(items.left.length)
  }
}

/**
 * Nothing is damaged; a gc leaves nothing but what the kept runs reach, and all of that; and nothing is left to do.
 */
async function expectClean(lab: Lab, graph: Graph, place: string): Promise<number> {
  const { store } = lab.planning()
  await endProcesses(store)
  const verify = async () => {
    const { damaged, affected } = await Effect.runPromise(verifyStore(store))
    expect({ damaged, affected }, place).toEqual({ damaged: [], affected: [] })
  }
  await verify()
  const now = Date.now() + 48 * 3_600_000
  const gc = () => Effect.runPromise(collectGarbage(store, gcOptions({ keep: 1, grace: 0, now })))
  const { runs, freed } = await gc()
  expect(
    runs.filter(({ keptFor }) => keptFor === "running"),
    place
  ).toEqual([])
  const kept = runs.flatMap(({ id, keptFor }) => (keptFor === null ? [] : [id]))
  await expectReadable(store, kept, place)
  const { orphaned = [], foreign = [], object, trace } = await reasons(store, kept)
  expect({ orphaned, foreign }, place).toEqual({ orphaned: [], foreign: [] })
  expect(object?.length, place).toBeGreaterThan(0)
  expect(trace?.length, place).toBeGreaterThan(0)
  await verify()
  const left = contents(store).names
  expect((await gc()).freed.files, place).toBe(0)
  expect(contents(store).names, place).toEqual(left)
  expect(executedIn((await lab.run(graph, { files: unflushed })).run), place).toEqual([])
  return freed.files
}

/**
 * A record that could not be finished says "running", and a gc lets a run that goes on be. Where it was this process
 * that ran, its pid is somebody else's from here on, as the time when it started tells.
 */
async function endProcesses(store: Store): Promise<void> {
  for (const name of store.files.list(store.layout.runs) ?? []) {
    const record = name === "latest" ? null : await store.run(name)
    if (record?.status !== "running" || record.process?.pid !== process.pid) continue
    await store.putRun({ ...record, process: { ...record.process, started: "1" } })
  }
}
