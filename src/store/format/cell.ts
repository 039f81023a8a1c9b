/**
 * Cell checks: the only place that decides which values a column may hold, and that describes what is wrong
 * with one.
 *
 * A stage's rows are checked here as they arrive (`run/check-rows.ts`); the code that digests and writes them
 * assumes valid cells. TypeScript has checked most of it; this finds what TypeScript cannot see (a null, a
 * fraction where an integer belongs, half of a surrogate pair, a date in JSON).
 */
import type { AnyColumn } from "../../pipeline/columns.ts"
import { isUnicode } from "../../support/utf8.ts"
import { wrongTensorName } from "../../support/file-names.ts"
import { canonicalJson, NotJsonError } from "./canonical-json.ts"
import { pathOf } from "../files/outside-file.ts"

/** Describes what is wrong with a value, as a continuation of "column x:"; null if nothing is. */
export type CellCheck = (value: unknown) => string | null

/** Makes the check of a column's cells, once for many cells. An unknown type makes every cell an error. */
export function cellCheck(column: AnyColumn): CellCheck {
  const check = kindCheck(column)
  // JSON has its own null
  const mayBeNull = column.type === "nullable" || column.type === "json"
  return (value) => {
    if (value === undefined) return "a value is missing"
    if (value === null && !mayBeNull) return "null in a column that is not nullable"
    return check(value)
  }
}

function kindCheck(column: AnyColumn): CellCheck {
  switch (column.type) {
    case "utf8":
      return wrongText
    case "int32":
      return (value) =>
        typeof value === "number" && (value | 0) === value
          ? null
          : `expected a 32-bit whole number, got ${shownValue(value)}`
    case "float64":
      return (value) => (typeof value === "number" ? null : `expected a number, got ${shownValue(value)}`)
    case "bool":
      return (value) =>
        typeof value === "boolean" ? null : `expected true or false, got ${shownValue(value)}`
    case "json":
      return wrongJson
    case "file":
      return wrongFile
    case "list":
      return listCheck(column.detail as AnyColumn)
    case "nullable": {
      const inner = kindCheck(column.detail as AnyColumn)
      return (value) => (value === null ? null : inner(value))
    }
    case "tensors":
      return tensorsCheck()
    default:
      return () => `unknown type of column "${column.type}"`
  }
}

function wrongText(value: unknown): string | null {
  if (typeof value !== "string") return `expected text, got ${shownValue(value)}`
  return isUnicode(value)
    ? null
    : `${shownValue(value)} has half of a surrogate pair, so that it is no Unicode text`
}

function wrongJson(value: unknown): string | null {
  try {
    canonicalJson(value)
    return null
  } catch (error) {
    if (error instanceof NotJsonError) return error.message
    throw error
  }
}

/**
 * A new file is `{ name, content }`; an existing one has its sha256, its size, and the path stored in the
 * table.
 */
function wrongFile(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return `expected a file, got ${shownValue(value)}`
  const { name, content, sha256, size, path = pathOf(value) } = value as Readonly<Record<string, unknown>>
  if (sha256 === undefined)
    return typeof name === "string" && content instanceof Uint8Array
      ? null
      : `expected a file, or { name, content } of a new one, got ${shownValue(value)}`
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
    return `expected a file with its sha256, got ${shownValue(sha256)}`
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    return `expected a file's size in bytes, got ${shownValue(size)}`
  if (path === null) return "expected a file as the stage got it: a copy of one has no content"
  const wrongPath = wrongText(path)
  return wrongPath === null ? null : `the file's path: ${wrongPath}`
}

function listCheck(element: AnyColumn): CellCheck {
  const check = kindCheck(element)
  return (value) => {
    if (!isList(value)) return `expected a list, got ${shownValue(value)}`
    if (isOfElements(value, element.type)) return null
    for (let i = 0; i < value.length; i++) {
      const wrong = check(value[i])
      if (wrong !== null) return `in the list, at ${i}: ${wrong}`
    }
    return null
  }
}
const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
/** A typed array with elements of the given type, whatever their values. */
const isOfElements = (value: unknown, type: string): boolean =>
  type === "float64"
    ? value instanceof Float64Array || value instanceof Float32Array
    : type === "int32" && value instanceof Int32Array

/** Member names come from the data: an encoder's outputs, a manifest's taps. */
function tensorsCheck(): CellCheck {
  const known = new Set<string>()
  return (value) => {
    if (typeof value !== "object" || value === null || isList(value))
      return `expected tensors by name, got ${shownValue(value)}`
    if (Object.keys(value).length === 0) return "expected at least one tensor, got none"
    for (const [member, data] of Object.entries(value)) {
      if (!(data instanceof Float32Array || data instanceof Uint16Array))
        return `"${member}": expected a Float32Array (or float16 bits in a Uint16Array), got ${shownValue(data)}`
      if (known.has(member)) continue
      const wrong = wrongTensorName(member)
      if (wrong !== null) return `the tensor name ${shownValue(member)} ${wrong}`
      known.add(member)
    }
    return null
  }
}

/** A value for messages, cut to 60 characters. */
export function shownValue(value: unknown): string {
  if (value === undefined) return "nothing"
  if (typeof value === "function") return "a function"
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`
  const text = typeof value === "string" || typeof value === "object" ? asJson(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
function asJson(value: string | object | null): string {
  try {
    return JSON.stringify(value)
  } catch {
    return "an object that JSON cannot hold"
  }
}

/**
 * Roughly how many bytes a value holds: its texts (a byte per character), its numbers (8) and its typed
 * arrays, at any depth. It decides when rows are written and dropped, and enters no digest.
 */
export function cellBytes(value: unknown): number {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null) return 8
  if (ArrayBuffer.isView(value)) return value.byteLength
  let sum = 8
  if (Array.isArray(value)) for (const one of value) sum += cellBytes(one)
  else for (const name of Object.keys(value)) sum += cellBytes((value as Record<string, unknown>)[name])
  return sum
}
