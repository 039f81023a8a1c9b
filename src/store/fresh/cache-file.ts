/**
 * Files of the cache: replaced as a whole, checked when they are read, and lost at any time without harm.
 *
 * One that is damaged counts as absent: what is read here stands for traces, digests and code, so a wrong byte could
 * make fresh what is not. With `PROBELINE_CACHE=off` all of them count as absent, and none is written: commands then
 * take longer and find the same.
 */
import { crc32 } from "node:zlib"
import { utf8 } from "../../support/utf8.ts"
import type { FileSystem } from "../files/file-system.ts"
import { replaceFile } from "../files/replace-file.ts"
import { withChecksum, checksummedValue } from "../records/checksum.ts"

const isOff = () => process.env["PROBELINE_CACHE"] === "off"

/** False where it could not be written (read-only, full): then what it holds is found out again. */
export function writeCache(files: FileSystem, file: string, value: object): boolean {
  return tried(() => replaceFile(files, file, withChecksum(value)))
}

/** Null where it is not there, or not what was written. */
export function readCache<A extends object>(files: FileSystem, file: string): A | null {
  if (isOff()) return null
  try {
    const bytes = files.readIfPresent(file)
    return bytes === null ? null : (checksummedValue(bytes) as A)
  } catch {
    return null
  }
}

/** The first line of a large file. CRC-32 finds any damage that is no intent, in a fifth of sha256's time. */
const headOf = (body: Uint8Array) => JSON.stringify({ format: 1, crc32: crc32(body) })
const longestHead = 64

/** As `writeCache`, for what is large: a line with the check, and then the text. */
export function writeLargeCache(files: FileSystem, file: string, text: string): boolean {
  const body = Buffer.from(text)
  return tried(() => replaceFile(files, file, Buffer.concat([Buffer.from(`${headOf(body)}\n`), body])))
}

/** The text, or null where it is not there, or not what was written. */
export function readLargeCache(files: FileSystem, file: string): string | null {
  if (isOff()) return null
  try {
    const bytes = files.readIfPresent(file)
    if (bytes === null) return null
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const start = buffer.subarray(0, longestHead).indexOf("\n") + 1
    const isWhole = start > 0 && buffer.toString("latin1", 0, start - 1) === headOf(buffer.subarray(start))
    return isWhole ? utf8(buffer.subarray(start)) : null
  } catch {
    return null
  }
}

function tried(act: () => void): boolean {
  if (isOff()) return false
  try {
    act()
    return true
  } catch {
    return false
  }
}
