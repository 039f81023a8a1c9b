/** Files by content: their bytes are checked against their sha256 whenever they are read. */
import { createHash } from "node:crypto"
import * as path from "node:path"
import type { FileHandle } from "../pipeline/columns.ts"
import type { Problem } from "../pipeline/problem.ts"
import { systemLimit } from "../pipeline/system-error.ts"
import type { FileSystemCalls } from "./file-system.ts"

/** A file at an absolute path, which the table that names it keeps. */
export interface OutsideFile extends FileHandle {
  readonly path: string
}
/** `onChanged` hears of bytes that are others now: who asks for them may make nothing of it. */
export const outsideFile = (
  files: FileSystemCalls,
  file: string,
  { sha256, size }: { readonly sha256: string; readonly size: number },
  onChanged: (error: FileChanged) => void = () => {}
): OutsideFile => {
  const handle: OutsideFile = {
    path: file,
    sha256,
    size,
    name: path.basename(file),
    bytes: async () => {
      try {
        return checkedRead(files, file, sha256)
      } catch (error) {
        const limit = systemLimit(error)
        if (limit !== null) {
          limits.set(handle, limit)
          throw limit
        }
        refused.add(handle)
        if (!(error instanceof FileChanged)) throw new FileChanged((error as Error).message, { cause: error })
        onChanged(error)
        throw error
      }
    }
  }
  return handle
}

/**
 * A file cannot be had as it was sampled. That is nobody's failure but the outside's, and is not remembered: the file
 * may be put back, and no key would show it.
 */
export class FileChanged extends Error {
  override readonly name = "FileChanged"
}
/** Handles whose bytes were asked for in vain: a stage may make words of its own of the error. */
const refused = new WeakSet<object>()

export const isRefused = (value: unknown): boolean =>
  typeof value === "object" && value !== null && refused.has(value)

/** Handles that the process had no means to read (memory, descriptors): no fault of their files. */
const limits = new WeakMap<object, Problem>()

/** The limit that kept a file from being read; null where there was none. */
export const limitOf = (value: unknown): Problem | null =>
  typeof value === "object" && value !== null ? (limits.get(value) ?? null) : null

/** Whether an error is of a file that changed, or was caused by one. */
export function isFileChanged(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++)
    if (at instanceof FileChanged) return true
  return false
}

/** A file's bytes. @throws FileChanged when they are not those that were sampled */
export function checkedRead(files: FileSystemCalls, file: string, sha256: string): Uint8Array {
  const bytes = files.readIfPresent(file)
  if (bytes === null) throw new FileChanged(`${file} is gone since it was sampled: run again`)
  if (createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw new FileChanged(`${file} changed since it was sampled: run again`)
  return bytes
}
