/**
 * The recording world: records everything that a source (or an `identity`) reads outside the store, absences
 * included, for verification before its result is used again.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { Problem } from "../support/problem.ts"
import { openRegular } from "../support/regular-file.ts"
import { statOf } from "../store/files/file-system.ts"
import { checkedRead, isFileChanged, outsideFile } from "../store/files/outside-file.ts"
import type { ReadRecord } from "../store/records/trace.ts"
import { systemLimit } from "../support/system-error.ts"
import { listDigest, type Observed, looked, type Outside } from "./changed-reads.ts"
import { ReadLog } from "./read-log.ts"
import type { Fetcher, RandomAccess, FetchRequest, World } from "../pipeline/world.ts"

export { changedReads, type Outside, type Seen } from "./changed-reads.ts"

export interface Fetching {
  readonly fetchers: Readonly<Record<string, Fetcher>>
  readonly log: (node: string, message: string) => void
}
/** A stage needs something that is not on this machine, and the caller may not download it. */
export class NotHere extends Error {
  readonly _tag = "NotHere"
  readonly wanted: FetchRequest
  constructor(wanted: FetchRequest) {
    super(`${wanted.what} is not on this machine`)
    this.wanted = wanted
  }
}
const refuse = async (wanted: FetchRequest): Promise<never> => {
  throw new NotHere(wanted)
}

export interface RecordingWorld extends World {
  readonly reads: () => ReadonlyArray<ReadRecord>
  /**
   * Call it when the reader has ended (`readSteadily`). @throws Problem InputChanged if anything read has
   * changed
   */
  readonly check: () => void
}

/**
 * A world that records every look; a path is recorded once, relative to the pipeline file if possible.
 *
 * Looks throw a Problem InputChanged if their result differs from an earlier one. `reader` names the world's
 * owner in that problem's message.
 */
export function recordingWorld(
  outside: Outside,
  fetch: World["fetch"] = refuse,
  reader = "the source"
): RecordingWorld {
  const log = new ReadLog(outside, reader)
  const absolute = (at: string) => path.resolve(outside.base, at)
  const recorded = (at: string) => path.relative(outside.base, absolute(at)).split(path.sep).join("/")
  const digest = (at: string, isRead: boolean) => {
    const { found, refused } = lookedNow(() => outside.digests.digest(absolute(at)))
    log.record({ look: "file", path: recorded(at), sha256: found?.sha256 ?? null }, isRead)
    if (refused !== null) throw refused
    return found
  }
  const readIfPresent = async (at: string) => {
    const found = digest(at, true)
    if (found === null) return null
    try {
      return checkedRead(outside.files, absolute(at), found.sha256)
    } catch (error) {
      throw isFileChanged(error) ? log.changed(at, error) : error
    }
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
      const { found: names, refused } = lookedNow(() => outside.files.list(absolute(at)))
      log.record({ look: "list", path: recorded(at), digest: listDigest(names) }, true)
      if (refused !== null) throw refused
      refuseUnreadableNames(names ?? [], absolute(at))
      return names
    },
    file: async (at) => {
      const found = digest(at, false)
      if (found === null) return null
      return outsideFile(outside.files, absolute(at), found, (error) => {
        // a file that the system refuses to read (its error is the cause) has not changed
        if (error.cause === undefined) log.changed(at, error)
      })
    },
    open: async (at) => (digest(at, true) === null ? null : opened(absolute(at), log)),
    async fetch(wanted) {
      try {
        await fetch(wanted)
      } finally {
        log.fetched()
      }
    },
    reads: () => log.records,
    check: () => log.check()
  }
}

/** A limit of the process fails the whole node, even if the stage handles other errors. */
function lookedNow<A>(look: () => A | null): Observed<A> {
  try {
    return looked(look)
  } catch (error) {
    throw systemLimit(error) ?? error
  }
}

/** Node replaces invalid UTF-8 in names, so two files may look like one, and neither can be opened. */
function refuseUnreadableNames(names: ReadonlyArray<string>, folder: string): void {
  const wrong = names.find((name) => name.includes("\ufffd"))
  if (wrong !== undefined)
    throw new Problem("SourceInvalid", `the name of a file in ${folder} is not UTF-8: "${wrong}"`, {
      file: folder,
      hint: "rename the file (convmv -f latin1 -t utf8 does it for a folder), or move it away"
    })
}

/**
 * The reader's result. If anything it read changed in the meantime, that is the problem, even if the reader
 * failed: rows and errors may come from either state.
 */
export async function readSteadily<A>({ check }: RecordingWorld, read: () => Promise<A>): Promise<A> {
  try {
    return await read()
  } finally {
    check()
  }
}

/** The bytes from its handle are not hashed again: the log has the handle's stat. */
function opened(file: string, log: ReadLog): RandomAccess {
  const handle = openHashed(file, log)
  try {
    const stat = statOf(fs.fstatSync(handle, { bigint: true }))
    log.opened(file, stat)
    return {
      size: stat.size,
      read(position, length) {
        const bytes = new Uint8Array(length)
        return bytes.subarray(0, fs.readSync(handle, bytes, 0, length, position))
      },
      close: () => fs.closeSync(handle)
    }
  } catch (error) {
    fs.closeSync(handle)
    throw error
  }
}
function openHashed(file: string, log: ReadLog): number {
  try {
    return openRegular(file)
  } catch (error) {
    // it existed when it was hashed
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? log.changed(file, error) : error
  }
}
