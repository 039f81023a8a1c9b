/**
 * Tables as CSV (RFC 4180, but lines end with LF, as pandas and Unix tools write them).
 *
 * Null is an empty field, empty text a quoted one; lists and JSON are JSON; numbers round-trip exactly; a file is its
 * path, size and sha256.
 */
import type { AnyColumn, Columns, FileHandle } from "../pipeline/columns.ts"
import { pathOf } from "../store/files/outside-file.ts"

const plainType = (column: AnyColumn): string =>
  column.type === "nullable" ? plainType(column.detail as AnyColumn) : column.type
const written = (columns: Columns) =>
  Object.entries(columns).filter(([, column]) => column.type !== "tensors")

export function csvHead(columns: Columns, idColumn: string | null): string {
  const names = written(columns).flatMap(([name, column]) =>
    plainType(column) === "file" ? [`${name}_path`, `${name}_size`, `${name}_sha256`] : [name]
  )
  return `${[...(idColumn === null ? [] : [idColumn]), ...names].map(field).join(",")}\n`
}

/** One line per row. @param batch the columns by name, including `item` */
export function* csvRows(
  columns: Columns,
  idColumn: string | null,
  batch: Readonly<Record<string, ReadonlyArray<unknown>>>
): Generator<string> {
  const all = written(columns).map(([name, column]) => [batch[name]!, plainType(column)] as const)
  const items = idColumn === null ? null : batch["item"]!
  const rows = items?.length ?? all[0]?.[0].length ?? 0
  for (let i = 0; i < rows; i++) {
    const cells = all.flatMap(([cells, type]) => cellFields(cells[i], type))
    yield `${items === null ? "" : `${field(String(items[i]))}${all.length > 0 ? "," : ""}`}${cells.join(",")}\n`
  }
}

function cellFields(cell: unknown, type: string): ReadonlyArray<string> {
  if (type === "file") {
    if (cell === null) return ["", "", ""]
    const { size, sha256 } = cell as FileHandle
    return [field(pathOf(cell)!), String(size), sha256]
  }
  if (cell === null || cell === undefined) return [""]
  if (type === "json" || type === "list")
    return [field(JSON.stringify(Array.isArray(cell) ? cell : plainJson(cell)))]
  return [typeof cell === "string" ? field(cell) : Object.is(cell, -0) ? "-0" : String(cell)]
}
const plainJson = (cell: unknown) => (ArrayBuffer.isView(cell) ? [...(cell as Float64Array)] : cell)

/** Written by hand: csv-stringify produces the same bytes in 1.5 times the time, and would replace only this. */
const field = (text: string): string =>
  text === "" || /[",\n\r]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
