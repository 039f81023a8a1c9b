/**
 * Takes a file away, unless it was renewed since it was seen.
 *
 * It is moved aside first, and its time looked at again there: whoever renewed it before has their way and gets it
 * back, whoever comes after finds no file, which is a miss. So no moment is left between the look and the deletion.
 */
import { randomBytes } from "node:crypto"
import type { DirectoryEntry, FileSystem } from "../files/file-system.ts"
import { removeTree } from "../files/confined.ts"
import { temporaryMark } from "../files/layout.ts"

/** "renewed" says that somebody uses it; "absent" that somebody else took it. */
export type Deletion = "taken" | "renewed" | "absent"

export function deleteFile(files: FileSystem, file: string, seen: Pick<DirectoryEntry, "mtimeNs">): Deletion {
  const now = files.entry(file)
  if (now === null) return "absent"
  if (now.mtimeNs !== seen.mtimeNs) return "renewed"
  const aside = asideOf(file)
  if (!moved(files, file, aside)) return "absent"
  if (files.entry(aside)?.mtimeNs !== seen.mtimeNs) {
    files.rename(aside, file)
    return "renewed"
  }
  files.remove(aside)
  return "taken"
}

/**
 * A run's folder: it leaves its name at once, so that no reader meets half a run. `isWanted` is asked of it there. Gives
 * what was removed, or null where the folder stays as it was; where files of the user's are in it, it keeps those.
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
