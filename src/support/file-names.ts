/**
 * Names that become a part of a path: the one rule for all of them, wherever they come from (a pipeline file, a
 * manifest, a model, an answer of a hub).
 *
 * A name is used as it is, and refused where it cannot be: so two names never become one file. Names of tensors, which
 * may hold any character, are escaped instead (`fileNameOf`).
 */
import { Buffer } from "node:buffer"
import { isUnicode } from "./utf8.ts"

/** The longest name of a node's segment, a stage, an item or a column, in bytes of UTF-8. */
export const mostNameBytes = 100
/**
 * The longest id of a node, in bytes. File systems take paths of 4096 bytes (PATH_MAX): the file of a tensor, whose
 * name has at most 255, leaves 2700 for the store's own path.
 */
export const mostIdBytes = 1024
/** The longest name of a tensor's file, before its number and ending. */
export const mostTensorBytes = 200

/**
 * Says why a text cannot be one segment of a path, as a predicate ("contains a NUL character"); null if it can.
 * `mostBytes` is the limit of its length in UTF-8.
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

/** Says why a text cannot be a relative path below a folder, in the same form. Segments are joined by "/". */
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
 * Says why a text cannot name a tensor. Any character may be in one, except control characters and half of a surrogate
 * pair.
 */
export function wrongTensorName(text: string): string | null {
  if (text === "") return "is empty"
  return wrongCharacter(text) ?? tooLong(fileNameOf(text), mostTensorBytes)
}

/**
 * A file name for any text, different for different texts: `block.3.resid_post` stays as it is, "/" becomes %2F. It is
 * encoded like a URL component: `urllib.parse.unquote` and `decodeURIComponent` read it back.
 */
export const fileNameOf = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, percent)
    // a hidden file is overlooked
    .replace(/^\./, percent)
const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

/** The same for a file system that does not tell upper case from lower case. */
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
/** Why a name is too long, likewise; null where it is not. */
export const tooLongName = (text: string, mostBytes = mostNameBytes): string | null =>
  tooLong(text, mostBytes)
