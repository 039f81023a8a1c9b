/** Reads the fields of a manifest; each is checked where it is read. */
import * as path from "node:path"
import { wrongPath } from "../../src/support/file-names.ts"
import { isUnicode } from "../../src/support/utf8.ts"
import { ImportError } from "./import-error.ts"

export type Fields = Readonly<Record<string, unknown>>
const remedy = "docs/import.md describes the manifest"

/** A part of a manifest, and where it lies: for errors. */
export class Part {
  readonly file: string
  readonly field: string
  readonly fields: Fields

  readonly #folder: string

  /**
   * `field` is where it lies in the file, "" for the whole; names of files in it are relative to `folder`.
   *
   * @throws {ImportError} not an object
   */
  constructor(file: string, field: string, value: unknown, folder: string) {
    this.file = file
    this.field = field
    this.#folder = folder
    if (!isObject(value))
      throw new ImportError(file, field || null, `${shown(value)} instead of an object`, remedy)
    this.fields = value
  }
  /** A part of this one. */
  part(name: string, value: unknown): Part {
    return new Part(this.file, this.at(name), value, this.#folder)
  }
  fail(name: string, problem: string, hint = remedy): never {
    throw new ImportError(this.file, this.at(name), problem, hint)
  }
  at(name: string): string {
    return this.field === "" ? name : `${this.field}.${name}`
  }
  /** A misspelt field would otherwise be passed over in silence. */
  only(...known: ReadonlyArray<string>): void {
    for (const name of Object.keys(this.fields))
      if (!known.includes(name)) this.fail(name, `unknown field: there are ${known.join(", ")}`)
  }
  text(name: string): string {
    const value = this.fields[name]
    if (typeof value !== "string" || value === "")
      return this.fail(name, `${shown(value)}; it has to be a text`)
    return isUnicode(value) ? value : this.fail(name, `${shown(value)} ${halfOfAPair}`)
  }
  /** An id, as text; COCO's are whole numbers. */
  id(name: string): string {
    const value = this.fields[name]
    return Number.isSafeInteger(value) ? String(value) : this.text(name)
  }
  textOr<A>(name: string, otherwise: A): string | A {
    return this.fields[name] === undefined ? otherwise : this.text(name)
  }
  wholeOr<A>(name: string, least: number, otherwise: A): number | A {
    const value = this.fields[name]
    if (value === undefined) return otherwise
    if (Number.isInteger(value) && (value as number) >= least && (value as number) < 2 ** 31)
      return value as number
    return this.fail(name, `${shown(value)}; it has to be a whole number from ${least} on`)
  }
  /** The path of a file that is named relative to the manifest's folder, and lies in it. */
  fileName(name: string): string {
    const value = this.text(name)
    // "./x" and "x" are one file, which is only read
    const problem = wrongPath(value.replace(/(?<=^|\/)(?:\.\/)+/g, ""), "the manifest's folder")
    return problem === null
      ? path.join(this.#folder, value)
      : this.fail(
          name,
          `${JSON.stringify(value)} ${problem}`,
          "files lie beside the manifest or in folders below it"
        )
  }
}

/** @throws {ImportError} not JSON */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ImportError(
      file,
      null,
      `not JSON: ${(cause as Error).message}`,
      "write it with json.dump",
      cause
    )
  }
}

/** JSON may write one ("\ud800"); in UTF-8 all of them would be one character. */
export const halfOfAPair = "has half of a surrogate pair, so that it is no Unicode text"

export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What stands in a field, for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing"
  if (Array.isArray(value)) return "a list"
  if (isObject(value)) return "an object"
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
