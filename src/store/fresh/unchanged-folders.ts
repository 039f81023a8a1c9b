/**
 * Folders that are as they were: no file has come, gone or been replaced in them, so that what was found there once
 * is there still, and need not be looked for file by file.
 *
 * A folder is told by its mtime, ctime and inode, which every such change renews, a change of a file's bytes does not.
 * One that was changed shortly before it is looked at counts as unknown: a later change could bear the same times.
 */
import type { FileSystem } from "../files/file-system.ts"
import { isRacy } from "./stat-cache.ts"

export type FolderMarks = Readonly<Record<string, string>>

export class UnchangedFolders {
  readonly #files: FileSystem
  /** as they were */
  readonly #before: ReadonlyMap<string, string>
  /** as they are; null where that cannot be told */
  readonly #now = new Map<string, string | null>()
  #areUnchanged: boolean | null = null
  constructor(files: FileSystem, before: FolderMarks) {
    this.#files = files
    this.#before = new Map(Object.entries(before))
  }

  /** Whether it is as it was. Every folder is looked at once: to be asked before what is in it. */
  isUnchanged(folder: string): boolean {
    const mark = this.#mark(folder)
    return mark !== null && mark === this.#before.get(folder)
  }

  /** Whether what is found in it from now on can be told from what was there: false where it has just been changed. */
  isSettled(folder: string): boolean {
    return this.#mark(folder) !== null
  }

  /** Whether all are as they were, so that none has to be asked for by its name. */
  get areUnchanged(): boolean {
    return (this.#areUnchanged ??= [...this.#before.keys()].every((folder) => this.isUnchanged(folder)))
  }

  /** As they were when they were looked at; of others, as they were before. */
  marks(): FolderMarks {
    const marks = new Map(this.#before)
    for (const [folder, mark] of this.#now)
      if (mark === null) marks.delete(folder)
      else marks.set(folder, mark)
    return Object.fromEntries(marks)
  }

  #mark(folder: string): string | null {
    const known = this.#now.get(folder)
    if (known !== undefined) return known
    const mark = this.#look(folder)
    this.#now.set(folder, mark)
    return mark
  }
  #look(folder: string): string | null {
    // compared with the times that the file system gives, so that no clock of ours would do
    const at = Date.now()
    const seen = this.#files.stat(folder)
    if (seen?.kind !== "folder" || isRacy(seen, at)) return null
    return `${seen.mtimeNs} ${seen.ctimeNs} ${seen.inode}`
  }
}
