/**
 * Downloads one file into the cache: resumes earlier attempts, and verifies the content.
 *
 * Not the client's `downloadFileToCacheDir`: it starts over each time, lets two downloads write to the same file, and
 * does not verify the sha256.
 */
import { createHash, type Hash } from "node:crypto"
import { createReadStream } from "node:fs"
import * as fs from "node:fs/promises"
import { Partial } from "./partial.ts"
import { type HubRequests, reasonOf, type RemoteFile } from "./requests.ts"
import { HubError } from "./settings.ts"

export interface Download {
  readonly requests: HubRequests
  readonly commit: string
  /** in the repository */
  readonly file: string
  readonly remote: RemoteFile
  readonly signal: AbortSignal
  /** called with the number of bytes present */
  readonly progress: (done: number) => void
}

/** Consecutive connections that may break without getting further than the ones before. */
const patience = 3

/**
 * Writes the content to `blob`, completely or not at all. A failed or interrupted download is kept for the next
 * attempt; content that fails verification is deleted.
 *
 * @throws {HubError}
 */
export async function download(blobs: string, blob: string, given: Download): Promise<void> {
  const partial = await Partial.claim(blobs, given.remote.etag)
  let settled = false
  try {
    await receive(partial, given)
    const wrong = await mismatch(partial.file, given.remote)
    if (wrong === null) await partial.finish(blob)
    else await partial.discard()
    settled = true
    if (wrong !== null)
      throw new HubError(
        `${given.file} arrived damaged: ${wrong}`,
        "it was deleted: try again; if this repeats, a proxy or mirror is altering the content"
      )
  } finally {
    if (!settled) await partial.giveUp()
  }
}

async function receive(partial: Partial, given: Download): Promise<void> {
  const { remote, file } = given
  let furthest = await partial.size()
  for (let failures = 0; ;) {
    let from = await partial.size()
    if (remote.size !== null && from > remote.size) {
      await fs.truncate(partial.file, 0)
      from = 0
    }
    if (remote.size !== null && from === remote.size && from > 0) return
    const broken = await append(partial, from, given)
    const now = await partial.size()
    if (broken === null && (remote.size === null || now >= remote.size)) return
    // a server or network fault: continue as long as there is progress
    failures = now > furthest ? 0 : failures + 1
    furthest = Math.max(furthest, now)
    if (failures === patience)
      throw new HubError(
        `the download of ${file} stops at ${now} of ${remote.size ?? "?"} bytes: ${broken ?? "the connection closed"}`,
        "try again: the download resumes there",
        broken
      )
  }
}

/** Appends to the partial file. Returns the reason if the connection ended early, else null. */
async function append(partial: Partial, from: number, given: Download): Promise<string | null> {
  const { requests, commit, file, remote, signal, progress } = given
  const response = await requests.content(commit, file, from)
  const goesOn = from > 0 && response.status === 206 && startOf(response) === from
  if (response.status === 416 || (response.status === 206 && !goesOn)) {
    // the content changed, or the server sent another range
    await response.body?.cancel()
    await fs.rm(partial.file, { force: true })
    return "the server cannot serve this range"
  }
  const handle = await fs.open(partial.file, goesOn ? "a" : "w")
  let done = goesOn ? from : 0
  try {
    for await (const chunk of response.body ?? []) {
      await handle.writeFile(chunk)
      done += chunk.length
      progress(done)
      // more than the server announced: other content, which the check rejects
      if (remote.size !== null && done > remote.size) break
    }
    await handle.sync()
    return null
  } catch (error) {
    signal.throwIfAborted()
    if ((error as NodeJS.ErrnoException).syscall === "write") throw error // a disk error
    return reasonOf(error)
  } finally {
    await handle.close()
  }
}

const startOf = (response: Response): number | null => {
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1]
  return start === undefined ? null : Number(start)
}

/** The mismatch between a file and its etag, or null: etags of 64 digits are sha256, those of 40 git's blob hash. */
async function mismatch(file: string, { etag, size }: RemoteFile): Promise<string | null> {
  const actual = (await fs.stat(file).catch(() => null))?.size ?? 0
  if (size !== null && actual !== size) return `${actual} bytes, not ${size}`
  const hash = hashFor(etag, actual)
  if (hash === null) return null
  if (actual > 0) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  const digest = hash.digest("hex")
  return digest === etag
    ? null
    : `its ${etag.length === 64 ? "sha256" : "git sha1"} is ${digest}, not ${etag}`
}

function hashFor(etag: string, size: number): Hash | null {
  if (/^[0-9a-f]{64}$/.test(etag)) return createHash("sha256")
  // Source: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
  if (/^[0-9a-f]{40}$/.test(etag)) return createHash("sha1").update(`blob ${size}\0`)
  return null // a mirror's own etag
}

/** Files below this size get one log line; larger ones a line per tenth. */
const worthwhile = 16e6

/** @param size in bytes; null if unknown */
export function progressLines(
  what: string,
  size: number | null,
  log: (line: string) => void
): (done: number) => void {
  log(`downloading ${what}${size === null ? "" : ` (${megabytes(size)})`}`)
  if (size === null || size < worthwhile) return () => {}
  let told = -1
  return (done) => {
    const tenth = Math.floor((10 * done) / size)
    if (tenth > told && told >= 0 && tenth < 10) log(`${what}: ${tenth * 10} % of ${megabytes(size)}`)
    told = Math.max(told, tenth)
  }
}

const megabytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
