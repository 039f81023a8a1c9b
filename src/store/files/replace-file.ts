/** Writes a file beside its place and renames it there: whoever reads sees the old one or the new one, whole. */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import type { FileSystem } from "./file-system.ts"
import { temporaryMark } from "./layout.ts"

/** Flushed, but for its folder: who needs that flushes it after. */
export function replaceFile(
  files: FileSystem,
  file: string,
  content: Uint8Array | string,
  mode?: number
): void {
  const folder = path.dirname(file)
  // a process id comes again, processes of other hosts write here too, and those that were killed leave their
  // temporary files: only chance keeps names apart
  const temporary = `${file}${temporaryMark}${process.pid}-${randomBytes(6).toString("hex")}`
  files.makeFolder(folder)
  try {
    try {
      files.write(temporary, content, mode)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
      // gc removed the folder, which was empty, in between
      files.makeFolder(folder)
      files.write(temporary, content, mode)
    }
    files.rename(temporary, file)
  } catch (error) {
    try {
      files.remove(temporary)
    } catch {
      // the first error is the one that matters; gc sweeps what is left
    }
    throw error
  }
}
