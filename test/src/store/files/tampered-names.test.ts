/** Files of a store that name a path where a name belongs, with seals that hold: none leads out of the store. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Graph } from "../../../../src/pipeline/graph.ts"
import { writeCache } from "../../../../src/store/fresh/cache-file.ts"
import { collectGarbage } from "../../../../src/store/gc/gc.ts"
import { itemTraceFile, type ItemTrace } from "../../../../src/store/records/item-trace.ts"
import { layout } from "../../../../src/store/files/layout.ts"
import type { Manifest } from "../../../../src/store/records/manifest.ts"
import type { RunRecord } from "../../../../src/store/records/run-record.ts"
import { withChecksum, checkedValue } from "../../../../src/store/records/checksum.ts"
import { showDigest, showViews } from "../../../../src/store/runs/shared-views.ts"
import type { Trace } from "../../../../src/store/records/trace.ts"
import { repairStore } from "../../../../src/store/verify/repair.ts"
import { verifyStore } from "../../../../src/store/verify/verify.ts"
import { Lab } from "../../run/lab.ts"
import { age, gcOptions, graphOf, quick, storeOf } from "../gc/worlds.ts"

let lab: Lab
let graph: Graph
let secret: string
let run: RunRecord
beforeEach(async () => {
  lab = new Lab()
  secret = join(lab.folder, "secret.json")
  writeFileSync(secret, "{}")
  graph = graphOf(lab, { items: { i0: [1, 2], i1: [4, 5] }, step: 2, versions: {} })
  run = (await lab.run(graph, { files: quick })).run
})
afterEach(() => lab.close())

const files = (folder: string): ReadonlyArray<string> =>
  (readdirSync(join(lab.folder, "store", folder), { recursive: true }) as Array<string>)
    .map((name) => join(lab.folder, "store", folder, name))
    .filter((file) => statSync(file).isFile())
const edit = <A extends object>(file: string, change: (value: A) => A) =>
  writeFileSync(file, withChecksum(change(checkedValue(readFileSync(file)) as A)))
const out = "../../../secret"

const tamper: Readonly<Record<string, () => void>> = {
  "a trace's artifact": () => {
    for (const file of files("traces").filter((name) => !name.includes("/items/")))
      edit<Trace>(file, (trace) => ({ ...trace, artifact: out }))
  },
  "a manifest's objects, by extension": () => {
    for (const file of files("manifests"))
      edit<Manifest>(file, (manifest) => ({
        ...manifest,
        shards: manifest.shards.map((shard) => ({
          ...shard,
          table: { ...shard.table, bytes: 2, extension: `x/../../${out}.json` as never }
        }))
      }))
  },
  "a manifest's objects, by sha256": () => {
    for (const file of files("manifests"))
      edit<Manifest>(file, (manifest) => ({
        ...manifest,
        shards: manifest.shards.map((shard) => ({
          ...shard,
          table: { sha256: out, bytes: 2, extension: "json" as never }
        }))
      }))
  },
  "objects of traces of items": () => {
    for (const file of files("traces").filter((name) => name.includes("/items/"))) {
      const trace = JSON.parse(readFileSync(file, "utf8")) as ItemTrace
      if (trace.shard === null) continue
      const table = { sha256: out, bytes: 2, extension: "json" as never }
      const { name, text } = itemTraceFile({ ...trace, shard: { ...trace.shard, table } })
      writeFileSync(join(file, "..", name), text)
    }
  },
  "a record's artifacts": () =>
    edit<RunRecord>(join(lab.folder, "store/runs", run.id, "run.json"), (record) => ({
      ...record,
      nodes: record.nodes.map((node) => ({ ...node, artifact: out }))
    })),
  "a record's id": () =>
    edit<RunRecord>(join(lab.folder, "store/runs", run.id, "run.json"), (record) => ({ ...record, id: out })),
  "a note of a view": () => {
    const folder = join(lab.folder, "store/cache/views")
    mkdirSync(folder, { recursive: true })
    for (const kind of ["table", "items"])
      for (const { artifact } of run.nodes)
        writeFileSync(
          join(folder, `${artifact!}.${kind}.json`),
          withChecksum({ sha256: out, bytes: 2, extension: "json" })
        )
  }
}

describe.each(Object.keys(tamper))("%s", (what) => {
  it("leads nowhere: the next run is right, verify finds it, and repair mends it", async () => {
    tamper[what]!()
    const before = statSync(secret, { bigint: true })
    const store = storeOf(lab)
    const again = (await lab.run(graph, { files: quick })).run
    expect(again.nodes.map(({ artifact }) => artifact)).toEqual(run.nodes.map(({ artifact }) => artifact))
    const verified = await Effect.runPromise(verifyStore(store))
    await Effect.runPromise(repairStore(store, verified))
    expect((await Effect.runPromise(verifyStore(store))).damaged).toEqual([])
    age(store)
    await Effect.runPromise(collectGarbage(store, gcOptions({ keep: 1 })))
    const last = (await lab.run(graph, { files: quick })).run
    expect(last.nodes.map(({ artifact }) => artifact)).toEqual(run.nodes.map(({ artifact }) => artifact))
    const after = statSync(secret, { bigint: true })
    expect([after.mtimeNs, after.nlink, after.size]).toEqual([before.mtimeNs, before.nlink, before.size])
  })
})

it.each([
  { run: "../../theirs", entries: ["x.parquet"] },
  { run: "run-000000", entries: ["../../../x.parquet"] },
  { run: "run-000000", entries: ["."] }
])("a note of a run's views shows nothing of $run: $entries", (note) => {
  const store = storeOf(lab)
  mkdirSync(join(lab.folder, "theirs"))
  writeFileSync(join(lab.folder, "theirs/run.json"), "{}")
  writeFileSync(join(lab.folder, "theirs/x.parquet"), "{}")
  const shown = showDigest([["a", "b"]])
  writeCache(store.files, join(store.layout.cache, "views", `${shown}.run.json`), note)
  expect(showViews(store, "run-000009", shown)).toBeNull()
  expect(existsSync(join(store.root, "runs/run-000009"))).toBe(false)
})

it("no place in the store is made of a name that is none", () => {
  const at = layout("/s")
  const sha = "a".repeat(64)
  const wrong: ReadonlyArray<() => string> = [
    () => at.object("../x", "bin"),
    () => at.object(sha, "a/b"),
    () => at.object(sha, ".."),
    () => at.object(sha.toUpperCase(), "bin"),
    () => at.manifest(`${sha}/x`),
    () => at.traces("..", sha),
    () => at.traces("a/b", sha),
    () => at.traces("stage", "../../x"),
    () => at.itemTraces("stage", ".."),
    () => at.run("../x"),
    () => at.run(""),
    () => at.run("a\0"),
    () => at.lock("../x"),
    () => at.lock("x".repeat(300))
  ]
  for (const make of wrong) expect(make, make.toString()).toThrow("has an invalid name for")
  expect(at.object(sha, "parquet")).toBe(`/s/objects/aa/${sha}.parquet`)
  expect(at.run("latest")).toBe("/s/runs/latest")
})
