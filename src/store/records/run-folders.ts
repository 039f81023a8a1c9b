/** Which folders in `runs/` are runs'. */
import * as path from "node:path"
import type { FileSystemCalls } from "../files/file-system.ts"
import { type Layout, temporaryMark } from "../files/layout.ts"
import { isRunName } from "../files/own-names.ts"

/** Those with a record, and those with a run's name: one that was killed early has no record. Links are none. */
export const runFolders = (files: FileSystemCalls, { runs, run }: Layout): ReadonlyArray<string> =>
  (files.list(runs) ?? []).filter(
    (name) =>
      !name.includes(temporaryMark) &&
      files.entry(run(name))?.kind === "folder" &&
      (isRunName(name) || files.entry(path.join(run(name), "run.json"))?.kind === "file")
  )
