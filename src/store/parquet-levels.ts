/**
 * Cuts a column's rows into Parquet's repetition levels, definition levels and values, checking each value.
 *
 * Source: Dremel encoding, https://parquet.apache.org/docs/file-format/nestedencoding/. Definition levels count
 * the optional and repeated levels that are there: 0 for a null, one more for an empty list, one more for a value.
 */
import type { ColumnBuffer } from "parquetjs-lite"
import { canonicalJson } from "./canonical-json.ts"
import type { FileCell, Physical, ValueKind } from "./parquet-layout.ts"

/** Rows `from` … `to − 1` of a column. @throws TypeError naming the column and the row of a value that does not fit */
export function levelsAndValues(
  column: Physical,
  source: ArrayLike<unknown>,
  from: number,
  to: number
): ColumnBuffer {
  const { optional, list, part, name } = column
  const check = checks[column.kind]
  const rlevels: Array<number> = []
  const dlevels: Array<number> = []
  const values: Array<unknown> = []
  const present = optional ? 1 : 0
  let row = from
  try {
    for (; row < to; row++) {
      let value = source[row]
      if (value === null || value === undefined) {
        // a JSON column without nulls holds JSON's null
        if (!optional && !(column.kind === "json" && value === null))
          throw new TypeError(value === null ? "null in a column that is not nullable" : "a value is missing")
        if (optional) {
          rlevels.push(0)
          dlevels.push(0)
          continue
        }
      }
      if (part !== null) value = (value as FileCell)[part]
      if (list) {
        if (!Array.isArray(value) && !ArrayBuffer.isView(value))
          throw new TypeError(`expected a list, got ${show(value)}`)
        const elements = value as unknown as ArrayLike<unknown>
        if (elements.length === 0) {
          rlevels.push(0)
          dlevels.push(present)
        }
        for (let k = 0; k < elements.length; k++) {
          rlevels.push(k === 0 ? 0 : 1)
          dlevels.push(present + 1)
          values.push(check(elements[k]))
        }
      } else {
        rlevels.push(0)
        dlevels.push(present)
        values.push(check(value))
      }
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new TypeError(`column "${name}", row ${row}: ${error.message}`, { cause: error })
  }
  return { rlevels, dlevels, values, distinct_values: new Set(), count: dlevels.length }
}

const checks: Readonly<Record<ValueKind, (value: unknown) => unknown>> = {
  utf8: (value) => {
    if (typeof value !== "string") throw new TypeError(`expected text, got ${show(value)}`)
    // isWellFormed is ES2024: Node 20 has it, this project's `lib` does not
    if (!(value as unknown as { isWellFormed(): boolean }).isWellFormed())
      throw new TypeError(`${show(value)} has half of a surrogate pair, so that it is no Unicode text`)
    return value
  },
  int32: (value) => {
    if (typeof value !== "number" || (value | 0) !== value)
      throw new TypeError(`expected a whole number of 32 bits, got ${show(value)}`)
    return value
  },
  float64: (value) => {
    if (typeof value !== "number") throw new TypeError(`expected a number, got ${show(value)}`)
    return value
  },
  bool: (value) => {
    if (typeof value !== "boolean") throw new TypeError(`expected true or false, got ${show(value)}`)
    return value
  },
  json: canonicalJson,
  size: (value) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      throw new TypeError(`expected a file's size in bytes, got ${show(value)}`)
    return value
  }
}

function show(value: unknown): string {
  if (value === undefined) return "nothing"
  const text =
    typeof value === "string" || (typeof value === "object" && value !== null)
      ? JSON.stringify(value)
      : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
