/**
 * A mark that every gc leaves before it looks which runs there are.
 *
 * Who uses files without renewing each writes down in a run's record what they use, and then looks at the mark: where
 * it is as it was before, no gc came in between, and one that comes after finds the record.
 */
import { randomBytes } from "node:crypto"
import { replaceFile } from "../cache-file.ts"
import type { FileSystemCalls } from "../file-system.ts"
import type { Layout } from "../layout.ts"

export function leaveMark(files: FileSystemCalls, { gcMark }: Layout): void {
  replaceFile(files, gcMark, randomBytes(16).toString("hex"))
}

/** Null where no gc ever came. */
export function lastMark(files: FileSystemCalls, { gcMark }: Layout): string | null {
  const bytes = files.readIfPresent(gcMark)
  return bytes === null ? null : Buffer.from(bytes).toString("utf8")
}
