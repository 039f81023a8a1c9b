/**
 * Detects unchanged folders: no file was added, removed or replaced, so files found there earlier need no
 * check of their own.
 *
 * A folder's mark is its mtime, ctime and inode. Adding, removing or replacing a file changes them; a change
 * of a file's bytes does not. A folder that changed shortly before the check counts as unknown, because a
 * later change could have the same times.
 */
import type { FileSystem } from "../files/file-system.ts"
import { isRacy } from "./stat-cache.ts"

export type FolderMarks = Readonly<Record<string, string>>

export class UnchangedFolders {
  readonly #files: FileSystem
  /** marks at the time of the record */
  readonly #before: ReadonlyMap<string, string>
  /** current marks; null if unknown */
  readonly #now = new Map<string, string | null>()
  #areUnchanged: boolean | null = null
  constructor(files: FileSystem, before: FolderMarks) {
    this.#files = files
    this.#before = new Map(Object.entries(before))
  }

  /** Whether the folder is unchanged. Each folder is checked once: call this before looking at its files. */
  isUnchanged(folder: string): boolean {
    const mark = this.#mark(folder)
    return mark !== null && mark === this.#before.get(folder)
  }

  /** Whether later checks can rely on what is found in it from now on: false if it has just been changed. */
  isSettled(folder: string): boolean {
    return this.#mark(folder) !== null
  }

  /** Whether all recorded folders are unchanged, so that none has to be checked by name. */
  get areUnchanged(): boolean {
    return (this.#areUnchanged ??= [...this.#before.keys()].every((folder) => this.isUnchanged(folder)))
  }

  /** Current marks of the checked folders, and the recorded marks of all others. */
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
    // compared with times from the file system, so it must come from the system clock and not from an
    // injected one
    const at = Date.now()
    const seen = this.#files.stat(folder)
    if (seen?.kind !== "folder" || isRacy(seen, at)) return null
    return `${seen.mtimeNs} ${seen.ctimeNs} ${seen.inode}`
  }
}
