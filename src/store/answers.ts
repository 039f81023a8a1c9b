/**
 * Answers: what a key was answered with, in one file of the cache, so that a plan in which all is fresh opens neither
 * traces nor manifests.
 *
 * An answer is believed while its trace is the file that was read (size, mtime, inode), and its manifest and every
 * object, which are named by their content, are there with their size. Whatever else may be, the trace and the
 * manifest are read again; the file may be deleted at any time, and a damaged one is as good as that. Only whole
 * artifacts are kept here: what failed is always looked at closely.
 *
 * Why: of a no-op over 10,000 nodes, listing traces took 55 µs a node, and reading and parsing both files 45 µs; an
 * answer takes 10 µs.
 */
import { type Answered, keyOfLine, type Output, readLine, writeLine } from "./answer-line.ts"
import { readLargeCache, writeLargeCache } from "./cache-file.ts"
import type { FileSystemCalls } from "./file-system.ts"
import type { Layout } from "./layout.ts"
import { type Manifest, objectsOf, type StoredFile } from "./manifest.ts"
import { unsealed } from "./seal.ts"
import { type ReadRecord, type Trace, traceName } from "./trace.ts"

export type { Answer, Answered } from "./answer-line.ts"

export interface AnswerCalls {
  /** What answers a key, if that is known and still so. */
  get(stage: string, key: string, output: Output): Answered | null
  /** Reads the trace that has these reads, and its manifest, and keeps what they say. Null where they do not answer. */
  learn(stage: string, key: string, output: Output, reads: ReadonlyArray<ReadRecord>): Answered | null
  /** The cache may be lost at any time, so a failure is nobody's business. */
  save(): void
  /** The same, for somebody who uses what is found. */
  for(uses: Uses): AnswerCalls
}
/** Is told of a manifest's file before it is used, and may refuse it. */
type Uses = (file: string) => boolean

/** Manifests of many shards are not copied here: reading them is little beside what is done with them. */
const mostShards = 8
/** Answers that this process did not ask for are kept for others: as many as it asked for, and so many more. */
const spare = 1000

export class Answers {
  readonly #files: FileSystemCalls
  readonly #layout: Layout
  readonly #hasSize: (object: StoredFile) => boolean
  /** by key, as text: most are used once or never */
  #lines: Map<string, string> | null = null
  readonly #used = new Set<string>()
  #changed = false
  constructor(files: FileSystemCalls, layout: Layout, hasSize: (object: StoredFile) => boolean) {
    this.#files = files
    this.#layout = layout
    this.#hasSize = hasSize
  }

  for(uses: Uses): AnswerCalls {
    return {
      get: (stage, key, output) => this.#get(stage, key, output, uses),
      learn: (stage, key, output, reads) => this.#learn(stage, key, output, reads, uses),
      save: () => this.#save(),
      for: (others) => this.for(others)
    }
  }

  #get(stage: string, key: string, output: Output, uses: Uses): Answered | null {
    const text = this.#load().get(key)
    if (text === undefined) return null
    try {
      const line = readLine(text, output)
      const file = this.#layout.manifest(line.manifest.digest)
      if (
        this.#mark(this.#traceFile(stage, key, line.answer.reads)) === line.traceMark &&
        uses(file) &&
        this.#files.glance(file)?.size === line.manifestBytes &&
        this.#isWhole(line.manifest)
      ) {
        this.#used.add(key)
        return line
      }
    } catch {
      // damaged: as good as absent
    }
    this.#lines!.delete(key)
    this.#changed = true
    return null
  }

  #learn(
    stage: string,
    key: string,
    output: Output,
    reads: ReadonlyArray<ReadRecord>,
    uses: Uses
  ): Answered | null {
    try {
      const traceFile = this.#traceFile(stage, key, reads)
      // before it is read: if it is replaced in between, this is the mark of the file that is gone
      const mark = this.#mark(traceFile)
      const trace = mark === null ? null : (unsealed(this.#files.read(traceFile)) as Trace)
      if (trace?.format !== 1 || trace.key !== key || trace.artifact === null) return null
      const manifestFile = this.#layout.manifest(trace.artifact)
      if (!uses(manifestFile)) return null
      const bytes = this.#files.read(manifestFile)
      const manifest = unsealed(bytes) as Manifest
      if (manifest.format !== 1 || manifest.digest !== trace.artifact) return null
      if (manifest.failed.length > 0 || !this.#isWhole(manifest)) return null
      const text = writeLine(mark!, bytes.byteLength, trace, manifest)
      if (manifest.shards.length <= mostShards) {
        this.#load().set(key, text)
        this.#used.add(key)
        this.#changed = true
      }
      return readLine(text, output)
    } catch {
      return null // whoever looks closely says what is wrong
    }
  }

  #save(): void {
    if (!this.#changed || this.#lines === null) return
    const file = this.#layout.answers
    const unused = [...this.#lines.keys()].filter((key) => !this.#used.has(key))
    for (const key of unused.slice(0, Math.max(0, unused.length - this.#used.size - spare)))
      this.#lines.delete(key)
    if (writeLargeCache(this.#files, file, [...this.#lines.values()].join("\n"))) this.#changed = false
  }

  #traceFile(stage: string, key: string, reads: ReadonlyArray<ReadRecord>): string {
    return `${this.#layout.traces(stage, key)}/${traceName(reads)}`
  }
  #mark(file: string): string | null {
    const seen = this.#files.glance(file)
    return seen === null ? null : `${seen.size} ${seen.mtimeMs} ${seen.inode}`
  }
  #isWhole(manifest: Manifest): boolean {
    for (const object of objectsOf(manifest)) if (!this.#hasSize(object)) return false
    return true
  }
  #load(): Map<string, string> {
    if (this.#lines !== null) return this.#lines
    const lines = new Map<string, string>()
    this.#lines = lines
    const text = readLargeCache(this.#files, this.#layout.answers) ?? ""
    for (let at = 0; at < text.length;) {
      const next = text.indexOf("\n", at)
      const end = next < 0 ? text.length : next
      lines.set(keyOfLine(text, at), text.slice(at, end))
      at = end + 1
    }
    return lines
  }
}
