/** Reads the fields of a COCO file's JSON: each check adds a problem and gives null where the field is not right. */

import { isUnicode } from "../../src/support/utf8.ts"
import { Problems } from "./problems.ts"

export type AnnotationFields = Readonly<Record<string, unknown>>

/**
 * The file's JSON, which has to be an object.
 *
 * @throws {CocoError} not JSON, or not an object
 */
export function parseObject(text: string, problems: Problems): AnnotationFields {
  let json: unknown
  try {
    json = JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text) // less a byte order mark
  } catch (error) {
    if (text.startsWith("version https://git-lfs"))
      problems.fail("", "a pointer of Git LFS in place of the file: run `git lfs pull`")
    const reason = (error as Error).message
    const nan = /\b(NaN|Infinity)\b/.test(reason) ? " (JSON has no NaN and no Infinity)" : ""
    problems.fail("", `not JSON: ${reason}${nan}. Is this the file that you meant, and is it complete?`)
  }
  if (!isJsonObject(json)) {
    problems.fail(
      "",
      `${typeName(json)} instead of an object with "images" and "annotations": not a COCO file`
    )
  }
  return json
}

/** A list of objects under `name`; the ones that are no objects are problems, and left out. */
export function* recordsOf(
  file: AnnotationFields,
  name: string,
  problems: Problems
): Generator<readonly [fields: AnnotationFields, path: string]> {
  const list = file[name]
  if (!Array.isArray(list)) {
    problems.fail(name, `${absentOr(list)}; a COCO file has a list there`)
  }
  for (let i = 0; i < list.length; i++) {
    const path = `${name}[${i}]`
    const fields: unknown = list[i]
    if (isJsonObject(fields)) yield [fields, path]
    else problems.add(path, `${typeName(fields)} instead of an object`)
  }
}

/** An id, as text: COCO's are whole numbers; other data sets' may be texts. */
export function idOf(
  fields: AnnotationFields,
  name: string,
  path: string,
  problems: Problems
): string | null {
  const id = fields[name]
  if (Number.isSafeInteger(id) || (isText(id) && id !== "")) return String(id)
  problems.add(`${path}.${name}`, `${absentOr(id)}; an id is a whole number or a text${inDigits(id)}`)
  return null
}

/** JSON may write half of a surrogate pair ("\ud800"), which no text has: in UTF-8 all of them would be one character. */
export const isText = (value: unknown): value is string => typeof value === "string" && isUnicode(value)

const inDigits = (value: unknown): string =>
  typeof value === "number" && Number.isInteger(value)
    ? ` (JSON's numbers are exact up to ${Number.MAX_SAFE_INTEGER}: write it as a text)`
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
  problems.add(`${path}.${name}`, `${absentOr(value)}; it has to be a whole number${bound}${unit}`)
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
  problems.add(`${path}.${name}`, `${absentOr(value)}; it has to be a text`)
  return null
}

/** Remembers ids and where they stood. */
export class Ids {
  readonly #paths = new Map<string, string>()
  /** True if the id is new; else a problem that names the place where it stood before. */
  add(id: string, path: string, problems: Problems): boolean {
    const before = this.#paths.get(id)
    if (before === undefined) {
      this.#paths.set(id, path)
      return true
    }
    problems.add(`${path}.id`, `${id} is the id of ${before} too; ids must be unique`)
    return false
  }
}

export const isJsonObject = (value: unknown): value is AnnotationFields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What stands in a field, for a message. */
export function absentOr(value: unknown): string {
  if (value === undefined) return "missing"
  if (Array.isArray(value) || isJsonObject(value)) return typeName(value)
  if (typeof value === "string" && !isText(value))
    return `${JSON.stringify(value).slice(0, 60)} has half of a surrogate pair, so that it is no Unicode text`
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
