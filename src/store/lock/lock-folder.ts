/**
 * A lock's folder: records named 1, 2, 3 …; the highest one names the holder.
 *
 * To take a lock that is free, or that belongs to a dead holder, a process creates the next record, and the
 * file system lets only one process do that. The highest record is never removed or replaced, so numbers only
 * grow, and a lock is never unprotected during a takeover: two processes that found the same dead holder
 * compete for the same number. A release appends a word to the holder's own record; the next holder removes
 * the records below its own.
 *
 * A process may look, sleep, and then create a number that was used and removed in the meantime: it sees a
 * higher one and withdraws.
 */
import * as path from "node:path"
import type { FileSystem } from "../files/file-system.ts"
import { temporaryMark } from "../files/layout.ts"
import { fileNames } from "../files/own-names.ts"
import { released, type Standing, standingOf } from "./holder.ts"

export interface LockState {
  readonly number: number
  readonly standing: Standing
  /** mtime in milliseconds since 1970, by the clock of the file server */
  readonly changed: number
  /** changes whenever the record is written, touched or replaced */
  readonly mark: string
}

export class LockFolder {
  readonly #files: FileSystem
  readonly #folder: string
  constructor(files: FileSystem, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  /** The record that counts; number 0, free, if there is none. null if it was replaced during the call. */
  look(): LockState | null {
    const number = this.#newest()
    if (number === 0) return { number, standing: { is: "free" }, changed: 0, mark: "" }
    const file = this.#record(number)
    // read first: opening a file makes NFS ask the server for its times
    const bytes = this.#files.readIfPresent(file)
    const stat = this.#files.stat(file)
    if (bytes === null || stat === null) return null
    const text = Buffer.from(bytes).toString("utf8")
    const changed = Number(BigInt(stat.mtimeNs) / 1_000_000n)
    const mark = `${number} ${stat.inode} ${stat.mtimeNs} ${text}`
    return { number, standing: standingOf(text), changed, mark }
  }

  /** Creates the record after the seen one, if that one still counts; false if another process was faster. */
  claim(seen: LockState, record: string, token: string): boolean {
    const number = seen.number + 1
    const [files, file] = [this.#files, this.#record(number)]
    const temporary = path.join(this.#folder, `record${temporaryMark}${token}`)
    try {
      files.makeFolder(this.#folder)
      files.write(temporary, record)
    } catch (error) {
      this.#tidy(temporary)
      if (isMissing(error)) return false // the folder was swept in the meantime
      throw error
    }
    try {
      // checked again now that the temporary file is written: while that exists, the folder is still the same
      if (this.look()?.mark !== seen.mark) return false
      if (!this.#create(file, temporary, record)) return false
      if (this.#newest() === number && files.stat(temporary) !== null) return true
      this.#tidy(file)
      return false
    } finally {
      this.#tidy(temporary)
    }
  }

  /** Renews the lease. */
  renew(number: number, now: number): void {
    this.#files.touch(this.#record(number), now)
  }

  release(number: number): void {
    this.#files.append(this.#record(number), released)
  }

  /** Removes what earlier holders and dead processes left behind; foreign files stay. */
  tidyBelow(number: number): void {
    for (const name of this.#names())
      if (fileNames.lockRecord.test(name) && numberOf(name) < number)
        this.#tidy(path.join(this.#folder, name))
  }

  /**
   * Uses a hard link, which makes the record complete from the start; otherwise exclusive creation, which
   * leaves it torn for a moment.
   */
  #create(file: string, temporary: string, record: string): boolean {
    try {
      this.#files.hardLink(temporary, file)
      return true
    } catch (error) {
      if (isTaken(error)) return false
      // the new holder removed it, or the folder was swept
      if (this.#files.stat(temporary) === null) return false
    }
    try {
      this.#files.write(file, record)
      return true
    } catch (error) {
      if (isTaken(error) || isMissing(error)) return false
      this.#tidy(file)
      throw error
    }
  }

  /** A file that cannot be removed (a sticky folder, another owner) is harmless: its number is low. */
  #tidy(file: string): void {
    try {
      this.#files.remove(file)
    } catch {
      // the next holder tries again
    }
  }
  /** The number of the record that counts; 0 if the lock was never taken. */
  #newest(): number {
    return Math.max(0, ...this.#names().map(numberOf))
  }
  #names(): ReadonlyArray<string> {
    return this.#files.list(this.#folder) ?? []
  }
  #record(number: number): string {
    return path.join(this.#folder, String(number))
  }
}

/** Any other name, such as a temporary file's, ranks below all records. */
const numberOf = (name: string) => (/^[1-9]\d*$/.test(name) ? Number(name) : 0)
const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT"
const isTaken = (error: unknown) => (error as NodeJS.ErrnoException).code === "EEXIST"
