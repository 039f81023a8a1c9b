/** Reads the fields of a COCO file's JSON: each check records a problem and returns null if the field is invalid. */

import { isUnicode } from "../../src/support/utf8.ts"
import { Problems } from "./problems.ts"

export type AnnotationFields = Readonly<Record<string, unknown>>

/**
 * Parses the file's JSON, which must be an object.
 *
 * @throws {CocoError} not JSON, or not an object
 */
export function parseObject(text: string, problems: Problems): AnnotationFields {
  let json: unknown
  try {
    json = JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text) // without a byte order mark
  } catch (error) {
    if (text.startsWith("version https://git-lfs"))
      problems.fail("", "a Git LFS pointer instead of the file: run `git lfs pull`")
    const reason = (error as Error).message
    const nan = /\b(NaN|Infinity)\b/.test(reason) ? " (JSON does not allow NaN or Infinity)" : ""
    problems.fail("", `not JSON: ${reason}${nan}. Check that it is the right file and complete.`)
  }
  if (!isJsonObject(json)) {
    problems.fail(
      "",
      `${typeName(json)} instead of an object with "images" and "annotations": not a COCO file`
    )
  }
  return json
}

/** The objects of the list `name`; entries that are not objects are reported and skipped. */
export function* recordsOf(
  file: AnnotationFields,
  name: string,
  problems: Problems
): Generator<readonly [fields: AnnotationFields, path: string]> {
  const list = file[name]
  if (!Array.isArray(list)) {
    problems.fail(name, `${absentOr(list)}; must be a list in a COCO file`)
  }
  for (let i = 0; i < list.length; i++) {
    const path = `${name}[${i}]`
    const fields: unknown = list[i]
    if (isJsonObject(fields)) yield [fields, path]
    else problems.add(path, `${typeName(fields)} instead of an object`)
  }
}

/** An id, as a string: COCO's are whole numbers; other data sets may use strings. */
export function idOf(
  fields: AnnotationFields,
  name: string,
  path: string,
  problems: Problems
): string | null {
  const id = fields[name]
  if (Number.isSafeInteger(id) || (isText(id) && id !== "")) return String(id)
  problems.add(`${path}.${name}`, `${absentOr(id)}; must be a whole number or a string${inDigits(id)}`)
  return null
}

/**
 * JSON can contain half of a surrogate pair ("\ud800"), which is not valid Unicode: in UTF-8 all such halves become
 * one character.
 */
export const isText = (value: unknown): value is string => typeof value === "string" && isUnicode(value)

const inDigits = (value: unknown): string =>
  typeof value === "number" && Number.isInteger(value)
    ? ` (JSON numbers are exact only up to ${Number.MAX_SAFE_INTEGER}: write it as a string)`
    : ""

export function wholeNumberOf(
  fields: AnnotationFields,
  name: string,
  path: string,
  problems: Problems,
  { min, unit }: { min?: number; unit: string }
): number | null {
  const value = fields[name]
  if (Number.isSafeInteger(value) && (min === undefined || (value as number) >= min)) return value as number
  const bound = min === undefined ? "" : ` ≥ ${min}`
  problems.add(`${path}.${name}`, `${absentOr(value)}; must be a whole number${bound}${unit}`)
  return null
}

export function textOf(
  fields: AnnotationFields,
  name: string,
  path: string,
  problems: Problems
): string | null {
  const value = fields[name]
  if (isText(value) && value !== "") return value
  problems.add(`${path}.${name}`, `${absentOr(value)}; must be a string`)
  return null
}

/** Remembers ids and where they occurred. */
export class Ids {
  readonly #paths = new Map<string, string>()
  /** True if the id is new; otherwise records a problem that names the earlier place. */
  add(id: string, path: string, problems: Problems): boolean {
    const before = this.#paths.get(id)
    if (before === undefined) {
      this.#paths.set(id, path)
      return true
    }
    problems.add(`${path}.id`, `${id} is also the id of ${before}; ids must be unique`)
    return false
  }
}

export const isJsonObject = (value: unknown): value is AnnotationFields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A field's value, for a message. */
export function absentOr(value: unknown): string {
  if (value === undefined) return "missing"
  if (Array.isArray(value) || isJsonObject(value)) return typeName(value)
  if (typeof value === "string" && !isText(value))
    return `${JSON.stringify(value).slice(0, 60)} is not valid Unicode: it contains half of a surrogate pair`
  const shown = JSON.stringify(value)
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown
}
const typeName = (value: unknown) =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "a list"
      : isJsonObject(value)
        ? "an object"
        : `a ${typeof value}`
