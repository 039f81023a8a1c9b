/**
 * A mark that every gc leaves before it looks which runs there are: a word that no other has.
 *
 * Who uses files without renewing each writes down in a run's record what they use, and then looks at the mark: where
 * it is as it was before, no gc came in between, and one that comes after finds the record.
 */
import { randomBytes } from "node:crypto"
import type { FileSystem } from "./file-system.ts"
import type { Layout } from "./layout.ts"
import { replaceFile } from "./replace-file.ts"

/** Replaces the file: another's, in the store of a group, may be replaced and not touched. */
export function leaveMark(files: FileSystem, { gcMark }: Layout): void {
  replaceFile(files, gcMark, randomBytes(12).toString("hex"))
}

/** Null where no run and no gc ever came. */
export function lastMark(files: FileSystem, { gcMark }: Layout): string | null {
  const bytes = files.readIfPresent(gcMark)
  return bytes === null ? null : Buffer.from(bytes).toString("latin1")
}
