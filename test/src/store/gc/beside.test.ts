/**
 * gc beside a run, interleaved call by call: nothing is lost that the run has, or is about to have.
 *
 * gc comes at the first calls of each kind and at some of the others, with `PROBELINE_FULL=1` at all of them.
 */
import { objectFile } from "../object-file.ts"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { planAll } from "../../../../src/plan/plan.ts"
import type { Graph } from "../../../../src/pipeline/graph.ts"
import { seededRandom } from "../../../../src/index.ts"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { leaveMark } from "../../../../src/store/files/gc-mark.ts"
import { thisProcess } from "../../../../src/store/files/process-identity.ts"
import { objectsOf } from "../../../../src/store/records/manifest.ts"
import type { RunRecord } from "../../../../src/store/records/run-record.ts"
import { makeStore } from "../../../../src/store/store.ts"
import { viewOf } from "../../../../src/store/runs/view.ts"
import { artifactsOf, coarse, executedIn, Lab, numbers } from "../../run/lab.ts"
import { full } from "../../../full.ts"
import { expectReadable } from "./accounts.ts"
import { age, copyStore, decorated, editWorld, gc, graphOf, newWorld, quick, storeOf } from "./worlds.ts"
import { touchingStore } from "../../../../src/store/touching-store.ts"

const labs: Array<Lab> = []
const newLab = () => {
  const lab = new Lab()
  labs.push(lab)
  return lab
}
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

/** A store in which the world's artifacts lie that the run wants, old and reached by no run any more. */
async function forgotten(seed: number) {
  const random = seededRandom("beside", seed)
  const lab = newLab()
  const world = newWorld(random)
  const wanted = { ...world }
  const { run } = await lab.run(graphOf(lab, world), { files: quick })
  for (let i = 0; i < 2; i++) {
    editWorld(world, random)
    world.versions = { ...world.versions, coarse: 5 + i }
    await lab.run(graphOf(lab, world), { files: quick })
  }
  age(storeOf(lab))
  lab.versions.clear()
  return { lab, graph: graphOf(lab, { ...wanted, versions: {} }), expected: artifactsOf(run) }
}

/** Chooses calls: of each kind (the call, and the store's folder) the first two, and of the others one in five. */
function someCalls(root: string) {
  const seen = new Map<string, number>()
  return (name: string, file: string): boolean => {
    const kind = `${name} ${String(file).slice(root.length).split("/")[1] ?? ""}`
    const n = seen.get(kind) ?? 0
    seen.set(kind, n + 1)
    return full || n < 2 || n % 5 === 0
  }
}

describe("a run beside which gc runs at its calls", () => {
  it.each([1, 2])(
    "ends well with the same artifacts, whole, and the next executes nothing (world %i)",
    async (seed) => {
      const { lab, graph, expected } = await forgotten(seed)
      const store = storeOf(lab)
      const isChosen = someCalls(store.root)
      let calls = 0
      let inside = false
      const { run } = await lab.run(graph, {
        jobs: 3,
        files: (files) =>
          decorated(quick(files), "mutating", (name, file) => {
            if (inside || !isChosen(name, file)) return
            inside = true
            calls++
            gc(store, { keep: 1 })
            inside = false
          })
      })
      expect(calls).toBeGreaterThan(30)
      expect(run.status).toBe("ok")
      expect(artifactsOf(run)).toEqual(expected)
      await expectReadable(store, [run.id])
      age(store)
      gc(store, { keep: 1 })
      await expectReadable(store, [run.id])
      expect(executedIn((await lab.run(graph, { files: quick })).run)).toEqual([])
    }
  )

  it("loses nothing that it has found before the gc came, at whatever call that was", async () => {
    const { lab, graph, expected } = await forgotten(4)
    const store = storeOf(lab)
    const safe = join(lab.folder, "safe")
    copyStore(store, safe)
    const runWithGcAt = async (at: number) => {
      copyStore(makeStore(safe, nodeFileSystem()), store.root)
      await knowAnswers(lab, graph)
      let n = 0
      const { run } = await lab.run(graph, {
        files: (files) =>
          decorated(quick(files), "mutating", () => {
            if (n++ === at) gc(store, { keep: 1 })
          })
      })
      return { run, calls: n }
    }
    const { run: undisturbed, calls } = await runWithGcAt(Infinity)
    expect(executedIn(undisturbed)).toEqual([])
    let found = 0
    for (let at = 0; at < calls; at += Math.ceil(calls / (full ? calls : 10))) {
      const { run } = await runWithGcAt(at)
      expect(run.status, `call ${at}`).toBe("ok")
      expect(artifactsOf(run), `call ${at}`).toEqual(expected)
      await expectReadable(store, [run.id], `call ${at}`)
      found += run.nodes.filter(({ status }) => status === "cached").length
      expect(executedIn((await lab.run(graph, { files: quick })).run), `call ${at}`).toEqual([])
    }
    expect(found).toBeGreaterThan(15)
  })
})

/** So that a run finds all by answers, which renew nothing: those of a copied store are of other files. */
async function knowAnswers(lab: Lab, graph: Graph) {
  const planning = lab.planning()
  await planAll(graph.nodes, planning)
  planning.store.freshIndex.save()
}
it("shows the artifacts that its record names, whatever it had found before a gc came", async () => {
  const lab = newLab()
  const graph = lab.graph({ numbers: numbers("numbers", { file: { path: join(lab.folder, "items.json") } }) })
  const store = storeOf(lab)
  const known = [{ i0: [1, 2] }, { i0: [3, 4], i1: [5, 6] }] as const
  for (const items of known) {
    lab.writeItems(items)
    await lab.run(graph, { files: quick })
  }
  let hasCome = false
  const { run } = await lab.run(graph, {
    files: (files) => ({
      ...quick(files),
      link(from, to) {
        files.link(from, to)
        if (hasCome) return
        hasCome = true
        leaveMark(files, store.layout)
        lab.writeItems(known[0])
      }
    })
  })
  const manifest = store.manifest(run.nodes[0]!.artifact!)!
  const shown = readFileSync(join(store.root, viewOf(run.id, "numbers")))
  expect(manifest.items).toBe(1)
  expect(shown).toEqual(readFileSync(objectFile(store, manifest.shards[0]!.table)))
})

describe("a run that comes and goes while gc is at one of its calls", () => {
  it("has all that it has found", async () => {
    const { lab, graph, expected } = await forgotten(3)
    const store = storeOf(lab)
    const safe = join(lab.folder, "safe")
    copyStore(store, safe)
    const ends = { fresh: 0, computed: 0 }
    /** A run as it is where all is fresh, in one go; null where something has to be computed. */
    const freshRun = () => {
      const run = lab.runAtOnce(graph, { files: quick })
      ends[run === null ? "computed" : "fresh"]++
      return run
    }
    const tried = full ? Infinity : 25
    let calls = Infinity
    for (let at = 0; at < calls; at += calls === Infinity ? 1 : Math.max(1, Math.ceil(calls / tried))) {
      copyStore(makeStore(safe, nodeFileSystem()), store.root)
      await knowAnswers(lab, graph)
      let [n, run] = [0, null as RunRecord | null]
      const files = decorated(quick(nodeFileSystem()), "all", () => {
        if (n++ === at) run = freshRun()
      })
      gc(makeStore(store.root, files), { keep: 1 })
      calls = n
      if (run === null) continue
      expect(artifactsOf(run), `call ${at}`).toEqual(expected)
      await expectReadable(store, [(run as RunRecord).id], `call ${at}`)
      expect(executedIn((await lab.run(graph, { files: quick })).run), `call ${at}`).toEqual([])
    }
    expect(ends.fresh).toBeGreaterThan(10)
    expect(ends.computed).toBeGreaterThan(5)
  })
})

describe("somebody who uses an artifact while gc is at one of its calls", () => {
  it("has it whole afterwards, or was told that it is not there", async () => {
    const lab = newLab()
    const graph = (step: number) =>
      lab.graph({
        c: coarse("c", { of: numbers("source", { file: { path: lab.writeItems({ i0: [7, step] }) } }), step })
      })
    const old = (await lab.run(graph(2), { files: quick })).run.nodes.find(({ id }) => id === "c")!
    await lab.run(graph(3), { files: quick })
    const copy = join(lab.folder, "copy")
    const manifest = storeOf(lab).manifest(old.artifact!)!
    // gc's calls on what the artifact is made of, and on what leads to it
    const isAbout = new RegExp(
      [old.artifact!, old.key!, ...[...objectsOf(manifest)].map(({ sha256 }) => sha256)].join("|")
    )
    const used = { whole: 0, absent: 0 }
    for (let at = 0, calls = Infinity; at < calls; at++) {
      copyStore(storeOf(lab), copy)
      const user = makeStore(copy, nodeFileSystem())
      let [n, found] = [0, false]
      const files = decorated(nodeFileSystem(), "all", (_, path) => {
        if (isAbout.test(path) && n++ === at) found = touchingStore(user).manifest(old.artifact!) !== null
      })
      gc(makeStore(copy, files), { keep: 1 })
      calls = n
      const left = user.manifest(old.artifact!)
      if (found) {
        expect(left, `call ${at}`).not.toBeNull()
        for (const object of objectsOf(left!))
          expect(user.files.stat(objectFile(user, object)), `call ${at}`).not.toBeNull()
        // and its trace with it: nothing is computed again
        expect(user.traces("coarse", old.key!), `call ${at}`).toHaveLength(1)
      }
      used[found ? "whole" : "absent"]++
    }
    expect(used.whole).toBeGreaterThan(5)
    expect(used.absent).toBeGreaterThan(5)
  })
  it("keeps an object that is stored again, and the items of a stage that are looked up", async () => {
    const lab = newLab()
    const source = numbers("source", { file: { path: lab.writeItems({ i0: [7, 1], i1: [9, 1] }) } })
    await lab.run(lab.graph({ c: coarse("c", { of: source, step: 2 }) }), { files: quick })
    const other = numbers("source", { file: { path: lab.writeItems({ i0: [5, 1] }) } })
    await lab.run(lab.graph({ d: coarse("d", { of: other, step: 3 }) }), { files: quick })
    const store = storeOf(lab)
    const content = Buffer.from("an object that nothing names")
    const object = store.objects.put(content, "bin")
    age(store)
    store.objects.put(content, "bin")
    const [shared] = store.files.list(join(store.root, "traces", "coarse", "items"))!
    const before = touchingStore(store).itemTraces("coarse", shared!)
    gc(store, { keep: 1 })
    expect(store.files.stat(objectFile(store, object))).not.toBeNull()
    expect(store.itemTraces("coarse", shared!)).toEqual(before)
    expect(before.length).toBeGreaterThan(0)
  })
})

describe("a run that goes on", () => {
  const running = (store: ReturnType<typeof storeOf>, given: Partial<RunRecord>): RunRecord => ({
    format: 1,
    id: "run-000009",
    pipeline: "lab",
    file: "/lab.ts",
    params: {},
    status: "running",
    started: new Date(Date.now() - 20 * 3_600_000).toISOString(),
    finished: null,
    version: "test",
    pid: process.pid,
    process: thisProcess(store.files),
    nodes: [],
    outputs: {},
    ...given
  })
  /** A store of one run, ten hours old, beside which another began twenty hours ago. */
  async function beside(given: (store: ReturnType<typeof storeOf>) => Partial<RunRecord>) {
    const lab = newLab()
    const source = numbers("source", { file: { path: lab.writeItems({ i0: [7, 1] }) } })
    await lab.run(lab.graph({ c: coarse("c", { of: source, step: 2 }) }), { files: quick })
    const store = storeOf(lab)
    const object = store.objects.put(Buffer.from("written by the run"), "bin")
    age(store)
    store.putRun(running(store, given(store)))
    store.files.touch(objectFile(store, object), Date.now() - 10 * 3_600_000)
    const report = gc(store, { keep: 1 })
    return {
      isKept: store.files.stat(objectFile(store, object)) !== null,
      keptFor: report.runs.find(({ id }) => id === "run-000009")?.keptFor
    }
  }
  it("keeps all that was written since it began", async () => {
    expect(await beside(() => ({}))).toEqual({ isKept: true, keptFor: "running" })
  })
  it("counts as one while its process lives, whatever other process has its pid now", async () => {
    const dead = await beside((store) => ({ process: { ...thisProcess(store.files), started: "1" } }))
    expect(dead).toEqual({ isKept: false, keptFor: "recent" })
    const ended = await beside(() => ({ status: "ok" }))
    expect(ended).toEqual({ isKept: false, keptFor: "recent" })
  })
  it("counts as one for a day after it wrote last, where its process cannot be seen", async () => {
    const other = await beside((store) => ({ process: { ...thisProcess(store.files), host: "elsewhere" } }))
    expect(other).toEqual({ isKept: true, keptFor: "running" })
  })
})
