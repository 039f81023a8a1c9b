/** Checks objects: bytes against the digest in their name, and sidecars against their shards. */
import * as path from "node:path"
import { FileFormatError } from "../format/bytes.ts"
import type { FileSystem } from "../files/file-system.ts"
import type { Shard } from "../records/manifest.ts"
import { hashFile } from "../fresh/stat-cache.ts"

/** Describes what is wrong; null if nothing is, or if the file is gone. */
export function objectWrong(files: FileSystem, file: string): string | null {
  try {
    const sha256 = hashFile(files, file)
    return path.basename(file).startsWith(sha256)
      ? null
      : `has the sha256 ${sha256.slice(0, 12)}…, not that of its name`
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === "ENOENT" ? null : `cannot be read: ${message}`
  }
}

/** A sidecar must have as many items and rows as its shard. */
export async function sidecarWrong(files: FileSystem, file: string, shard: Shard): Promise<string | null> {
  const bytes = files.readIfPresent(file)
  if (bytes === null) return null
  const { decodeSidecar } = await import("../items/sidecar.ts")
  try {
    const { items, rows } = decodeSidecar(bytes, file)
    const total = rows.reduce((sum, one) => sum + one, 0)
    return items.length === shard.items && total === shard.rows
      ? null
      : `has ${items.length} items and ${total} rows; its shard has ${shard.items} and ${shard.rows}`
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error
    return error.message
  }
}
