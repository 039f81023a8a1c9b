/**
 * Splits a column's rows into Parquet's repetition levels, definition levels and values. Cells must be valid
 * (`cell.ts`).
 *
 * Source: Dremel encoding, https://parquet.apache.org/docs/file-format/nestedencoding/. Definition levels
 * count the optional and repeated levels that are present: 0 for a null, one more for an empty list, one more
 * for a value.
 */
import type { ColumnBuffer } from "parquetjs-lite"
import { canonicalJson } from "./canonical-json.ts"
import type { FileCell, Physical } from "./parquet-layout.ts"

/** Rows `from` … `to − 1` of a column. */
export function levelsAndValues(
  { optional, list, part, kind }: Physical,
  source: ArrayLike<unknown>,
  from: number,
  to: number
): ColumnBuffer {
  const rlevels: Array<number> = []
  const dlevels: Array<number> = []
  const values: Array<unknown> = []
  const present = optional ? 1 : 0
  for (let row = from; row < to; row++) {
    const value = source[row]
    if (optional && value === null) {
      rlevels.push(0)
      dlevels.push(0)
    } else if (list) {
      const elements = value as ArrayLike<unknown>
      if (elements.length === 0) {
        rlevels.push(0)
        dlevels.push(present)
      }
      for (let k = 0; k < elements.length; k++) {
        rlevels.push(k === 0 ? 0 : 1)
        dlevels.push(present + 1)
        values.push(elements[k])
      }
    } else {
      rlevels.push(0)
      dlevels.push(present)
      // a JSON column is never null itself: a null in it is JSON's own
      values.push(kind === "json" ? canonicalJson(value) : part === null ? value : (value as FileCell)[part])
    }
  }
  return { rlevels, dlevels, values, distinct_values: new Set(), count: dlevels.length }
}
