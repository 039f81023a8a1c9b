/** Detects whether anything that was read outside the store has changed. */
import { createHash } from "node:crypto"
import * as path from "node:path"
import { isOneFileRefused } from "../support/system-error.ts"
import type { FileSystem } from "../store/files/file-system.ts"
import type { StatCache } from "../store/fresh/stat-cache.ts"
import type { ReadRecord } from "../store/records/trace.ts"
import type { Cue } from "./cue.ts"

/** The means of reading outside the store: `base` is the pipeline file's folder. */
export interface Outside {
  readonly files: FileSystem
  readonly digests: StatCache
  readonly base: string
}

export const listDigest = (names: ReadonlyArray<string> | null): string | null =>
  names === null ? null : createHash("sha256").update(names.join("\0")).digest("hex")

/** The result of a look, or the system's error, which a reader of the file must get. */
export interface Observed<A> {
  readonly found: A | null
  readonly refused: NodeJS.ErrnoException | null
}
/** @throws Node's error at a limit of the process (EMFILE, ENOMEM …), which says nothing about the file */
export function looked<A>(look: () => A | null): Observed<A> {
  try {
    return { found: look(), refused: null }
  } catch (error) {
    if (isOneFileRefused(error)) return { found: null, refused: error }
    throw error
  }
}

/** The result of a look: a file's sha256 or a list's digest; null if nothing was there. */
export const foundBy = (record: ReadRecord): string | null =>
  record.look === "file" ? record.sha256 : record.digest

/** Results of looks, by what was looked for. */
export type Seen = Map<string, string | null>

/**
 * The reads with a different result now; empty if nothing changed.
 *
 * `seen` holds earlier results: a source with many traces names the same files in each, and a file that was
 * changed just now is hashed at every look.
 */
export function changedReads(
  reads: ReadonlyArray<ReadRecord>,
  outside: Outside,
  seen: Seen = new Map()
): ReadonlyArray<Cue> {
  return reads.flatMap((record) => {
    const at = path.resolve(outside.base, record.path)
    const look = `${record.look}:${at}`
    let after = seen.get(look)
    if (after === undefined) {
      after =
        record.look === "file"
          ? (looked(() => outside.digests.digest(at)).found?.sha256 ?? null)
          : listDigest(looked(() => outside.files.list(at)).found)
      seen.set(look, after)
    }
    const before = foundBy(record)
    return before === after ? [] : [{ cue: "read" as const, path: record.path, before, after }]
  })
}
