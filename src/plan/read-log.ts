/**
 * What a source, or an `identity`, has looked at while it ran. Its rows are of one state of each file, or it fails:
 * what came of two states is under neither's digest.
 */
import * as path from "node:path"
import { Problem } from "../support/problem.ts"
import type { Stat } from "../store/files/file-system.ts"
import { sameStat } from "../store/fresh/stat-cache.ts"
import type { ReadRecord } from "../store/records/trace.ts"
import { changedReads, foundBy, type Outside } from "./changed-reads.ts"

interface Looked {
  readonly record: ReadRecord
  /** what was found went into the stage; a handle of a file has its digest, and is checked when its bytes are read */
  isRead: boolean
  /** what was absent, or listed, before something was brought: fetching may have changed it */
  isBeforeFetch: boolean
}

export class ReadLog {
  readonly #outside: Outside
  readonly #reader: string
  readonly #looked = new Map<string, Looked>()
  /** stats of files that were opened, by absolute path: of the very handles, the first of each file */
  readonly #opened = new Map<string, Stat>()
  #problem: Problem | null = null

  /** `reader`: who reads, in words, for the problem's message. */
  constructor(outside: Outside, reader: string) {
    this.#outside = outside
    this.#reader = reader
  }

  get records(): ReadonlyArray<ReadRecord> {
    return Array.from(this.#looked.values(), ({ record }) => record)
  }

  /** @throws Problem InputChanged where another look found something else */
  record(record: ReadRecord, isRead: boolean): void {
    const look = `${record.look}:${record.path}`
    const before = this.#looked.get(look)
    if (before === undefined || (before.isBeforeFetch && foundBy(before.record) !== foundBy(record)))
      return void this.#looked.set(look, { record, isRead, isBeforeFetch: false })
    if (foundBy(before.record) !== foundBy(record)) throw this.changed(record.path)
    before.isRead ||= isRead
    before.isBeforeFetch = false
  }

  /** `stat`: of the handle. @throws Problem InputChanged where the file was opened before, and was another */
  opened(file: string, stat: Stat): void {
    const before = this.#opened.get(file)
    if (before === undefined) this.#opened.set(file, stat)
    else if (!sameStat(before, stat)) throw this.changed(file)
  }

  /** Something, or a part of it, was brought to this machine: what was not there may be there now. */
  fetched(): void {
    for (const looked of this.#looked.values())
      looked.isBeforeFetch ||= looked.record.look === "list" || foundBy(looked.record) === null
  }

  /** The problem to throw. It is kept, since a stage may make nothing of what it is thrown. */
  changed(file: string, cause?: unknown): Problem {
    const at = path.resolve(this.#outside.base, file)
    return (this.#problem ??= new Problem("InputChanged", `${at} changed while ${this.#reader} read it`, {
      file: at,
      hint: "run again: nothing was kept of what it read",
      cause
    }))
  }

  /**
   * Whether all that was read is as it was, to be asked when the reader has ended.
   *
   * Of a file that was opened the stat alone tells: its parts are read without being hashed, and a file that was
   * replaced and put back has other times. What was read as a whole was hashed itself: its content counts.
   *
   * @throws Problem InputChanged
   */
  check(): void {
    if (this.#problem !== null) throw this.#problem
    for (const [file, before] of this.#opened) {
      const now = this.#outside.files.stat(file)
      if (now === null || !sameStat(before, now)) throw this.changed(file)
    }
    for (const { record, isRead, isBeforeFetch } of this.#looked.values())
      if (isRead && !isBeforeFetch && changedReads([record], this.#outside).length > 0)
        throw this.changed(record.path)
  }
}
