/**
 * The store: immutable objects, manifests, traces and run records.
 *
 * Every file is written under a temporary name in its own folder, flushed and renamed, and the folder is
 * flushed: under its final name a file is complete or absent. Objects are written before the manifest that
 * names them, manifests before the trace that names them.
 *
 * Calls are synchronous and throw a `Problem` if the file system fails.
 */
import * as path from "node:path"
import { confined, refuseLinks } from "./files/confined.ts"
import type { FileSystem } from "./files/file-system.ts"
import { leaveMark } from "./files/gc-mark.ts"
import { isDigest, layout, type Layout, temporaryMark } from "./files/layout.ts"
import { runFolders } from "./files/own-names.ts"
import { replaceFile } from "./files/replace-file.ts"
import { storeProblem } from "./files/store-error.ts"
import { type FreshIndex, FreshIndexFile } from "./fresh/fresh-index.ts"
import { FileObjects, type Objects } from "./objects/objects.ts"
import { checkedValue, withChecksum } from "./records/checksum.ts"
import { type ItemTrace, itemTraceFile, itemTraceOf, type ReadItemTrace } from "./records/item-trace.ts"
import {
  everyObject,
  type Manifest,
  type ManifestFile,
  manifestFile,
  manifestOf
} from "./records/manifest.ts"
import { packedKeys } from "./records/packed-keys.ts"
import type { RunRecord } from "./records/run-record.ts"
import { type Trace, traceName } from "./records/trace.ts"

export interface Store {
  readonly root: string
  readonly layout: Layout
  readonly files: FileSystem
  readonly objects: Objects
  /** finds fresh artifacts without opening traces */
  readonly freshIndex: FreshIndex
  /** Creates the folders. @throws Problem if the store cannot be written */
  prepare(): void
  putManifest(manifest: Manifest): void
  /** The manifest, if it exists and every object it names has the right size; otherwise null. */
  manifest(digest: string): Manifest | null
  putTrace(trace: Trace): void
  /** Traces of a key, newest first; unreadable ones count as absent. */
  traces(stage: string, key: string): ReadonlyArray<Trace>
  putItemTrace(trace: ItemTrace): void
  /** Traces of items, oldest first; those with an incomplete shard count as absent. */
  itemTraces(stage: string, shared: string): ReadonlyArray<ReadItemTrace>
  putRun(run: RunRecord): void
  run(id: string): RunRecord | null
  /** Ids of all runs, oldest first. */
  runs(): ReadonlyArray<string>
}

export function makeStore(root: string, unconfined: FileSystem): Store {
  const at = layout(root)
  const files = confined(unconfined, root)
  const objects = new FileObjects(files, at)
  const attempt = <A>(doing: string, act: () => A): A => {
    try {
      return act()
    } catch (error) {
      throw storeProblem(error, root, doing)
    }
  }
  const publish = (file: string, content: string) => {
    replaceFile(files, file, content)
    files.syncFolder(path.dirname(file))
  }
  const json = <A>(file: string): A | null => {
    const bytes = files.readIfPresent(file)
    if (bytes === null) return null
    try {
      return checkedValue(bytes) as A
    } catch {
      return null // torn, damaged or foreign: counts as absent, and is repaired by the next write
    }
  }
  const jsonNames = (folder: string) => (files.list(folder) ?? []).filter((name) => name.endsWith(".json"))
  const itemTrace = (folder: string, name: string): ReadItemTrace | null => {
    const bytes = files.readIfPresent(path.join(folder, name))
    const trace = bytes === null ? null : itemTraceOf(name, bytes)
    return trace === null ? null : { ...trace, keys: packedKeys(trace.keys) }
  }
  const has = (object: Parameters<Objects["has"]>[0]) => objects.has(object)

  return {
    root,
    layout: at,
    files,
    objects,
    freshIndex: new FreshIndexFile(files, at, has).calls,
    prepare: () =>
      attempt("make its folders", () => {
        refuseLinks(files, root)
        files.makeFolder(path.join(root, "objects"))
        files.makeFolder(at.runs)
        files.makeFolder(at.cache)
        const probe = path.join(at.cache, `writable${temporaryMark}${process.pid}`)
        files.remove(probe)
        files.write(probe, "")
        files.remove(probe)
        if (files.statFile(at.gcMark) === null) leaveMark(files, at)
      }),
    putManifest: (manifest) =>
      attempt("write a manifest", () =>
        publish(at.manifest(manifest.digest), withChecksum(manifestFile(manifest)))
      ),
    manifest: (digest) =>
      attempt("read a manifest", () => {
        if (!isDigest(digest)) return null
        const file = json<ManifestFile>(at.manifest(digest))
        if (file?.format !== 1 || file.digest !== digest) return null
        return file.shards.every((shard) => everyObject(shard, has)) ? manifestOf(file) : null
      }),
    putTrace: (trace) =>
      attempt("write a trace", () =>
        publish(
          path.join(at.traces(trace.preimage.stage, trace.key), traceName(trace.key, trace.reads)),
          withChecksum(trace)
        )
      ),
    traces: (stage, key) =>
      attempt("read traces", () => {
        const folder = at.traces(stage, key)
        return jsonNames(folder)
          .filter((name) => name.startsWith(key))
          .flatMap((name) => json<Trace>(path.join(folder, name)) ?? [])
          .filter((trace) => trace.format === 1 && trace.key === key)
          .sort((a, b) => (a.at < b.at ? 1 : -1))
      }),
    putItemTrace: (trace) =>
      attempt("write a trace of items", () => {
        const { name, text } = itemTraceFile(trace)
        publish(path.join(at.itemTraces(trace.stage, trace.shared), name), text)
      }),
    itemTraces: (stage, shared) =>
      attempt("read traces of items", () => {
        const folder = at.itemTraces(stage, shared)
        return jsonNames(folder)
          .flatMap((name) => itemTrace(folder, name) ?? [])
          .filter((trace) => trace.format === 1 && trace.stage === stage && trace.shared === shared)
          .filter(({ shard }) => shard === null || everyObject(shard, has))
          .sort((a, b) => (a.at < b.at ? -1 : 1))
      }),
    putRun: (run) =>
      attempt("write the run's record", () =>
        publish(path.join(at.run(run.id), "run.json"), withChecksum(run, true))
      ),
    run: (id) => attempt("read a run's record", () => json<RunRecord>(path.join(at.run(id), "run.json"))),
    runs: () => attempt("list the runs", () => runFolders(files, at))
  }
}
