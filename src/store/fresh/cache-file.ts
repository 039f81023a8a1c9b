/**
 * Cache files: replaced as a whole, checked when read, and safe to lose at any time.
 *
 * A damaged file counts as absent: these files stand in for traces, digests and code, so one wrong byte could
 * make a stale result look fresh. With `PROBELINE_CACHE=off` all of them count as absent and none is written:
 * commands then take longer and give the same results.
 */
import { crc32 } from "node:zlib"
import { utf8 } from "../../support/utf8.ts"
import { unlessUnreadable } from "../files/unreadable.ts"
import type { FileSystem } from "../files/file-system.ts"
import { replaceFile } from "../files/replace-file.ts"
import { withChecksum, checksummedValue } from "../records/checksum.ts"

const isOff = () => process.env["PROBELINE_CACHE"] === "off"

/**
 * Returns false if the file cannot be written (read-only, full): its content is then computed again next
 * time.
 */
export function writeCache(files: FileSystem, file: string, value: object): boolean {
  return written(files, file, withChecksum(value))
}

/** Null if the file does not exist or is damaged. */
export function readCache<A extends object>(files: FileSystem, file: string): A | null {
  if (isOff()) return null
  return unlessUnreadable(() => {
    const bytes = files.readIfPresent(file)
    return bytes === null ? null : (checksummedValue(bytes) as A)
  })
}

/** The first line of a large file. CRC-32 detects any accidental damage in a fifth of sha256's time. */
const headOf = (body: Uint8Array) => JSON.stringify({ format: 1, crc32: crc32(body) })
const longestHead = 64

/** Like `writeCache`, for large content: a line with the checksum, then the text. */
export function writeLargeCache(files: FileSystem, file: string, text: string): boolean {
  const body = Buffer.from(text)
  return written(files, file, Buffer.concat([Buffer.from(`${headOf(body)}\n`), body]))
}

/** The text, or null if the file does not exist or is damaged. */
export function readLargeCache(files: FileSystem, file: string): string | null {
  if (isOff()) return null
  return unlessUnreadable(() => {
    const bytes = files.readIfPresent(file)
    if (bytes === null) return null
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const start = buffer.subarray(0, longestHead).indexOf("\n") + 1
    const isWhole = start > 0 && buffer.toString("latin1", 0, start - 1) === headOf(buffer.subarray(start))
    return isWhole ? utf8(buffer.subarray(start)) : null
  })
}

function written(files: FileSystem, file: string, content: Uint8Array | string): boolean {
  if (isOff()) return false
  const done = unlessUnreadable(() => {
    replaceFile(files, file, content)
    return true
  })
  return done ?? false
}
