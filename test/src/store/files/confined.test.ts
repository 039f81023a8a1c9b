/** Links and files of the user's inside of a store: nothing is written or deleted through a link, and theirs stays. */
import { problemOf } from "../../problem-of.ts"
import {
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Graph } from "../../../../src/pipeline/graph.ts"
import { openStore } from "../../../../src/project/open-store.ts"
import { removeTree } from "../../../../src/store/files/confined.ts"
import { sweepLocks } from "../../../../src/store/lock/sweep.ts"
import type { Store } from "../../../../src/store/store.ts"
import { repairStore } from "../../../../src/store/verify/repair.ts"
import { verifyStore } from "../../../../src/store/verify/verify.ts"
import { Lab } from "../../run/lab.ts"
import { age, gcOptions, graphOf, quick, storeOf, type World } from "../gc/worlds.ts"
import { collectGarbage } from "../../../../src/store/gc/gc.ts"

let lab: Lab
let outside: string
let graph: Graph
const world: World = { items: { i0: [1, 2], i1: [4, 5] }, step: 2, versions: {} }

beforeEach(async () => {
  lab = new Lab()
  outside = join(lab.folder, "outside")
  mkdirSync(outside)
  graph = graphOf(lab, world)
  for (let i = 0; i < 3; i++) await lab.run(graph, { files: quick, force: ["parts"] })
  mkdirSync(join(lab.folder, "store", "cache", "collecting"), { recursive: true })
  writeFileSync(join(lab.folder, "store", "cache", "collecting", "1-abcdefabcdef.json"), "{}")
})
afterEach(() => lab.close())

/** Every file below a folder, with its bytes; of a link, that it is one. */
function snapshot(folder: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const walk = (at: string, name: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const [file, path] = [join(at, entry.name), `${name}/${entry.name}`]
      if (entry.isDirectory()) walk(file, path)
      else found[path] = entry.isFile() ? readFileSync(file, "base64") : "no file"
    }
  }
  walk(folder, "")
  return found
}

const first = (folder: string): string =>
  readdirSync(join(lab.folder, "store", folder))
    .filter((name) => name !== "latest" && !name.endsWith(".json"))
    .sort()[0]!
/** A folder of each kind, as paths below the store. */
const folders: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    ["objects", "manifests", "traces", "runs", "locks", "cache", "cache/collecting", "cache/views"].map(
      (name) => [name, () => name]
    )
  ),
  "a folder of objects": () => `objects/${first("objects")}`,
  "a folder of manifests": () => `manifests/${first("manifests")}`,
  "a stage's traces": () => "traces/coarse",
  "traces of like keys": () => `traces/total/${first("traces/total")}`,
  "traces of items": () => "traces/coarse/items",
  "traces of some items": () => `traces/coarse/items/${first("traces/coarse/items")}`,
  "a lock": () => `locks/${first("locks")}`,
  "a run": () => `runs/${first("runs")}`,
  "a view's folder": () => `runs/${first("runs")}/drawings`
}

/** Puts a link in a folder's place, to where it lies now, with files of the user's beside what it had. */
function replaceByLink(name: string): void {
  const [at, target] = [join(lab.folder, "store", name), join(outside, "target")]
  renameSync(at, target)
  const theirs = [
    "notes.txt",
    "1",
    "999",
    "x.tmp-12",
    "run.json.tmp-1-ab",
    "run-000001/run.json",
    "ab/notes.json"
  ]
  for (const file of theirs) {
    mkdirSync(join(target, file, ".."), { recursive: true })
    if (!existsSync(join(target, file))) writeFileSync(join(target, file), "mine")
  }
  symlinkSync(target, at)
  const then = new Date(Date.now() - 2 * 24 * 3_600_000)
  for (const file of Object.keys(snapshot(outside))) lutimesSync(join(outside, file), then, then)
}

const commands: Readonly<Record<string, (store: Store) => Effect.Effect<unknown, unknown>>> = {
  gc: (store) => collectGarbage(store, gcOptions({ keep: 1 })),
  "gc of locks": (store) => sweepLocks(store, () => Date.now()),
  "verify --repair": (store) =>
    Effect.flatMap(verifyStore(store), (verified) => repairStore(store, verified)),
  "run --force": () =>
    Effect.tryPromise({
      try: () => lab.run(graph, { force: graph.nodes.map(({ id }) => id) }),
      catch: (error) => error
    })
}

describe.each(Object.keys(folders))("a link in place of %s", (kind) => {
  it("leads nothing out: what it points at stays as it was, and whatever fails says why", async () => {
    replaceByLink(folders[kind]!())
    age(storeOf(lab))
    const before = snapshot(outside)
    for (const [name, command] of Object.entries(commands)) {
      const exit = await Effect.runPromiseExit(command(storeOf(lab)))
      expect(snapshot(outside), `${name}, ${kind}`).toEqual(before)
      if (Exit.isSuccess(exit)) continue
      expect(Cause.squash(exit.cause), name).toMatchObject({
        _tag: "StoreNotUsable",
        message: expect.stringContaining("is a symlink") as string
      })
    }
  })
})

it("a store whose path is a link, or leads through one, is used where it lies", async () => {
  const link = join(lab.folder, "link")
  symlinkSync(join(lab.folder, "store"), link)
  const store = await openStore(link)
  expect(store.root).toBe(realpathSync(join(lab.folder, "store")))
  age(store)
  const report = await Effect.runPromise(collectGarbage(store, gcOptions({ keep: 1 })))
  expect(report.kept.runs).toBeGreaterThan(0)
})

it("a store that is opened with a folder of its own that is a link is refused, whatever for", async () => {
  replaceByLink("objects")
  const problem = await problemOf(() => openStore(join(lab.folder, "store")))
  expect(problem).toMatchObject({
    _tag: "StoreNotUsable",
    exitCode: 2,
    file: join(lab.folder, "store/objects")
  })
  expect(problem.hint).toContain("move the whole store")
})

it("files and folders of the user's are in no room deleted, neither are the folders that they lie in", async () => {
  // the one before and the one after it are kept
  const run = "run-000001"
  const lock = first("locks")
  const mine = [
    "notes.txt",
    "runs/notes.txt",
    "runs/draft.tmp-notes",
    "runs/mine/data.csv",
    "runs/mine/table.parquet",
    `runs/${run}/notes.txt`,
    `runs/${run}/drawings/notes.txt`,
    "locks/notes.txt",
    "locks/mine.tmp-1/notes.txt",
    `locks/${lock}/notes.txt`,
    "locks/mine.lock/data/1",
    "traces/notes.json",
    "traces/coarse/notes.txt",
    "traces/coarse/notes.json",
    "traces/coarse/items/notes.json",
    "traces/mine/ab/notes.json",
    "objects/notes.txt",
    "objects/ab/notes.txt",
    "objects/mine/0.parquet",
    "manifests/ab/mine.json",
    "cache/mine.json",
    "cache/collecting/notes.txt",
    "cache/views/mine.json",
    "cache/summaries/mine.json",
    "cache/pipelines/mine.mjs"
  ]
  const root = join(lab.folder, "store")
  for (const name of mine) {
    mkdirSync(join(root, name, ".."), { recursive: true })
    writeFileSync(join(root, name), name)
  }
  symlinkSync(join(outside, "nowhere"), join(root, "runs/dangling"))
  symlinkSync(join(outside, "nowhere"), join(root, `runs/${run}/dangling`))
  const damaged = readdirSync(join(root, "objects")).find(
    (name) => /^[0-9a-f]{2}$/.test(name) && name !== "ab"
  )!
  for (const name of readdirSync(join(root, "objects", damaged))) {
    rmSync(join(root, "objects", damaged, name))
    writeFileSync(join(root, "objects", damaged, name), "damaged")
  }
  age(storeOf(lab))
  for (const command of Object.values(commands)) await Effect.runPromise(command(storeOf(lab)))
  for (const name of mine) expect(readFileSync(join(root, name), "utf8"), name).toBe(name)
  expect(readdirSync(join(root, "runs"))).toEqual(expect.arrayContaining(["dangling", "mine"]))
  expect(readdirSync(join(root, "runs", run)).sort()).toEqual(["dangling", "drawings", "notes.txt"])
  expect(readdirSync(join(root, "runs", run, "drawings"))).toEqual(["notes.txt"])
})

it("a folder or a file of the user's called runs/latest is not replaced", async () => {
  const latest = join(lab.folder, "store", "runs", "latest")
  rmSync(latest)
  writeFileSync(latest, "mine")
  await expect(lab.run(graph)).rejects.toMatchObject({ _tag: "StoreNotUsable" })
  expect(readFileSync(latest, "utf8")).toBe("mine")
})

it("files that are links are not written through: a log, a cache", async () => {
  const root = join(lab.folder, "store")
  const target = join(outside, "their.file")
  writeFileSync(target, "mine")
  const store = storeOf(lab)
  for (const name of ["cache/stat.ndjson", "cache/gc", "cache/answers.ndjson"]) {
    rmSync(join(root, name), { force: true })
    symlinkSync(target, join(root, name))
  }
  symlinkSync(target, join(root, "runs", first("runs"), "log.ndjson"))
  expect(() => store.files.append(join(root, "runs", first("runs"), "log.ndjson"), "x")).toThrow("ELOOP")
  store.files.touch(join(root, "cache/stat.ndjson"), 0)
  await lab.run(graph)
  await Effect.runPromise(collectGarbage(store, gcOptions({ keep: 1 })))
  expect(readFileSync(target, "utf8")).toBe("mine")
})

it("deleting takes no path that leads out of the store, however it is written", () => {
  const store = storeOf(lab)
  const theirs = join(mkdtempSync(join(tmpdir(), "probeline-theirs-")), "run.json")
  writeFileSync(theirs, "mine")
  const out = `${store.root}/runs/x/../../../outside/run.json`
  writeFileSync(join(outside, "run.json"), "mine")
  for (const file of [theirs, out, `${store.root}/..`, `${store.root}2/runs/x/run.json`])
    expect(() => store.files.remove(file), file).toThrow()
  expect(existsSync(theirs)).toBe(true)
  expect(readFileSync(join(outside, "run.json"), "utf8")).toBe("mine")
  expect(removeTree(store.files, join(store.root, "objects"))).not.toEqual([])
  rmSync(join(theirs, ".."), { recursive: true })
})
