/** Maps declared columns to Parquet columns: the one place that the writer and the reader agree on. */
import { own } from "../../support/own.ts"
import type { AnyColumn, Columns } from "../../pipeline/columns.ts"

/** A file as a cell of a table: only its sha256 enters digests. */
export interface FileCell {
  readonly path: string
  readonly size: number
  /** lower-case hexadecimal */
  readonly sha256: string
}

export type PhysicalType = "UTF8" | "INT32" | "INT64" | "DOUBLE" | "BOOLEAN"
/** The kind of a value, which decides how it is written. */
export type ValueKind = "utf8" | "int32" | "float64" | "bool" | "json" | "size"
/** A Parquet column. */
export interface Physical {
  readonly name: string
  readonly type: PhysicalType
  readonly kind: ValueKind
  /** whether null is allowed */
  readonly optional: boolean
  readonly list: boolean
  /** the part of a file that it holds; null for a whole value */
  readonly part: keyof FileCell | null
}

/** Keys of the metadata in a table's footer. */
export const tableMetadata = {
  format: "probeline.table",
  columns: "probeline.columns",
  label: "probeline.item_label"
} as const
export const tableFormat = "1"

const scalars: Readonly<Record<string, PhysicalType>> = {
  utf8: "UTF8",
  int32: "INT32",
  float64: "DOUBLE",
  bool: "BOOLEAN",
  json: "UTF8"
}

/** The Parquet columns of a declared one; none for tensors, which have files of their own. */
export function physicalColumns(name: string, column: AnyColumn): ReadonlyArray<Physical> {
  let inner = column
  while (inner.type === "nullable") inner = inner.detail as AnyColumn
  const optional = inner !== column
  const one = (
    suffix: string,
    kind: ValueKind,
    type: PhysicalType,
    part: keyof FileCell | null,
    list = false
  ) => ({ name: name + suffix, type, kind, optional, list, part }) as const
  if (inner.type === "tensors" && !optional) return []
  if (inner.type === "file")
    return [
      one("_path", "utf8", "UTF8", "path"),
      one("_size", "size", "INT64", "size"),
      one("_sha256", "utf8", "UTF8", "sha256")
    ]
  const list = inner.type === "list"
  const element = list ? (inner.detail as AnyColumn) : inner
  const type = own(scalars, element.type)
  if (type === undefined || (list && element.type === "json"))
    throw new TypeError(`column "${name}": ${describe(column)} cannot be stored in a table`)
  return [one("", element.type as ValueKind, type, null, list)]
}

/** All Parquet columns in order, the id column first. @throws TypeError if two of them have the same name */
export function physicalTable(columns: Columns, idColumn: string | null): ReadonlyArray<Physical> {
  const id: Physical = {
    name: idColumn ?? "",
    type: "UTF8",
    kind: "utf8",
    optional: false,
    list: false,
    part: null
  }
  const all = idColumn === null ? [] : [id]
  for (const [name, column] of Object.entries(columns)) all.push(...physicalColumns(name, column))
  const seen = new Set<string>()
  for (const { name } of all) {
    if (seen.has(name))
      throw new TypeError(`two columns would be named "${name}" in the Parquet file; rename one`)
    seen.add(name)
  }
  return all
}

const describe = (column: AnyColumn): string =>
  column.type === "nullable" || column.type === "list"
    ? `${column.type} of ${describe(column.detail as AnyColumn)}`
    : column.type
