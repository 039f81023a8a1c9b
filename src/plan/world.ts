/**
 * The recording world: what a source (or an `identity`) reads of the outside is written down, absences included,
 * and verified before its result is used again.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { Problem } from "../pipeline/problem.ts"
import type { Wanted, World } from "../pipeline/stage.ts"
import type { FileSystemCalls } from "../store/file-system.ts"
import { checkedRead, outsideFile } from "../store/outside-file.ts"
import type { StatCache } from "../store/stat-cache.ts"
import type { ReadRecord } from "../store/trace.ts"
import type { Cue } from "./cue.ts"

/** What the outside is read with: `base` is the pipeline file's folder. */
export interface Outside {
  readonly files: FileSystemCalls
  readonly digests: StatCache
  readonly base: string
}

const listDigest = (names: ReadonlyArray<string> | null) =>
  names === null ? null : createHash("sha256").update(names.join("\0")).digest("hex")

/** Brings what a stage asks for (`World.bring`). What it throws fails the node's plan; a `hint` on it is shown. */
export type Bringer = (
  request: unknown,
  context: { readonly signal: AbortSignal; readonly log: (message: string) => void }
) => Promise<unknown>
export interface Bringing {
  readonly by: Readonly<Record<string, Bringer>>
  readonly log: (node: string, message: string) => void
}
/** What a stage wants is not on this machine, and whoever asks may not have it brought. */
export class NotHere extends Error {
  readonly _tag = "NotHere"
  readonly wanted: Wanted
  constructor(wanted: Wanted) {
    super(`${wanted.what} is not on this machine`)
    this.wanted = wanted
  }
}
const refuse = async (wanted: Wanted): Promise<never> => {
  throw new NotHere(wanted)
}

/** A world that records into `reads`; a path is recorded once, relative to the pipeline file where it can be. */
export function recordingWorld(
  outside: Outside,
  bring: World["bring"] = refuse
): World & { readonly reads: () => ReadonlyArray<ReadRecord> } {
  const reads = new Map<string, ReadRecord>()
  const absolute = (at: string) => path.resolve(outside.base, at)
  const record = (at: string, entry: ReadRecord) => void reads.set(`${entry.look}:${at}`, entry)
  const digest = (at: string) => {
    const found = outside.digests.digest(absolute(at))
    record(at, { look: "file", path: relative(outside.base, absolute(at)), sha256: found?.sha256 ?? null })
    return found
  }
  const readIfPresent = async (at: string) => {
    const found = digest(at)
    return found === null ? null : checkedRead(outside.files, absolute(at), found.sha256)
  }
  return {
    readIfPresent,
    async read(at) {
      const bytes = await readIfPresent(at)
      if (bytes === null)
        throw new Problem("SourceInvalid", `there is no file ${absolute(at)}`, {
          file: absolute(at),
          hint: "check the path: in a pipeline file it is relative to that file, after -S to the working directory"
        })
      return bytes
    },
    list: async (at) => {
      const names = outside.files.list(absolute(at))
      record(at, { look: "list", path: relative(outside.base, absolute(at)), digest: listDigest(names) })
      return names
    },
    file: async (at) => {
      const found = digest(at)
      return found === null ? null : outsideFile(outside.files, absolute(at), found)
    },
    open: async (at) => {
      if (digest(at) === null) return null
      const handle = fs.openSync(absolute(at), "r")
      return {
        size: fs.fstatSync(handle).size,
        read(position, length) {
          const bytes = new Uint8Array(length)
          return bytes.subarray(0, fs.readSync(handle, bytes, 0, length, position))
        },
        close: () => fs.closeSync(handle)
      }
    },
    bring,
    reads: () => [...reads.values()]
  }
}

const relative = (base: string, file: string) => path.relative(base, file).split(path.sep).join("/")

/** What was found at a look, by what was looked for. */
export type Seen = Map<string, string | null>

/**
 * What has changed of what was read; none if all is as it was.
 *
 * `seen` has what was found before: of a source with many traces, each names the same files, and one that was changed
 * just now is hashed at every look.
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
          ? (outside.digests.digest(at)?.sha256 ?? null)
          : listDigest(outside.files.list(at))
      seen.set(look, after)
    }
    const before = record.look === "file" ? record.sha256 : record.digest
    return before === after ? [] : [{ cue: "read" as const, path: record.path, before, after }]
  })
}
