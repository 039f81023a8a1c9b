/** Accounts for every file of a store after a gc, from the kept runs alone, by rules of its own. */
import { objectFile } from "../object-file.ts"
import { readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { expect } from "vitest"
import type { ItemTrace } from "../../../../src/store/records/item-trace.ts"
import { objectsOf, objectsOfShard } from "../../../../src/store/records/manifest.ts"
import type { RunRecord } from "../../../../src/store/records/run-record.ts"
import { artifactObjects } from "../../../../src/store/items/read-artifact.ts"
import type { Store } from "../../../../src/store/store.ts"
import type { Trace } from "../../../../src/store/records/trace.ts"
import { objectWrong } from "../../../../src/store/verify/check-object.ts"
import { contents } from "./worlds.ts"

/** Every artifact of these runs is there, byte for byte, and can be read; so can their views. */
export async function expectReadable(store: Store, runs: ReadonlyArray<string>, place = ""): Promise<void> {
  for (const id of runs) {
    const run = (await store.run(id))!
    for (const node of run.nodes) {
      if (node.artifact === null) continue
      const what = `${place} ${id} ${node.id}`
      const manifest = await store.manifest(node.artifact)
      expect(manifest, what).not.toBeNull()
      for (const object of objectsOf(manifest!))
        expect(objectWrong(store.files, objectFile(store, object)), what).toBeNull()
      expect(await artifactObjects(store, manifest!), what).toHaveLength(manifest!.rows)
      expect(store.files.stat(join(store.root, "runs", id, `${node.id}.parquet`)), what).not.toBeNull()
    }
  }
}

/** What is in the store, and why it is there; what has no reason is named "orphaned". */
export async function reasons(
  store: Store,
  runs: ReadonlyArray<string>
): Promise<Readonly<Record<string, ReadonlyArray<string>>>> {
  const records = await Promise.all(runs.map(async (id) => (await store.run(id))!))
  const artifacts = new Set(records.flatMap(({ nodes }) => nodes.flatMap(({ artifact }) => artifact ?? [])))
  const objects = new Set<string>()
  for (const digest of artifacts)
    for (const { sha256 } of objectsOf((await store.manifest(digest))!)) objects.add(sha256)
  const { names } = contents(store)
  const json = <A>(name: string): A => JSON.parse(readFileSync(join(store.root, name), "utf8")) as A
  for (const name of names) {
    if (/^traces\/.*\/items\//.test(name)) {
      const { run, shard } = json<ItemTrace>(name)
      if (runs.includes(run) && shard !== null)
        for (const { sha256 } of objectsOfShard(shard)) objects.add(sha256)
    }
    if (name.startsWith("cache/views/") && artifacts.has(basename(name).split(".")[0]!))
      objects.add(json<{ readonly sha256: string }>(name).sha256)
  }
  const pipelines = new Set(records.map(({ file }: RunRecord) => file))
  const reason = (name: string): string => {
    const [room, first = ""] = name.split("/")
    if (name.includes(".tmp-")) return "orphaned"
    // a symlink to a run of the pipeline
    if (room === "latest") return "run"
    if (room === "runs") return first === "latest" || runs.includes(first) ? "run" : "orphaned"
    if (room === "objects") return objects.has(basename(name).split(".")[0]!) ? "object" : "orphaned"
    if (room === "manifests") return artifacts.has(basename(name, ".json")) ? "manifest" : "orphaned"
    if (room === "cache") {
      if (first === "views" || first === "summaries")
        return artifacts.has(/^[0-9a-f]*/.exec(basename(name))![0]) ? "cache" : "orphaned"
      if (first === "pipelines") return pipelines.size > 0 ? "cache" : "orphaned"
      return ["stat.ndjson", "identities.json", "answers.ndjson", "gc"].includes(first!)
        ? "cache"
        : "orphaned"
    }
    // swept by those who know locks
    if (room === "locks") return "lock"
    if (room !== "traces") return "foreign"
    if (!dirname(name).includes("/items/"))
      return artifacts.has(json<Trace>(name).artifact!) ? "trace" : "orphaned"
    const { run, shard } = json<ItemTrace>(name)
    const isReached = shard !== null && [...objectsOfShard(shard)].every(({ sha256 }) => objects.has(sha256))
    return isReached || runs.includes(run) ? "item trace" : "orphaned"
  }
  const found: Record<string, Array<string>> = {}
  for (const name of names) (found[reason(name)] ??= []).push(name)
  return found
}
