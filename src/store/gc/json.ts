/** Reads the store's JSON files for gc: damaged ones count as absent, as they do everywhere. */
import type { FileSystem } from "../files/file-system.ts"
import { checkedValue } from "../records/checksum.ts"

/** null if it does not exist, is not a JSON object, or is damaged. */
export function readJson<A>(files: FileSystem, file: string): A | null {
  const bytes = files.readIfPresent(file)
  return bytes === null ? null : jsonOf(bytes)
}
export function jsonOf<A>(bytes: Uint8Array): A | null {
  try {
    const value = checkedValue(bytes)
    return typeof value === "object" && value !== null ? (value as A) : null
  } catch {
    return null
  }
}
