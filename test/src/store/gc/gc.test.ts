/** gc keeps all that the kept runs reach, and nothing else. */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { below, column, defineStage, each, failed, file, one, seededRandom } from "../../../../src/index.ts"
import { pinRun, unpinRun } from "../../../../src/store/gc/pin.ts"
import type { GcReport } from "../../../../src/store/gc/gc.ts"
import type { RunRecord } from "../../../../src/store/records/run-record.ts"
import { recentRuns } from "../../../../src/store/gc/recent.ts"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { makeStore } from "../../../../src/store/store.ts"
import { coarse, executedIn, type Items, Lab, numbers } from "../../run/lab.ts"
import { expectReadable, reasons } from "./accounts.ts"
import {
  age,
  contents,
  copyStore,
  decorated,
  editWorld,
  gc,
  graphOf,
  newWorld,
  quick,
  storeOf
} from "./worlds.ts"

const labs: Array<Lab> = []
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

/** A lab in which a world was run so many times, an edit between two runs. */
async function lived(seed: number, times: number) {
  const random = seededRandom("gc", seed)
  const world = newWorld(random)
  const lab = new Lab()
  labs.push(lab)
  const runs: Array<RunRecord> = []
  for (let i = 0; i < times; i++) {
    if (i > 0) editWorld(world, random)
    runs.push((await lab.run(graphOf(lab, world), { jobs: 1 + below(random, 4), files: quick })).run)
  }
  const graph = graphOf(lab, world)
  return { lab, store: storeOf(lab), graph, runs, random, ids: runs.map(({ id }) => id) }
}
const kept = ({ runs }: GcReport) =>
  Object.fromEntries(runs.flatMap(({ id, keptFor }) => (keptFor === null ? [] : [[id, keptFor]])))
const executedItems = (run: RunRecord) => run.nodes.reduce((sum, { items }) => sum + items.executed, 0)

describe("over random worlds", () => {
  it("what kept runs made is readable, a run executes nothing, every file left has a reason, and the rest is freed", async () => {
    let freed = 0
    for (let seed = 0; seed < 3; seed++) {
      const { lab, store, graph, ids, runs, random } = await lived(seed, 5)
      const pinned = ids[below(random, 4)]!
      await pinRun(store, pinned, "2027-01-01T00:00:00.000Z")
      age(store)
      const before = contents(store)
      const keep = 1 + below(random, 2)
      const [dry, unchanged] = [gc(store, { keep, dryRun: true }), contents(store)]
      expect(unchanged, `world ${seed}`).toEqual(before)
      const report = gc(store, { keep })
      const after = contents(store)
      // the dry run has foreseen it, and both have counted right
      expect({ ...dry, dryRun: false }, `world ${seed}`).toEqual(report)
      expect(report.freed.files, `world ${seed}`).toBe(before.names.length - after.names.length)
      expect(report.freed.bytes, `world ${seed}`).toBe(before.bytes - after.bytes)
      expect(Object.values(report.freed.byKind).reduce((a, b) => a + b, 0)).toBe(report.freed.files)
      freed += report.freed.bytes

      const left = new Set([...[...recentRuns(runs, keep)].map(({ id }) => id), pinned])
      expect(new Set(Object.keys(kept(report))), `world ${seed}`).toEqual(left)
      await expectReadable(store, [...left], `world ${seed}`)
      const { orphaned, foreign, ...known } = await reasons(store, [...left])
      expect(orphaned, `world ${seed}`).toBeUndefined()
      expect(foreign, `world ${seed}`).toBeUndefined()
      expect(Object.keys(known).sort()).toEqual([
        "cache",
        "item trace",
        "lock",
        "manifest",
        "object",
        "run",
        "trace"
      ])
      expect(emptyFolders(store.root), `world ${seed}`).toEqual([])

      const again = await lab.run(graph, { files: quick })
      expect(executedIn(again.run), `world ${seed}`).toEqual([])
      expect(executedItems(again.run), `world ${seed}`).toBe(0)
      // the run that has executed nothing takes the place of the one before; and then a second gc finds nothing
      age(store)
      gc(store, { keep: keep + 1 })
      expect(gc(store, { keep: keep + 1 }).freed.files, `world ${seed}`).toBe(0)
      lab.close()
    }
    expect(freed).toBeGreaterThan(25_000)
  })

  it("dies at one of its own writes without harm: a later gc finishes, and nothing that was kept is lost", async () => {
    const { lab, store, ids } = await lived(1, 2)
    const copy = join(lab.folder, "copy")
    const dieAt = (at: number): number => {
      copyStore(store, copy)
      let n = 0
      const dying = decorated(nodeFileSystem(), "mutating", () => {
        if (n++ === at) throw Object.assign(new Error("died"), { code: "EIO" })
      })
      if (at === Infinity) gc(makeStore(copy, dying), { keep: 1 })
      else expect(() => gc(makeStore(copy, dying), { keep: 1 }), `write ${at}`).toThrow("died")
      return n
    }
    const writes = dieAt(Infinity)
    expect(writes).toBeGreaterThan(60)
    for (let at = 0; at < writes; at += 1 + Math.floor(writes / 12)) {
      dieAt(at)
      const rest = makeStore(copy, nodeFileSystem())
      gc(rest, { keep: 1 })
      expect((await reasons(rest, ids.slice(-1)))["orphaned"], `write ${at}`).toBeUndefined()
      await expectReadable(rest, ids.slice(-1), `write ${at}`)
    }
  })
})

describe("what stays", () => {
  it("is what is young, and nothing goes within the grace", async () => {
    const { store } = await lived(2, 3)
    const before = contents(store)
    expect(gc(store, { keep: 1 }).freed.files).toBe(0)
    expect(contents(store)).toEqual(before)
    expect(gc(store, { keep: 1, grace: 0, now: Date.now() + 1000 }).freed.files).toBeGreaterThan(10)
  })
  it("is what is pinned, until it is unpinned", async () => {
    const { store, ids } = await lived(3, 3)
    await pinRun(store, ids[0]!, "2027-01-01T00:00:00.000Z")
    age(store)
    expect(kept(gc(store, { keep: 1 }))).toEqual({ [ids[0]!]: "pinned", [ids[2]!]: "recent" })
    await expectReadable(store, [ids[0]!, ids[2]!])
    await unpinRun(store, ids[0]!)
    expect(kept(gc(store, { keep: 1 }))).toEqual({ [ids[2]!]: "recent" })
  })
  it("is what runs/latest points at, also when runs that were cut off came after it", async () => {
    const { store, ids, runs } = await lived(4, 2)
    const cut: RunRecord = { ...runs[1]!, id: "run-000009", status: "interrupted", nodes: runs[0]!.nodes }
    await store.putRun(cut)
    age(store)
    expect(kept(gc(store, { keep: 1 }))).toEqual({ "run-000009": "recent", [ids[1]!]: "latest" })
    await expectReadable(store, [ids[1]!])
  })
  it("is every item that a kept run has finished, though it was cut off before its node was", async () => {
    const { lab, store, graph } = await lived(5, 1)
    lab.versions.set("seen", 9)
    lab.versions.set("drawn", 9)
    const cut = lab.run(graph, {
      files: (files) => ({
        ...files,
        // dies when the first node that comes after the drawings is committed
        rename: (from, to) => {
          if (/traces\/seen\/[0-9a-f]{2}\//.test(to)) throw Object.assign(new Error("cut"), { code: "EIO" })
          files.rename(from, to)
        }
      })
    })
    await expect(cut).rejects.toThrow("cut")
    age(store)
    gc(store, { keep: 1 })
    const { run } = await lab.run(graph, { files: quick })
    expect(run.nodes.find(({ id }) => id === "looks")).toMatchObject({ items: { executed: 0 } })
  })
  it("is what nobody but its owner understands", async () => {
    const { store, ids } = await lived(6, 2)
    const own = ["README.md", "objects/notes.txt", "cache/mine.json", "other/thing.parquet", "locks/a.lock/1"]
    for (const name of own) {
      mkdirSync(join(store.root, name, ".."), { recursive: true })
      writeFileSync(join(store.root, name), "mine")
    }
    age(store)
    gc(store, { keep: 1 })
    expect(contents(store).names).toEqual(expect.arrayContaining(own))
    expect((await reasons(store, ids.slice(-1)))["orphaned"] ?? []).toEqual([
      "cache/mine.json",
      "objects/notes.txt"
    ])
  })
})

it("leaves what is known of failures, also where all items of a node failed", async () => {
  const lab = new Lab()
  labs.push(lab)
  const tried: Array<string> = []
  const refusing = defineStage.itemwise("refusing", {
    inputs: { of: each({ a: column.float64() }) },
    output: one({ a: column.float64() }),
    compute: (items) => items.map(({ id }) => (tried.push(id), failed("no")))
  })
  const few = file(lab.writeItems({ i0: [1, 2] }, "few.json"))
  const run = async (items: Items, step: number) => {
    const refused = refusing("refused", { of: numbers("source", { file: file(lab.writeItems(items)) }) })
    const other = coarse("other", { of: numbers("few", { file: few }), step })
    return lab.run(lab.graph({ refused, other }), { files: quick, keepGoing: true })
  }
  const bad: Items = { b0: [1, 1], b1: [2, 2] }
  for (const step of [1, 2, 3]) await run(bad, step)
  age(storeOf(lab))
  expect(gc(storeOf(lab), { keep: 1 }).kept.runs).toBe(1)
  await run({ ...bad, b2: [3, 3] }, 3)
  expect(tried).toEqual(["b0", "b1", "b2"])
})

describe("what goes", () => {
  it("is what a process left that died while it wrote", async () => {
    const { store, ids } = await lived(7, 1)
    const left = [
      `runs/${ids[0]}/run.json.tmp-12-ab`,
      "runs/latest.tmp-12",
      "runs/run-000000.tmp-gc-ab/run.json",
      "objects/ab/x.parquet.tmp-1",
      "manifests/ab/x.json.tmp-1",
      "traces/sum/ab/x.json.tmp-1",
      "cache/stat.ndjson.tmp-1",
      "cache/pipelines/x.mjs.tmp-1"
    ]
    for (const name of left) {
      mkdirSync(join(store.root, name, ".."), { recursive: true })
      if (name === "runs/latest.tmp-12") symlinkSync("run-000000", join(store.root, name))
      else writeFileSync(join(store.root, name), "half")
    }
    gc(store, { keep: 1 })
    expect(contents(store).names).toEqual(expect.arrayContaining(left))
    age(store)
    expect(gc(store, { keep: 1 }).freed.byKind).toEqual({ temporary: left.length })
    expect((await reasons(store, ids))["orphaned"]).toBeUndefined()
  })
  it("is a run's folder that has no record; one with a damaged record stays, and is named", async () => {
    const { store, ids } = await lived(8, 3)
    renameSync(store.layout.run(ids[0]!), store.layout.run("20260101-000000.000-abcd"))
    rmSync(join(store.layout.run("20260101-000000.000-abcd"), "run.json"))
    writeFileSync(join(store.layout.run(ids[1]!), "run.json"), '{"format":1,')
    age(store)
    expect(kept(gc(store, { keep: 1 }))).toEqual({ [ids[1]!]: "unreadable", [ids[2]!]: "recent" })
    expect(readdirSync(store.layout.runs)).toEqual(["latest", ids[1], ids[2]].sort())
  })
  it("is nothing where a later version has written what cannot be understood here", async () => {
    const { store, ids, runs } = await lived(9, 3)
    age(store)
    const before = contents(store)
    const later = { ...runs[2]!, format: 2 } as unknown as RunRecord
    await store.putRun(later)
    expect(() => gc(store, { keep: 1 })).toThrow("has format 2")
    await store.putRun(runs[2]!)
    const manifest = (await store.manifest(runs[2]!.nodes[0]!.artifact!))!
    await store.putManifest({ ...manifest, format: 2 } as never)
    expect(() => gc(store, { keep: 1 })).toThrow("has format 2")
    expect(contents(store).names).toEqual(before.names)
    expect(ids).toHaveLength(3)
  })
})

// ---- helpers -----------------------------------------------------------------------------------------------------
function emptyFolders(root: string): ReadonlyArray<string> {
  const look = (folder: string): ReadonlyArray<string> => {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.length === 0
      ? [folder]
      : entries.flatMap((entry) => (entry.isDirectory() ? look(join(folder, entry.name)) : []))
  }
  return ["objects", "manifests", "traces"].flatMap((room) => look(join(root, room)))
}
