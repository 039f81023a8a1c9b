/**
 * Validates names that become part of a path, by one rule for all origins (a pipeline file, a manifest, a
 * model, a hub's answer).
 *
 * A name is used unchanged or rejected, so two names never become one file. Names of tensors, which may
 * contain any character, are escaped instead (`fileNameOf`).
 */
import { Buffer } from "node:buffer"
import { isUnicode } from "./utf8.ts"

/** The longest name of a node id's segment, a stage, an item or a column, in bytes of UTF-8. */
export const mostNameBytes = 100
/**
 * The longest node id, in bytes. File systems accept paths of 4096 bytes (PATH_MAX): after a tensor's file
 * name of at most 255 bytes, 2700 remain for the store's own path.
 */
export const mostIdBytes = 1024
/** The longest file name of a tensor, without its number and extension. */
export const mostTensorBytes = 200

/**
 * Explains as a predicate why a text cannot be one segment of a path ("contains a NUL character"); null if it
 * can. `mostBytes` limits its length in UTF-8.
 */
export function wrongSegment(text: string, mostBytes: number): string | null {
  // most names are plain
  if (plain.test(text) && text.length <= mostBytes) return null
  if (text === "") return "is empty"
  if (text === "." || text === "..") return "stands for a folder"
  if (text.includes("\0")) return "contains a NUL character"
  if (text.includes("/")) return 'contains a "/"'
  if (text.includes("\\")) return "contains a backslash"
  return wrongCharacter(text) ?? tooLong(text, mostBytes)
}
const plain = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/

/**
 * Explains, in the same form, why a text cannot be a relative path below a folder. "/" separates segments.
 */
export function wrongPath(text: string, folder = "its folder"): string | null {
  if (text.includes("\0")) return "contains a NUL character"
  if (text.includes("\\")) return 'contains a backslash: separate folders by "/"'
  if (text.startsWith("/") || /^[a-z]:/i.test(text))
    return `is an absolute path: give it relative to ${folder}`
  if (/^[a-z][a-z+.-]+:\/\//i.test(text))
    return `is an address: download the file, and give its path relative to ${folder}`
  const segments = text.split("/")
  if (segments.includes("..")) return `leads out of ${folder} by ".."`
  if (segments.some((segment) => segment === "" || segment === "."))
    return 'has an empty segment or ".": write it without'
  return wrongCharacter(text)
}

/**
 * Explains why a text cannot name a tensor. Any character is allowed except control characters and half of a
 * surrogate pair.
 */
export function wrongTensorName(text: string): string | null {
  if (text === "") return "is empty"
  return wrongCharacter(text) ?? tooLong(fileNameOf(text), mostTensorBytes)
}

/**
 * A file name for any text, unique per text: `block.3.resid_post` stays unchanged, "/" becomes %2F. The
 * encoding is that of a URL component: `urllib.parse.unquote` and `decodeURIComponent` decode it.
 */
export const fileNameOf = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, percent)
    // no hidden files: they are easily overlooked
    .replace(/^\./, percent)
const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

/** The same for case-insensitive file systems. */
export const caselessFileNameOf = (text: string): string => fileNameOf(text).replace(upperOrEscape, escaped)
const upperOrEscape = /%[0-9A-F]{2}|[A-Z]/g
const escaped = (found: string) => (found.length === 1 ? percent(found) : found)

function wrongCharacter(text: string): string | null {
  const control = /[\p{Cc}\u2028\u2029]/u.exec(text)?.[0]
  if (control !== undefined) return `contains the control character ${codePoint(control)}`
  return isUnicode(text) ? null : "contains half of a surrogate pair, so that it is no Unicode text"
}
const codePoint = (character: string) =>
  `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`

function tooLong(text: string, mostBytes: number): string | null {
  const bytes = Buffer.byteLength(text)
  return bytes <= mostBytes ? null : `is too long: ${bytes} bytes, at most ${mostBytes}`
}
/** Explains, in the same form, why a name is too long; null if it is not. */
export const tooLongName = (text: string, mostBytes = mostNameBytes): string | null =>
  tooLong(text, mostBytes)
