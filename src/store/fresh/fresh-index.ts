/**
 * Answers: what a key was answered with, in one file of the cache, so that a plan in which all is fresh opens neither
 * traces nor manifests.
 *
 * An answer is believed while its trace is the file that was read (size, mtime, inode), and its manifest and every
 * object, which are named by their content, are there with their size. Where the folders of trace and manifest are as
 * they were when both were found so, they are not looked for: only objects are. Whatever else may be, the trace and
 * the manifest are read again; the file may be deleted at any time, and a damaged one is as good as that. Only whole
 * artifacts are kept here: what failed is always looked at closely.
 *
 * Why: of a no-op over 10,000 nodes, listing traces took 55 µs a node, and reading and parsing both files 45 µs; an
 * answer takes 10 µs, two fifths of which were the looks at trace and manifest.
 */
import { type IndexEntry, readIndexFile, writeIndexFile } from "./index-file.ts"
import { type FreshEntry, type OutputSchema, type ReadLine, readLine, writeLine } from "./index-line.ts"
import type { FileSystem } from "../files/file-system.ts"
import type { Layout } from "../files/layout.ts"
import { everyObject, type Manifest, type ManifestFile, manifestOf } from "../records/manifest.ts"
import { checkedValue } from "../records/checksum.ts"
import { type ReadRecord, type Trace, traceName } from "../records/trace.ts"
import { type FolderMarks, UnchangedFolders } from "./unchanged-folders.ts"
import type { StoredFile } from "../objects/object-ref.ts"

export type { TraceOutcome, FreshEntry } from "./index-line.ts"

export interface FreshIndex {
  /** Many answers are about to be asked for: what was seen of folders before counts no more. */
  begin(): void
  /** What answers a key, if that is known and still so. */
  get(stage: string, key: string, output: OutputSchema): FreshEntry | null
  /** Reads the trace that has these reads, and its manifest, and keeps what they say. Null where they do not answer. */
  learn(stage: string, key: string, output: OutputSchema, reads: ReadonlyArray<ReadRecord>): FreshEntry | null
  /** The cache may be lost at any time, so a failure is nobody's business. */
  save(): void
  /** The same, for somebody who uses what is found: each file is looked at, whatever its folder says. */
  for(uses: Uses): FreshIndex
}
/** Is told of a manifest's file before it is used, and may refuse it. */
type Uses = (file: string) => boolean

/** Manifests of many shards are not copied here: reading them is little beside what is done with them. */
const mostShards = 8
/** Answers that this process did not ask for are kept for others: as many as it asked for, and so many more. */
const spare = 1000

/** As many have to be found by looks at their files before the cache is written for that alone. */
const worthWriting = 500

interface State {
  readonly kept: Map<string, IndexEntry>
  readonly before: FolderMarks
  folders: UnchangedFolders
}

export class FreshIndexFile {
  readonly #files: FileSystem
  readonly #layout: Layout
  readonly #hasSize: (object: StoredFile) => boolean
  #read: State | null = null
  #look = 1
  /** of those found in this look, how many were found one by one, and can be told by their folders from now on */
  #looked = 0
  #changed = false
  constructor(files: FileSystem, layout: Layout, hasSize: (object: StoredFile) => boolean) {
    this.#files = files
    this.#layout = layout
    this.#hasSize = hasSize
  }

  /** For those who look and use nothing. */
  get calls(): FreshIndex {
    return this.for(null)
  }

  for(uses: Uses | null): FreshIndex {
    return {
      begin: () => this.#begin(),
      get: (stage, key, output) => this.#get(stage, key, output, uses),
      learn: (stage, key, output, reads) => this.#learn(stage, key, output, reads, uses),
      save: () => this.#save(),
      for: (others) => this.for(others)
    }
  }

  #begin(): void {
    if (this.#read === null) return
    this.#read.folders = new UnchangedFolders(this.#files, this.#read.before)
    // what was found is not told by how the folders look from now on
    this.#look++
    this.#looked = 0
  }

  #get(stage: string, key: string, output: OutputSchema, uses: Uses | null): FreshEntry | null {
    const { kept, folders } = this.#state()
    const one = kept.get(key)
    if (one === undefined) return null
    try {
      const line = readLine(one.text, output)
      const isThere =
        uses === null
          ? this.#isFound(stage, key, line, one, folders)
          : uses(this.#layout.manifest(line.manifest.digest)) && this.#isSeen(stage, key, line)
      if (isThere && this.#isWhole(line.manifest)) {
        one.isUsed = true
        return line
      }
    } catch {
      // damaged: as good as absent
    }
    kept.delete(key)
    this.#changed = true
    return null
  }

  /** By its folders, where they are unchanged, or else by its files. */
  #isFound(stage: string, key: string, line: ReadLine, one: IndexEntry, folders: UnchangedFolders): boolean {
    const both = (is: (folder: string) => boolean) =>
      is(this.#layout.traces(stage, key)) && is(this.#layout.manifests(line.manifest.digest))
    if (one.isFound && (folders.areUnchanged || both((folder) => folders.isUnchanged(folder)))) {
      one.foundIn = this.#look
      return true
    }
    // folders before files: what goes after a folder was looked at changes it
    const isSettled = both((folder) => folders.isSettled(folder))
    const isThere = this.#isSeen(stage, key, line)
    if (isThere && isSettled && one.foundIn !== this.#look) {
      one.foundIn = this.#look
      this.#looked++
    }
    return isThere
  }

  #isSeen(
    stage: string,
    key: string,
    { outcome: answer, manifest, traceMark, manifestBytes }: ReadLine
  ): boolean {
    return (
      this.#mark(this.#traceFile(stage, key, answer.reads)) === traceMark &&
      this.#files.statFile(this.#layout.manifest(manifest.digest))?.size === manifestBytes
    )
  }

  #learn(
    stage: string,
    key: string,
    output: OutputSchema,
    reads: ReadonlyArray<ReadRecord>,
    uses: Uses | null
  ): FreshEntry | null {
    try {
      const traceFile = this.#traceFile(stage, key, reads)
      // before it is read: if it is replaced in between, this is the mark of the file that is gone
      const mark = this.#mark(traceFile)
      const trace = mark === null ? null : (checkedValue(this.#files.read(traceFile)) as Trace)
      if (trace?.format !== 1 || trace.key !== key || trace.artifact === null) return null
      const manifestFile = this.#layout.manifest(trace.artifact)
      if (uses?.(manifestFile) === false) return null
      const bytes = this.#files.read(manifestFile)
      const manifest = manifestOf(checkedValue(bytes) as ManifestFile)
      if (manifest.format !== 1 || manifest.digest !== trace.artifact) return null
      if (manifest.failed.length > 0 || !this.#isWhole(manifest)) return null
      const text = writeLine(mark!, bytes.byteLength, trace, manifest)
      if (manifest.shards.length <= mostShards) {
        this.#state().kept.set(key, { text, isFound: false, isUsed: true, foundIn: 0 })
        this.#changed = true
      }
      return readLine(text, output)
    } catch {
      return null // whoever looks closely says what is wrong
    }
  }

  #save(): void {
    if (this.#read === null || (!this.#changed && this.#looked < worthWriting)) return
    const { kept, folders } = this.#read
    const unused = [...kept].flatMap(([key, { isUsed }]) => (isUsed ? [] : [key]))
    const tooMany = unused.length - (kept.size - unused.length) - spare
    for (const key of unused.slice(0, Math.max(0, tooMany))) kept.delete(key)
    // which folders those lie in that nobody asked for is not known: they are found as before where all folders are so
    const { areUnchanged } = folders
    const lines = Array.from(kept.values(), ({ text, isFound, foundIn }) => ({
      text,
      isFound: foundIn === this.#look || (areUnchanged && isFound)
    }))
    if (!writeIndexFile(this.#files, this.#layout.answers, lines, folders.marks())) return
    this.#changed = false
    this.#looked = 0
  }

  #state(): State {
    if (this.#read !== null) return this.#read
    const { kept, folders: before } = readIndexFile(this.#files, this.#layout.answers)
    return (this.#read = { kept, before, folders: new UnchangedFolders(this.#files, before) })
  }
  #traceFile(stage: string, key: string, reads: ReadonlyArray<ReadRecord>): string {
    return `${this.#layout.traces(stage, key)}/${traceName(key, reads)}`
  }
  #mark(file: string): string | null {
    const seen = this.#files.statFile(file)
    return seen === null ? null : `${seen.size} ${seen.mtimeMs} ${seen.inode}`
  }
  #isWhole({ shards }: Manifest): boolean {
    for (const shard of shards) if (!everyObject(shard, this.#hasSize)) return false
    return true
  }
}
