/**
 * The stat cache: the sha256 of files outside the store. A file is hashed again only if its stat has changed.
 *
 * A file is trusted if size, mtime, ctime and inode are unchanged, and if it was not modified so shortly
 * before it was hashed that a later change could have the same times (git calls such files "racily clean",
 * Documentation/technical/racy-git): those are hashed again.
 */
import { createHash } from "node:crypto"
import { readLargeCache, writeLargeCache } from "./cache-file.ts"
import type { FileSystem, Stat } from "../files/file-system.ts"

interface Entry {
  readonly stat: Stat
  readonly sha256: string
  /** milliseconds since 1970 */
  readonly hashedAt: number
}
/** The coarsest file times: some file systems keep them to 2 seconds. */
const coarsest = 2_000
const chunk = 4 << 20

export class StatCache {
  readonly #files: FileSystem
  readonly #file: string
  readonly #now: () => number
  #entries: Map<string, Entry> | null = null
  #changed = false
  constructor(files: FileSystem, file: string, now: () => number) {
    this.#files = files
    this.#file = file
    this.#now = now
  }

  /** The file's sha256 and size; null if it is not an existing file. */
  digest(path: string): { readonly sha256: string; readonly size: number } | null {
    const stat = this.#files.stat(path)
    if (stat?.kind !== "file") return null
    const known = this.#load().get(path)
    if (known !== undefined && sameStat(known.stat, stat) && !isRacy(known.stat, known.hashedAt))
      return { sha256: known.sha256, size: stat.size }
    const hashedAt = this.#now()
    const sha256 = hashFile(this.#files, path)
    this.#load().set(path, { stat, sha256, hashedAt })
    this.#changed = true
    return { sha256, size: stat.size }
  }

  /** Writes what was learnt. A failure is ignored, because the cache may be lost at any time. */
  save(): void {
    if (!this.#changed || this.#entries === null) return
    if (writeLargeCache(this.#files, this.#file, JSON.stringify([...this.#entries]))) this.#changed = false
  }

  #load(): Map<string, Entry> {
    if (this.#entries !== null) return this.#entries
    const text = readLargeCache(this.#files, this.#file)
    this.#entries = new Map(text === null ? [] : (JSON.parse(text) as Array<[string, Entry]>))
    return this.#entries
  }
}

/** Whether a file is unchanged and not replaced, as far as its stats tell. */
export const sameStat = (a: Stat, b: Stat): boolean =>
  a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode
/** Whether a change after the stat at `at` (milliseconds since 1970) could leave the same times. */
export const isRacy = ({ mtimeNs }: Stat, at: number): boolean =>
  Number(BigInt(mtimeNs) / 1_000_000n) + coarsest > at

/** The sha256 of a file, read in pieces. */
export function hashFile(files: FileSystem, path: string): string {
  const hash = createHash("sha256")
  for (let at = 0; ; at += chunk) {
    const bytes = files.readRange(path, at, chunk)
    hash.update(bytes)
    if (bytes.byteLength < chunk) return hash.digest("hex")
  }
}
