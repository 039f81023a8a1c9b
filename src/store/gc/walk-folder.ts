/** All files and links below a folder; of a file, itself. */
import * as path from "node:path"
import type { Entry, FileSystemCalls } from "../files/file-system.ts"

export function* walkFolder(
  files: FileSystemCalls,
  at: string
): Generator<{ readonly file: string; readonly entry: Entry }> {
  const entry = files.entry(at)
  if (entry === null) return
  if (entry.kind !== "folder") return yield { file: at, entry }
  for (const name of files.list(at) ?? []) yield* walkFolder(files, path.join(at, name))
}
