/**
 * The store: immutable objects, manifests, traces and run records.
 *
 * Everything is written to a temporary file in its own folder, flushed, renamed to its name, and the folder
 * flushed: under its final name a file is whole or not there. Objects are written before the manifest that names
 * them, manifests before the trace that names them.
 */
import { createHash } from "node:crypto"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { Problem } from "../support/problem.ts"
import { type FreshIndex, FreshIndexFile } from "./fresh/fresh-index.ts"
import { confined, refuseLinks } from "./files/confined.ts"
import type { FileSystemCalls } from "./files/file-system.ts"
import { leaveMark } from "./files/gc-mark.ts"
import { Intact } from "./objects/intact.ts"
import type { ObjectCalls } from "./objects/object-writer.ts"
import { isDigest, isObjectName, layout, type Layout, temporaryMark } from "./files/layout.ts"
import { type ItemTrace, itemTraceFile, itemTraceOf, type ReadItemTrace } from "./records/item-trace.ts"
import {
  type Manifest,
  type ManifestFile,
  manifestFile,
  manifestOf,
  objectsOf,
  objectsOfShard
} from "./records/manifest.ts"
import { packedKeys } from "./records/packed-keys.ts"
import { touched } from "./files/touch.ts"
import type { RunRecord } from "./records/run-record.ts"
import { replaceFile } from "./files/replace-file.ts"
import { withChecksum, checkedValue } from "./records/checksum.ts"
import { storeProblem } from "./files/store-error.ts"
import { type Trace, traceName } from "./records/trace.ts"
import type { StoredFile } from "./objects/object-ref.ts"
import { runFolders } from "./files/own-names.ts"

type Op<A> = Effect.Effect<A, Problem>

export interface StoreCalls extends ObjectCalls {
  readonly layout: Layout
  /** Makes the folders; fails when the store cannot be written. */
  readonly prepare: Op<void>
  /** All bytes; fails with StoreCorrupt when the object is gone, or not what its name says. */
  readObject(object: StoredFile): Op<Uint8Array>
  /** For those who read a part of it. Throws StoreCorrupt. */
  checkObject(object: StoredFile): void
  putManifest(manifest: Manifest): Op<void>
  /** The manifest, if it is there and every object it names has its size; null otherwise. */
  manifest(digest: string): Op<Manifest | null>
  putTrace(trace: Trace): Op<void>
  /** Traces of a key, the newest first; what cannot be read counts as absent. */
  traces(stage: string, key: string): Op<ReadonlyArray<Trace>>
  /** what is known without opening traces */
  readonly freshIndex: FreshIndex
  putItemTrace(trace: ItemTrace): Op<void>
  /** Traces of items, the oldest first; those whose shard is not whole count as absent. */
  itemTraces(stage: string, shared: string): Op<ReadonlyArray<ReadItemTrace>>
  putRun(run: RunRecord): Op<void>
  run(id: string): Op<RunRecord | null>
  /** Ids of all runs, the oldest first. */
  readonly runs: Op<ReadonlyArray<string>>
}

const readOnly = 0o444

export function makeStore(root: string, unconfined: FileSystemCalls): StoreCalls {
  const at = layout(root)
  const files = confined(unconfined, root)
  const attempt = <A>(doing: string, act: () => A): Op<A> =>
    Effect.try({ try: act, catch: (error) => storeProblem(error, root, doing) })
  const publish = (file: string, content: Uint8Array | string, mode?: number) => {
    replaceFile(files, file, content, mode)
    files.syncFolder(path.dirname(file))
  }
  const json = <A>(file: string): A | null => {
    const bytes = files.readIfPresent(file)
    if (bytes === null) return null
    try {
      return checkedValue(bytes) as A
    } catch {
      return null // torn, damaged or foreign: as good as absent, and healed when it is written again
    }
  }
  const itemTrace = (folder: string, name: string): ReadItemTrace | null => {
    const bytes = files.readIfPresent(path.join(folder, name))
    const trace = bytes === null ? null : itemTraceOf(name, bytes)
    return trace === null ? null : { ...trace, keys: packedKeys(trace.keys) }
  }
  const hasSize = ({ sha256, extension, bytes }: StoredFile) =>
    isObjectName(sha256, extension) && files.statFile(at.object(sha256, extension))?.size === bytes
  const intact = new Intact(files, at)
  const answers = new FreshIndexFile(files, at, hasSize)

  return {
    root,
    layout: at,
    files,
    prepare: attempt("make its folders", () => {
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
    putObject: (content, extension) =>
      attempt("write an object", () => {
        const sha256 = createHash("sha256").update(content).digest("hex")
        const object = { sha256, bytes: content.byteLength, extension }
        const file = at.object(sha256, extension)
        // what is there counts as young again, so that gc leaves it until something names it
        // views are further names of it: who writes into one must be told that it is not theirs to change
        if (!hasSize(object) || !intact.is(object) || !touched(files, file)) publish(file, content, readOnly)
        return object
      }),
    objectPath: (object) => at.object(object.sha256, object.extension),
    readObject: (object) =>
      Effect.flatMap(
        attempt("read an object", () => files.readIfPresent(at.object(object.sha256, object.extension))),
        (bytes) =>
          bytes === null
            ? Effect.fail(
                new Problem(
                  "StoreCorrupt",
                  `the store lost an object: ${object.sha256}.${object.extension}`,
                  {
                    file: at.object(object.sha256, object.extension),
                    hint: "run `probeline verify --repair`, and the pipeline again: what is missing is computed again"
                  }
                )
              )
            : attempt("read an object", () => {
                intact.checkBytes(object, bytes)
                return bytes
              })
      ),
    checkObject: (object) => intact.check(object),
    putManifest: (manifest) =>
      attempt("write a manifest", () =>
        publish(at.manifest(manifest.digest), withChecksum(manifestFile(manifest)))
      ),
    manifest: (digest) =>
      attempt("read a manifest", () => {
        if (!isDigest(digest)) return null
        const file = json<ManifestFile>(at.manifest(digest))
        if (file?.format !== 1 || file.digest !== digest) return null
        const manifest = manifestOf(file)
        for (const object of objectsOf(manifest)) if (!hasSize(object)) return null
        return manifest
      }),
    putTrace: (trace) =>
      attempt("write a trace", () =>
        publish(
          path.join(at.traces(trace.preimage.stage, trace.key), traceName(trace.key, trace.reads)),
          withChecksum(trace)
        )
      ),
    freshIndex: answers.calls,
    traces: (stage, key) =>
      attempt("read traces", () => {
        const folder = at.traces(stage, key)
        return (files.list(folder) ?? [])
          .filter((name) => name.startsWith(key) && name.endsWith(".json"))
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
        return (files.list(folder) ?? [])
          .filter((name) => name.endsWith(".json"))
          .flatMap((name) => itemTrace(folder, name) ?? [])
          .filter((trace) => trace.format === 1 && trace.stage === stage && trace.shared === shared)
          .filter(({ shard }) => shard === null || [...objectsOfShard(shard)].every(hasSize))
          .sort((a, b) => (a.at < b.at ? -1 : 1))
      }),
    putRun: (run) =>
      attempt("write the run's record", () =>
        publish(path.join(at.run(run.id), "run.json"), withChecksum(run, true))
      ),
    run: (id) => attempt("read a run's record", () => json<RunRecord>(path.join(at.run(id), "run.json"))),
    runs: attempt("list the runs", () => runFolders(files, at))
  }
}
