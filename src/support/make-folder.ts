/** Folders, made as they are needed. */
import * as fs from "node:fs"
import * as path from "node:path"

/**
 * Makes a folder and those above it. Node's own recursive mkdir never returns where a file system answers ENOENT to a
 * mkdir in a folder that is there, as Linux's /proc does.
 *
 * @throws Error of Node's, with the folder that could not be made as its `path`
 */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return
  const above = path.dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    // somebody else has made it in between
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !isFolder(folder)) throw error
  }
}

/** Whatever it cannot look at (no permission, a file on the way) is none; making it says what is wrong. */
export function isFolder(at: string): boolean {
  try {
    return fs.statSync(at, { throwIfNoEntry: false })?.isDirectory() === true
  } catch {
    return false
  }
}
