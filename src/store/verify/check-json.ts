/**
 * Checks the store's JSON files: each against its own sha256, its name, and what can be computed from its
 * fields.
 */
import * as path from "node:path"
import type { FileSystem } from "../files/file-system.ts"
import { type ItemTrace, itemTraceOf } from "../records/item-trace.ts"
import { isDigest, isObjectName, type Layout } from "../files/layout.ts"
import { type ManifestFile, manifestOf, objectsOfShard, type Shard } from "../records/manifest.ts"
import { keyOf } from "../records/preimage.ts"
import type { RunRecord } from "../records/run-record.ts"
import { utf8 } from "../../support/utf8.ts"
import { checkedValue } from "../records/checksum.ts"
import { type Trace, traceName } from "../records/trace.ts"
import { artifactDigest } from "../format/value-digest.ts"

/** A file's value, or what is wrong with it; null if the file is gone. */
export type Checked<A> = { readonly value: A; readonly bytes: number } | { readonly wrong: string } | null

/** `check` describes what is wrong with a value, or returns null; it may throw if fields are missing. */
function checked<A>(
  files: FileSystem,
  file: string,
  check: (value: A, text: string) => string | null
): Checked<A> {
  const bytes = files.readIfPresent(file)
  if (bytes === null) return null
  let value: A
  try {
    value = checkedValue(bytes) as A
  } catch (error) {
    return { wrong: `cannot be read: ${(error as Error).message}` }
  }
  let wrong: string | null
  try {
    const { format } = value as { readonly format?: unknown }
    wrong = format === 1 ? check(value, utf8(bytes)) : "has an unknown format"
  } catch {
    wrong = "lacks required fields"
  }
  return wrong === null ? { value, bytes: bytes.byteLength } : { wrong }
}

export const checkManifest = (files: FileSystem, layout: Layout, file: string): Checked<ManifestFile> =>
  checked<ManifestFile>(files, file, (manifest) => {
    if (!isDigest(manifest.digest) || layout.manifest(manifest.digest) !== file)
      return "has the name of another artifact"
    if (!manifest.shards.every(hasObjectNames)) return "contains an invalid object name"
    const digest = artifactDigest({
      ...manifestOf(manifest),
      failed: manifest.failed.map(({ item }) => item)
    })
    return digest === manifest.digest ? null : `does not match its digest (${digest.slice(0, 12)})`
  })

/** The trace of a node or of items. */
export const checkTrace = (files: FileSystem, layout: Layout, file: string): Checked<Trace | ItemTrace> =>
  checked<Trace | ItemTrace>(files, file, (trace, text) =>
    "shard" in trace ? itemsWrong(layout, file, trace, text) : nodeWrong(layout, file, trace)
  )

/** A file may be undamaged and still have a path for a name, if another program wrote it. */
const hasObjectNames = (shard: Shard): boolean =>
  [...objectsOfShard(shard)].every(({ sha256, extension }) => isObjectName(sha256, extension))

function nodeWrong(layout: Layout, file: string, { key, preimage, reads, artifact }: Trace): string | null {
  if (artifact !== null && !isDigest(artifact)) return "does not name an artifact"
  if (keyOf(preimage) !== key) return "has a key that does not match its preimage"
  if (layout.traces(preimage.stage, key) !== path.dirname(file)) return "is in the folder of other keys"
  return path.basename(file) === traceName(key, reads)
    ? null
    : "has the name of another key, or of other reads"
}
/** Its name must be the digest of its text. */
function itemsWrong(layout: Layout, file: string, trace: ItemTrace, text: string): string | null {
  if (layout.itemTraces(trace.stage, trace.shared) !== path.dirname(file))
    return "is in the folder of other items"
  if (trace.shard !== null && !hasObjectNames(trace.shard)) return "contains an invalid object name"
  return itemTraceOf(path.basename(file), Buffer.from(text)) !== null
    ? null
    : "is damaged: its name is not the digest of its text"
}

export const checkRun = (files: FileSystem, layout: Layout, file: string): Checked<RunRecord> =>
  checked<RunRecord>(files, file, ({ id, nodes, status, started }) =>
    layout.run(id) !== path.dirname(file)
      ? "has the name of another run"
      : Array.isArray(nodes) &&
          nodes.every(({ artifact }) => artifact === null || isDigest(artifact)) &&
          typeof status === "string" &&
          !Number.isNaN(Date.parse(started))
        ? null
        : "lacks required fields"
  )
