/**
 * Decodes UTF-8 strictly: returns the text, or an error with the position of the first invalid byte.
 *
 * A decoder that replaces invalid bytes makes different names equal: in Latin-1, `caf\xe9` and `caf\xea` both
 * become `caf\ufffd`.
 */

import { constants } from "node:buffer"

/** Bytes that are not UTF-8, or too long for a string. The message does not name the file. */
export class NotUtf8 extends Error {
  override readonly name = "NotUtf8"
  /** of the first invalid byte, from 0 */
  readonly offset: number
  /** its line, from 1 */
  readonly line: number
  readonly hint: string
  constructor(what: string, offset: number, line: number, hint = "save the file as UTF-8") {
    super(what)
    this.hint = hint
    this.offset = offset
    this.line = line
  }
}

const replacement = "\ufffd"

/**
 * Decodes bytes exactly, and keeps a byte order mark.
 *
 * @throws {NotUtf8}
 */
export function utf8(bytes: Uint8Array): string {
  const text = decoded(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  // Node's decoder replaces invalid bytes by U+FFFD; without one, all bytes were valid
  if (text.includes(replacement)) checkReplacements(text, bytes)
  return text
}

function decoded(bytes: Buffer): string {
  try {
    return bytes.toString("utf8")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_STRING_TOO_LONG") throw error
    const most = constants.MAX_STRING_LENGTH
    throw new NotUtf8(
      `it has ${bytes.length} bytes, and a text of more than ${most} characters (512 MiB) cannot be read`,
      0,
      1,
      "split the file into smaller ones (annotations by images), or leave out what is not needed"
    )
  }
}

/**
 * Decodes a whole file, without its byte order mark if it has one.
 *
 * @throws {NotUtf8} names UTF-16, UTF-32 and compressed files as such
 */
export function fileText(bytes: Uint8Array): string {
  const packed = packedBy.find(({ start }) => start.every((byte, i) => bytes[i] === byte))
  if (packed !== undefined) throw new NotUtf8(`it is compressed (${packed.name})`, 0, 1, "unpack the file")
  const other = otherEncoding(bytes)
  if (other !== null) throw new NotUtf8(`it is ${other}, not UTF-8`, 0, 1)
  const text = utf8(bytes)
  return text.startsWith("\ufeff") ? text.slice(1) : text
}

/** The first bytes of compressed files. */
const packedBy = [
  { name: "gzip", start: [0x1f, 0x8b] },
  { name: "zip", start: [0x50, 0x4b, 0x03, 0x04] },
  { name: "zstd", start: [0x28, 0xb5, 0x2f, 0xfd] }
]

/** Walks text and bytes together: each U+FFFD in the text must also be in the bytes. */
function checkReplacements(text: string, bytes: Uint8Array): void {
  let [at, line] = [0, 1]
  for (const character of text) {
    if (
      character === replacement &&
      !(bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd)
    ) {
      const byte = `0x${bytes[at]!.toString(16).padStart(2, "0")}`
      throw new NotUtf8(`it is not valid UTF-8: byte ${byte} at offset ${at} (line ${line})`, at, line)
    }
    if (character === "\n") line++
    at += Buffer.byteLength(character)
  }
}

/**
 * Detects other encodings by the byte order mark, or by the position of zero bytes if the text begins in
 * ASCII; null if it may be UTF-8.
 */
function otherEncoding(bytes: Uint8Array): string | null {
  const [a, b, c, d] = bytes
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? "UTF-32" : "UTF-16"
  if (a === 0xfe && b === 0xff) return "UTF-16"
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return "UTF-32"
  if (bytes.length < 2 || (a === 0) === (b === 0)) return null
  return c === 0 && d === 0 ? "UTF-32" : "UTF-16"
}

/** Whether a text has no unpaired surrogate: JSON can contain one (`"\ud800"`), UTF-8 cannot. */
export const isUnicode = (text: string): boolean =>
  // isWellFormed is ES2024: Node 20 has it, this project's `lib` does not
  (text as unknown as { isWellFormed(): boolean }).isWellFormed()
