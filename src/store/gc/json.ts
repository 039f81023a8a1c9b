/** JSON files of the store as gc reads them: damaged ones count as absent, as they do for everyone. */
import type { FileSystem } from "../files/file-system.ts"
import { checkedValue } from "../records/checksum.ts"

/** null where it is not there, no JSON object, or not what was written. */
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
