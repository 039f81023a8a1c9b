/**
 * Deletes a file unless it was touched since it was seen.
 *
 * The file is first moved aside, and its time checked there. A process that touched it before the move gets
 * it back; a later one finds no file, which is a cache miss. So there is no gap between the check and the
 * deletion.
 */
import { randomBytes } from "node:crypto"
import type { DirectoryEntry, FileSystem } from "../files/file-system.ts"
import { removeTree } from "../files/confined.ts"
import { temporaryMark } from "../files/layout.ts"

/** "touched": somebody uses it; "absent": another process deleted it. */
export type Deletion = "deleted" | "touched" | "absent"

export function deleteFile(files: FileSystem, file: string, seen: Pick<DirectoryEntry, "mtimeNs">): Deletion {
  const now = files.entry(file)
  if (now === null) return "absent"
  if (now.mtimeNs !== seen.mtimeNs) return "touched"
  const aside = asideOf(file)
  if (!moved(files, file, aside)) return "absent"
  if (files.entry(aside)?.mtimeNs !== seen.mtimeNs) {
    files.rename(aside, file)
    return "touched"
  }
  files.remove(aside)
  return "deleted"
}

/**
 * Deletes a run's folder. It is renamed first, so that no reader meets half a run, and `isWanted` is asked
 * about the renamed folder. Returns what was removed, or null if the folder stays as it was. A folder with
 * files of the user keeps those.
 */
export function deleteFolder(
  files: FileSystem,
  folder: string,
  isWanted: (aside: string) => boolean
): ReadonlyArray<DirectoryEntry> | null {
  const aside = asideOf(folder)
  if (!moved(files, folder, aside)) return null
  if (isWanted(aside)) {
    files.rename(aside, folder)
    return null
  }
  const removed = removeTree(files, aside)
  if (files.entry(aside) !== null) files.rename(aside, folder)
  return removed
}

const asideOf = (file: string) => `${file}${temporaryMark}gc-${randomBytes(6).toString("hex")}`
function moved(files: FileSystem, from: string, to: string): boolean {
  try {
    files.rename(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false
    throw error
  }
}
