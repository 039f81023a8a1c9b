/**
 * A mark that every gc leaves before it looks which runs there are: the time of a file, which takes no space.
 *
 * Who uses files without renewing each writes down in a run's record what they use, and then looks at the mark: where
 * it is as it was before, no gc came in between, and one that comes after finds the record.
 */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import type { FileSystemCalls } from "../file-system.ts"
import type { Layout } from "../layout.ts"

/** Two that come in the same millisecond leave two marks. */
export function leaveMark(files: FileSystemCalls, { gcMark }: Layout): void {
  try {
    if (files.stat(gcMark) === null) {
      files.makeFolder(path.dirname(gcMark))
      files.write(gcMark, "")
    }
  } catch (error) {
    // another makes it at the same time
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  }
  files.touch(gcMark, Date.now() + randomBytes(3).readUIntBE(0, 3) / 2 ** 24)
}

/** Null where no run and no gc ever came. */
export const lastMark = (files: FileSystemCalls, { gcMark }: Layout): string | null =>
  files.stat(gcMark)?.mtimeNs ?? null
