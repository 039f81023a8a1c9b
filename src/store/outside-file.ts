/** Files by content: their bytes are checked against their sha256 whenever they are read. */
import { createHash } from "node:crypto"
import * as path from "node:path"
import type { FileHandle } from "../pipeline/columns.ts"
import type { FileSystemCalls } from "./file-system.ts"

/** A file at an absolute path, which the table that names it keeps. */
export interface OutsideFile extends FileHandle {
  readonly path: string
}
export const outsideFile = (
  files: FileSystemCalls,
  file: string,
  { sha256, size }: { readonly sha256: string; readonly size: number }
): OutsideFile => ({
  path: file,
  sha256,
  size,
  name: path.basename(file),
  bytes: async () => checkedRead(files, file, sha256)
})

/** A file's bytes; throws when they are not those that were sampled. */
export function checkedRead(files: FileSystemCalls, file: string, sha256: string): Uint8Array {
  const bytes = files.readIfPresent(file)
  if (bytes === null) throw new Error(`${file} is gone since it was sampled`)
  if (createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw new Error(`${file} changed since it was sampled: run again`)
  return bytes
}
