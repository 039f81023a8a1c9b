/** verify finds damage in every kind of file; after a repair nobody is served it, and a run heals it. */
import { objectFile } from "../object-file.ts"
import {
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { basename, join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { seededRandom } from "../../../../src/index.ts"
import type { Graph } from "../../../../src/pipeline/graph.ts"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { objectsOf } from "../../../../src/store/records/manifest.ts"
import type { RunRecord } from "../../../../src/store/records/run-record.ts"
import { makeStore, type Store } from "../../../../src/store/store.ts"
import { repairStore } from "../../../../src/store/verify/repair.ts"
import { verifyStore } from "../../../../src/store/verify/verify.ts"
import { artifactsOf, Lab } from "../../run/lab.ts"
import { expectReadable } from "../gc/accounts.ts"
import { contents, copyStore, graphOf, newWorld, quick, storeOf } from "../gc/worlds.ts"

const lab = new Lab()
const place = join(lab.folder, "store")
const safe = join(lab.folder, "safe")
let graph: Graph
let run: RunRecord
let store: Store
beforeAll(async () => {
  graph = graphOf(lab, newWorld(seededRandom("verify", 1)))
  run = (await lab.run(graph, { files: quick })).run
  store = storeOf(lab)
  copyStore(store, safe)
})
afterAll(() => lab.close())

const verify = (of = store) => Effect.runPromise(verifyStore(of))
const restore = () => copyStore(makeStore(safe, nodeFileSystem()), place)
const manifestOf = async (node: string) =>
  (await store.manifest(run.nodes.find(({ id }) => id === node)!.artifact!))!
const found = (pattern: RegExp) =>
  join(
    place,
    contents(store).names.find((name) => pattern.test(name))!
  )

/** A file of each kind. */
const files: Readonly<Record<string, () => Promise<string>>> = {
  "a table": async () => objectFile(store, (await manifestOf("sums")).shards[0]!.table),
  "a tensor file": async () =>
    objectFile(store, (await manifestOf("drawings")).shards[0]!.tensors["marks/first"]!),
  "a sidecar": async () => objectFile(store, (await manifestOf("parts")).shards[0]!.sidecar!),
  "a stage's own file": async () => objectFile(store, (await manifestOf("drawings")).shards[0]!.files[0]!),
  "a manifest": async () => store.layout.manifest((await manifestOf("drawings")).digest),
  "a node's trace": async () => found(/^traces\/sum\/[0-9a-f]{2}\//),
  "a trace of items": async () => found(/^traces\/drawn\/items\//),
  "a run's record": async () => join(store.layout.run(run.id), "run.json")
}
const kinds: Readonly<Record<string, string>> = {
  "a manifest": "manifest",
  "a node's trace": "trace",
  "a trace of items": "trace",
  "a run's record": "run"
}
const flip = (at: (size: number) => number) => (file: string) => {
  const bytes = readFileSync(file)
  bytes[at(bytes.length)]! ^= 0x04
  writeFileSync(file, bytes)
}
const damages: Readonly<Record<string, (file: string) => void>> = {
  "the first byte": flip(() => 0),
  "a byte of its body": flip((size) => size >> 1),
  "a byte near its end": flip((size) => Math.max(0, size - 9)),
  "its last byte": flip((size) => size - 1),
  "being cut short": (file) => truncateSync(file, statSync(file).size - 3)
}

it("finds nothing in a store that is whole, and has read all of it", async () => {
  const { checked, damaged, affected } = await verify()
  expect([damaged, affected]).toEqual([[], []])
  const { names } = contents(store)
  const count = (room: string) => names.filter((name) => name.startsWith(`${room}/`)).length
  expect(checked).toMatchObject({
    objects: count("objects"),
    manifests: count("manifests"),
    traces: count("traces"),
    runs: 1
  })
  expect(checked.bytes).toBeGreaterThan(10_000)
})

describe.each(Object.keys(files))("%s", (what) => {
  it("is found to be damaged, whatever byte it is, and is not served after a repair", async () => {
    restore()
    for (const [how, damage] of Object.entries(damages)) {
      const file = await files[what]!()
      damage(file)
      const verified = await verify()
      expect(
        verified.damaged.map((one) => [one.file, one.kind]),
        how
      ).toEqual([[file, kinds[what] ?? "object"]])
      const removed = await Effect.runPromise(repairStore(store, verified))
      expect(removed, how).toContain(file)
      expect(existsSync(file), how).toBe(false)
      expect((await verify()).damaged, how).toEqual([])
      for (const one of removed) copyFileSync(join(safe, relative(place, one)), one)
    }
  })
  it("is healed by the next run, with the same artifacts", async () => {
    restore()
    damages["a byte of its body"]!(await files[what]!())
    await Effect.runPromise(repairStore(store, await verify()))
    const healed = (await lab.run(graph, { files: quick })).run
    expect(healed.status).toBe("ok")
    expect(artifactsOf(healed)).toEqual(artifactsOf(run))
    await expectReadable(store, [healed.id])
    expect((await verify()).damaged).toEqual([])
  })
})

describe("damage", () => {
  it("is reported, and nothing is changed without a repair", async () => {
    restore()
    damages["a byte of its body"]!(await files["a table"]!())
    const before = contents(store)
    expect((await verify()).damaged).toHaveLength(1)
    expect(contents(store)).toEqual(before)
  })
  it("of an object is named once, beside what can no longer be used for it", async () => {
    restore()
    const file = await files["a tensor file"]!()
    damages["a byte of its body"]!(file)
    const { damaged, affected } = await verify()
    expect(damaged).toMatchObject([
      { file, kind: "object", what: expect.stringContaining("sha256") as string }
    ])
    expect(affected.map(({ kind }) => kind).sort()).toEqual(["manifest", "trace"])
    expect(affected[0]!.what).toBe(`names ${basename(file)}, which is damaged`)
  })
  it("takes an object's views with it: they are names of the same bytes", async () => {
    restore()
    const file = await files["a table"]!()
    const view = join(store.layout.run(run.id), "sums.parquet")
    rmSync(view)
    linkSync(file, view)
    damages["a byte of its body"]!(file)
    expect(await Effect.runPromise(repairStore(store, await verify()))).toContain(view)
    expect(existsSync(view)).toBe(false)
  })
  it("is also an object that is gone, and a file under another's name", async () => {
    restore()
    const manifest = await manifestOf("sums")
    const other = await manifestOf("groups")
    rmSync(objectFile(store, [...objectsOf(manifest)][0]!))
    writeFileSync(store.layout.manifest(other.digest), readFileSync(store.layout.manifest(manifest.digest)))
    const { damaged } = await verify()
    expect(damaged.map(({ file, kind }) => [file, kind])).toEqual(
      expect.arrayContaining([
        [store.layout.manifest(manifest.digest), "manifest"],
        [store.layout.manifest(other.digest), "manifest"]
      ])
    )
    expect(damaged.map(({ what }) => what).join()).toMatch(/which is gone.*|has the name of another artifact/)
  })
  it("is none where a file was written anew before the repair", async () => {
    restore()
    const file = await files["a manifest"]!()
    const whole = await manifestOf("drawings")
    damages["a byte of its body"]!(file)
    const verified = await verify()
    await store.putManifest(whole)
    expect(await Effect.runPromise(repairStore(store, verified))).toEqual([])
    expect(existsSync(file)).toBe(true)
  })
  it("leaves no temporary file behind when it is repaired", async () => {
    restore()
    damages["its last byte"]!(await files["a run's record"]!())
    await Effect.runPromise(repairStore(store, await verify()))
    expect(readdirSync(store.layout.run(run.id)).filter((name) => name.includes(".tmp-"))).toEqual([])
  })
})
