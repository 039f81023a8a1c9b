/** Creates folders and their parents. */
import * as fs from "node:fs"
import * as path from "node:path"

/**
 * Creates a folder and its parents. Node's own recursive mkdir never returns if a file system answers ENOENT
 * to a mkdir in an existing folder, as Linux's /proc does.
 *
 * @throws Node's error, with the folder that could not be created as its `path`
 */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return
  const above = path.dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    // another process has created it in the meantime
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !isFolder(folder)) throw error
  }
}

/**
 * False also if the path cannot be examined (no permission, a file as parent): creating it will report why.
 */
export function isFolder(at: string): boolean {
  try {
    return fs.statSync(at, { throwIfNoEntry: false })?.isDirectory() === true
  } catch {
    return false
  }
}
