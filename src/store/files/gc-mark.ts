/**
 * The gc mark: a unique word that every gc writes before it lists the runs.
 *
 * A command that uses files without touching each of them records its use in a run record and then reads the
 * mark. If the mark has not changed, no gc started in between, and a later gc will find the record.
 */
import { randomBytes } from "node:crypto"
import type { FileSystem } from "./file-system.ts"
import type { Layout } from "./layout.ts"
import { replaceFile } from "./replace-file.ts"

/**
 * Replaces the file: in a shared store it may belong to another user, who lets us replace it but not touch
 * it.
 */
export function leaveMark(files: FileSystem, { gcMark }: Layout): void {
  replaceFile(files, gcMark, randomBytes(12).toString("hex"))
}

/** Null if the store has had no gc yet. */
export function lastMark(files: FileSystem, { gcMark }: Layout): string | null {
  const bytes = files.readIfPresent(gcMark)
  return bytes === null ? null : Buffer.from(bytes).toString("latin1")
}
