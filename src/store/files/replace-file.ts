/**
 * Replaces a file atomically: writes a temporary file next to it and renames that. Readers see the whole old
 * file or the whole new one.
 */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import type { FileSystem } from "./file-system.ts"
import { temporaryMark } from "./layout.ts"

/** Flushes the file but not its folder: a caller that needs that flushes the folder afterwards. */
export function replaceFile(
  files: FileSystem,
  file: string,
  content: Uint8Array | string,
  mode?: number
): void {
  const folder = path.dirname(file)
  // pids are reused, processes of other hosts write here too, and killed ones leave temporary files behind:
  // only random names are safe
  const temporary = `${file}${temporaryMark}${process.pid}-${randomBytes(6).toString("hex")}`
  files.makeFolder(folder)
  try {
    try {
      files.write(temporary, content, mode)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
      // gc has just removed the empty folder
      files.makeFolder(folder)
      files.write(temporary, content, mode)
    }
    files.rename(temporary, file)
  } catch (error) {
    try {
      files.remove(temporary)
    } catch {
      // the first error is the one that matters; gc sweeps the temporary file
    }
    throw error
  }
}
