/**
 * Answers: what a key was answered with, in one file of the cache, so that a plan in which all is fresh opens neither
 * traces nor manifests.
 *
 * An answer is believed while its trace is the file that was read (size, mtime, inode), and its manifest and every
 * object are there with their size. Whatever else may be, the trace and the manifest are read again; the file may be
 * deleted at any time. Only whole artifacts are kept here: what failed is always looked at closely.
 *
 * Why: of a no-op over 10,000 nodes, listing traces took 55 µs a node, and reading and parsing both files 45 µs; an
 * answer takes 10 µs (bench/README.md).
 */
import * as path from "node:path"
import type { FileSystemCalls } from "./file-system.ts"
import type { Layout } from "./layout.ts"
import { type Manifest, objectsOf } from "./manifest.ts"
import type { Preimage } from "./preimage.ts"
import { unsealed } from "./seal.ts"
import { type ReadRecord, type Trace, traceName } from "./trace.ts"

/** A trace without what is known from its key. */
export type Answer = Pick<
  Trace,
  "artifact" | "error" | "hint" | "reads" | "partial" | "run" | "at" | "accepted"
>
export interface Answered {
  readonly answer: Answer
  readonly manifest: Manifest
}
/** The manifest's columns, form and label are in the key's preimage too. */
type Output = Preimage["output"]
type ManifestRest = Omit<Manifest, keyof Output>
type AnswerRest = Omit<Answer, "artifact" | "error" | "hint">
type Entry = readonly [
  key: string,
  traceStamp: string,
  manifestStamp: string,
  answer: AnswerRest,
  manifest: ManifestRest
]

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
const header = JSON.stringify({ format: 1 })
/** Where the key lies in an entry's text. */
const [keyStart, keyEnd] = ['["'.length, '["'.length + 64]

type HasSize = (object: {
  readonly sha256: string
  readonly bytes: number
  readonly extension: string
}) => boolean

export class Answers {
  readonly #files: FileSystemCalls
  readonly #layout: Layout
  readonly #hasSize: HasSize
  /** a line an entry, as text: most are used once or never */
  #lines: Map<string, string> | null = null
  readonly #used = new Set<string>()
  #changed = false
  constructor(files: FileSystemCalls, layout: Layout, hasSize: HasSize) {
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
    const line = this.#load().get(key)
    if (line === undefined) return null
    try {
      const [, traceStamp, manifestStamp, answer, rest] = JSON.parse(line) as Entry
      const trace = path.join(this.#layout.traces(stage, key), traceName(answer.reads))
      const manifest = this.#layout.manifest(rest.digest)
      if (
        this.#traceStamp(trace) === traceStamp &&
        uses(manifest) &&
        this.#manifestStamp(manifest) === manifestStamp
      ) {
        const found = answered(answer, rest, output)
        if (this.#isWhole(found.manifest)) {
          this.#used.add(key)
          return found
        }
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
      // the stamps come first: if a file is replaced in between, they are those of the file that is gone
      const traceFile = path.join(this.#layout.traces(stage, key), traceName(reads))
      const traceStamp = this.#traceStamp(traceFile)
      const trace = traceStamp === null ? null : (this.#json(traceFile) as Trace | null)
      if (trace?.format !== 1 || trace.key !== key || trace.artifact === null) return null
      const manifestFile = this.#layout.manifest(trace.artifact)
      if (!uses(manifestFile)) return null
      const manifestStamp = this.#manifestStamp(manifestFile)
      const manifest = manifestStamp === null ? null : (this.#json(manifestFile) as Manifest | null)
      if (manifest?.format !== 1 || manifest.digest !== trace.artifact || !this.#isWhole(manifest))
        return null
      const { reads: _, partial, run, at, accepted } = trace
      const answer = { reads: trace.reads, partial, run, at, ...(accepted === undefined ? {} : { accepted }) }
      const { columns: _columns, form: _form, label: _label, ...rest } = manifest
      if (manifest.shards.length <= mostShards) {
        const entry: Entry = [key, traceStamp!, manifestStamp!, answer, rest]
        this.#load().set(key, JSON.stringify(entry))
        this.#used.add(key)
        this.#changed = true
      }
      return answered(answer, rest, output)
    } catch {
      return null // whoever looks closely says what is wrong
    }
  }

  #save(): void {
    if (!this.#changed || this.#lines === null) return
    const file = this.#layout.answers
    const temporary = `${file}.tmp-${process.pid}`
    const unused = [...this.#lines.keys()].filter((key) => !this.#used.has(key))
    for (const key of unused.slice(0, Math.max(0, unused.length - this.#used.size - spare)))
      this.#lines.delete(key)
    try {
      this.#files.remove(temporary)
      this.#files.write(temporary, [header, ...this.#lines.values()].join("\n"))
      this.#files.rename(temporary, file)
      this.#changed = false
    } catch {
      // read-only or full: the next run looks again
    }
  }

  #traceStamp(file: string): string | null {
    const stat = this.#files.stat(file)
    return stat?.kind === "file" ? `${stat.size} ${stat.mtimeNs} ${stat.inode}` : null
  }
  /** Without its time, which whoever uses it renews: a manifest is written once under its digest. */
  #manifestStamp(file: string): string | null {
    const stat = this.#files.stat(file)
    return stat?.kind === "file" ? `${stat.size} ${stat.inode}` : null
  }
  #isWhole(manifest: Manifest): boolean {
    if (manifest.failed.length > 0) return false
    for (const object of objectsOf(manifest)) if (!this.#hasSize(object)) return false
    return true
  }
  #json(file: string): unknown {
    const bytes = this.#files.readIfPresent(file)
    return bytes === null ? null : unsealed(bytes)
  }
  #load(): Map<string, string> {
    if (this.#lines !== null) return this.#lines
    const lines = new Map<string, string>()
    this.#lines = lines
    try {
      const bytes = this.#files.readIfPresent(this.#layout.answers)
      if (bytes === null) return lines
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
      if (!text.startsWith(`${header}\n`)) return lines
      for (let at = header.length + 1; at < text.length;) {
        const next = text.indexOf("\n", at)
        const end = next < 0 ? text.length : next
        lines.set(text.slice(at + keyStart, at + keyEnd), text.slice(at, end))
        at = end + 1
      }
    } catch {
      // unreadable: start anew
    }
    return lines
  }
}

const answered = (answer: AnswerRest, rest: ManifestRest, { form, columns, label }: Output): Answered => ({
  answer: { artifact: rest.digest, error: null, hint: null, ...answer },
  manifest: { ...rest, form, columns, label }
})
