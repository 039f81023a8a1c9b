/**
 * A lock's folder: records named 1, 2, 3 …, of which the highest says who holds the lock.
 *
 * To take a lock that is free, or whose holder is dead, is to create the record after the highest, which the file
 * system lets one process do and no other. The highest is never removed or replaced, so numbers only grow, and
 * there is no moment in which a lock that is being taken over lies open: two that found the same holder dead want
 * the same number. Giving back adds a word to one's own record; the next holder removes what lies below its own.
 *
 * One that looked, slept, and creates a number that was used and removed meanwhile sees a higher one and withdraws.
 */
import * as path from "node:path"
import type { FileSystem } from "../files/file-system.ts"
import { temporaryMark } from "../files/layout.ts"
import { fileNames } from "../files/own-names.ts"
import { released, type Standing, standingOf } from "./holder.ts"

export interface LockState {
  readonly number: number
  readonly standing: Standing
  /** when it was changed last, in milliseconds since 1970, by the clock of whoever serves the file system */
  readonly changed: number
  /** differs whenever the record was written, renewed or replaced */
  readonly mark: string
}

export class LockFolder {
  readonly #files: FileSystem
  readonly #folder: string
  constructor(files: FileSystem, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  /** The record that counts: free, at number 0, where there is none. null when it was replaced meanwhile. */
  look(): LockState | null {
    const number = this.#newest()
    if (number === 0) return { number, standing: { is: "free" }, changed: 0, mark: "" }
    const file = this.#record(number)
    // reading comes first: opening a file is what makes NFS ask the server for its times
    const bytes = this.#files.readIfPresent(file)
    const stat = this.#files.stat(file)
    if (bytes === null || stat === null) return null
    const text = Buffer.from(bytes).toString("utf8")
    const changed = Number(BigInt(stat.mtimeNs) / 1_000_000n)
    const mark = `${number} ${stat.inode} ${stat.mtimeNs} ${text}`
    return { number, standing: standingOf(text), changed, mark }
  }

  /** Creates the record after the one seen, if that is still what counts; false when another was faster. */
  claim(seen: LockState, record: string, token: string): boolean {
    const number = seen.number + 1
    const [files, file] = [this.#files, this.#record(number)]
    const temporary = path.join(this.#folder, `record${temporaryMark}${token}`)
    try {
      files.makeFolder(this.#folder)
      files.write(temporary, record)
    } catch (error) {
      this.#tidy(temporary)
      if (isMissing(error)) return false // the folder was swept away in between
      throw error
    }
    try {
      // seen again now that the temporary file is written: while that lies here, it is still the same folder
      if (this.look()?.mark !== seen.mark) return false
      if (!this.#create(file, temporary, record)) return false
      if (this.#newest() === number && files.stat(temporary) !== null) return true
      this.#tidy(file)
      return false
    } finally {
      this.#tidy(temporary)
    }
  }

  /** Says that the holder lives. */
  renew(number: number, now: number): void {
    this.#files.touch(this.#record(number), now)
  }

  release(number: number): void {
    this.#files.append(this.#record(number), released)
  }

  /** Removes what earlier holders, and those that died on the way, have left; what is no lock's stays. */
  tidyBelow(number: number): void {
    for (const name of this.#names())
      if (fileNames.lockRecord.test(name) && numberOf(name) < number)
        this.#tidy(path.join(this.#folder, name))
  }

  /** By hard link, with which a record is whole from the start; else by exclusive creation, and then torn for a moment. */
  #create(file: string, temporary: string, record: string): boolean {
    try {
      this.#files.hardLink(temporary, file)
      return true
    } catch (error) {
      if (isTaken(error)) return false
      // the new holder removed it, or the folder was swept away
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

  /** What cannot be removed (a sticky folder, another owner) does no harm: its number is low. */
  #tidy(file: string): void {
    try {
      this.#files.remove(file)
    } catch {
      // the next holder tries again
    }
  }
  /** The number of the record that counts; 0 where the lock was never taken. */
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

/** Any other name, such as a temporary file's, is below all records. */
const numberOf = (name: string) => (/^[1-9]\d*$/.test(name) ? Number(name) : 0)
const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT"
const isTaken = (error: unknown) => (error as NodeJS.ErrnoException).code === "EEXIST"
