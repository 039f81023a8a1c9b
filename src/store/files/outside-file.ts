/** Handles to files outside the store: their bytes are checked against their sha256 on every read. */
import { createHash } from "node:crypto"
import type { FileHandle } from "../../pipeline/columns.ts"
import type { Problem } from "../../support/problem.ts"
import { systemLimit } from "../../support/system-error.ts"
import type { FileSystem } from "./file-system.ts"

/** The absolute path of each handle's file. Stages hold the handles; no key contains the paths. */
const paths = new WeakMap<object, string>()

/** The absolute path of a handle's file; null for any other value. */
export const pathOf = (value: unknown): string | null =>
  typeof value === "object" && value !== null ? (paths.get(value) ?? null) : null

/**
 * `onRefused` receives the reason when the bytes cannot be read, because the caller of `bytes` may catch the
 * error.
 */
export const outsideFile = (
  files: FileSystem,
  file: string,
  { sha256, size }: { readonly sha256: string; readonly size: number },
  onRefused: (error: FileChanged) => void = () => {}
): FileHandle => {
  const handle: FileHandle = {
    sha256,
    size,
    bytes: async () => {
      try {
        return checkedRead(files, file, sha256)
      } catch (cause) {
        const limit = systemLimit(cause)
        if (limit !== null) {
          limits.set(handle, limit)
          throw limit
        }
        const error =
          cause instanceof FileChanged ? cause : new FileChanged((cause as Error).message, { cause })
        refusals.set(handle, error)
        onRefused(error)
        throw error
      }
    }
  }
  paths.set(handle, file)
  return handle
}

/**
 * A file no longer has the bytes that were sampled. This is an external cause, so the failure is not cached:
 * the file may be restored, and no key would show that.
 */
export class FileChanged extends Error {
  override readonly name = "FileChanged"
}
/** Handles that could not be read, with the reason: a stage may catch the error. */
const refusals = new WeakMap<object, FileChanged>()

/**
 * Why the bytes of a handle could not be read; null if they could, were never read, or the value is not a
 * handle.
 */
export const refusalOf = (value: unknown): FileChanged | null =>
  typeof value === "object" && value !== null ? (refusals.get(value) ?? null) : null

/** Handles that could not be read because the process ran out of memory or file descriptors. */
const limits = new WeakMap<object, Problem>()

/** The limit that prevented a file from being read; null if there was none. */
export const limitOf = (value: unknown): Problem | null =>
  typeof value === "object" && value !== null ? (limits.get(value) ?? null) : null

/** Whether an error is a FileChanged, or was caused by one. */
export function isFileChanged(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++)
    if (at instanceof FileChanged) return true
  return false
}

/** Reads a file's bytes. @throws FileChanged if they are not those that were sampled */
export function checkedRead(files: FileSystem, file: string, sha256: string): Uint8Array {
  const bytes = files.readIfPresent(file)
  if (bytes === null) throw new FileChanged(`${file} was removed after it was sampled: run again`)
  if (createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw new FileChanged(`${file} changed since it was sampled: run again`)
  return bytes
}
