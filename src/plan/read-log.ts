/**
 * The log of what a source, or an `identity`, reads while it runs. Every file must keep one state, or the
 * reader fails: a result from two states belongs to neither digest.
 */
import * as path from "node:path"
import { Problem } from "../support/problem.ts"
import type { Stat } from "../store/files/file-system.ts"
import { sameStat } from "../store/fresh/stat-cache.ts"
import type { ReadRecord } from "../store/records/trace.ts"
import { changedReads, foundBy, type Outside } from "./changed-reads.ts"

interface Looked {
  readonly record: ReadRecord
  /** the content went into the stage; a file handle has its digest, and is checked when its bytes are read */
  isRead: boolean
  /** recorded as absent or listed before a download, which may have changed it */
  isBeforeFetch: boolean
}

export class ReadLog {
  readonly #outside: Outside
  readonly #reader: string
  readonly #looked = new Map<string, Looked>()
  /**
   * stats of opened files by absolute path, taken from the handles themselves; the first handle of each file
   */
  readonly #opened = new Map<string, Stat>()
  #problem: Problem | null = null

  /** `reader`: describes the reader in the problem's message. */
  constructor(outside: Outside, reader: string) {
    this.#outside = outside
    this.#reader = reader
  }

  get records(): ReadonlyArray<ReadRecord> {
    return Array.from(this.#looked.values(), ({ record }) => record)
  }

  /** @throws Problem InputChanged if another look had a different result */
  record(record: ReadRecord, isRead: boolean): void {
    const look = `${record.look}:${record.path}`
    const before = this.#looked.get(look)
    if (before === undefined || (before.isBeforeFetch && foundBy(before.record) !== foundBy(record)))
      return void this.#looked.set(look, { record, isRead, isBeforeFetch: false })
    if (foundBy(before.record) !== foundBy(record)) throw this.changed(record.path)
    before.isRead ||= isRead
    before.isBeforeFetch = false
  }

  /** `stat`: of the handle. @throws Problem InputChanged if the file was opened before, and has changed */
  opened(file: string, stat: Stat): void {
    const before = this.#opened.get(file)
    if (before === undefined) this.#opened.set(file, stat)
    else if (!sameStat(before, stat)) throw this.changed(file)
  }

  /** Notes a complete or partial download: absent files may exist now. */
  fetched(): void {
    for (const looked of this.#looked.values())
      looked.isBeforeFetch ||= looked.record.look === "list" || foundBy(looked.record) === null
  }

  /** The problem to throw. It is kept, since a stage may swallow it. */
  changed(file: string, cause?: unknown): Problem {
    const at = path.resolve(this.#outside.base, file)
    return (this.#problem ??= new Problem("InputChanged", `${at} changed while ${this.#reader} read it`, {
      file: at,
      hint: "run again: nothing that it read was kept",
      cause
    }))
  }

  /**
   * Checks that everything read is unchanged; call it when the reader has ended.
   *
   * An opened file is compared by its stat alone: its parts are read without hashing, and a file that was
   * replaced and restored has other times. A file that was read whole was hashed, so its content counts.
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
