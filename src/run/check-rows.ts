/**
 * Checks what a stage gives against its schema, and turns rows into columns.
 *
 * TypeScript has checked most of it; what it cannot see (an excess column through `map`, a null, a number that is
 * no whole number, tensors of differing shapes) is refused here, with the stage, the column and the item.
 */
import type { AnyColumn, Columns, NewFile } from "../pipeline/columns.ts"
import { didYouMean, Problem } from "../pipeline/problem.ts"

export interface Rows {
  readonly item: string
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
}
export interface FamilyRows {
  /** by member: one array a row */
  readonly members: Map<string, Array<Float32Array>>
}

/** Refuses rows that break the schema. `stage` and `node` name them in the message. */
export const checkRows = (columns: Columns, rows: Rows, stage: string, node: string): void =>
  rowChecker(columns, stage, node)(rows)

/** The same for many items, whose columns are looked up once. */
export function rowChecker(columns: Columns, stage: string, node: string): (rows: Rows) => void {
  const declared = Object.entries(columns)
  return ({ item, rows }) => {
    for (const row of rows) checkRow(row, item)
  }
  function checkRow(row: Rows["rows"][number], item: string): void {
    if (typeof row !== "object" || row === null || Array.isArray(row))
      throw broken(stage, node, item, null, `expected a row, got ${show(row)}`)
    for (const name of Object.keys(row))
      if (!Object.hasOwn(columns, name) && name !== "id")
        throw broken(
          stage,
          node,
          item,
          name,
          `the schema has no column "${name}"`,
          didYouMean(name, Object.keys(columns))
        )
    for (const [name, column] of declared) {
      const wrong = wrongCell(column, row[name])
      if (wrong !== null) throw broken(stage, node, item, name, `column "${name}" (${column.type}): ${wrong}`)
    }
  }
}

export const broken = (
  stage: string,
  node: string,
  item: string,
  column: string | null,
  what: string,
  hint: string | null = null
) =>
  new Problem(
    "OutputInvalid",
    `stage "${stage}" (node "${node}") broke its schema${item === "" ? "" : ` at "${item}"`}: ${what}`,
    { field: column, hint: hint ?? `make what the stage's compute gives agree with its output's columns` }
  )

function wrongCell(column: AnyColumn, value: unknown): string | null {
  if (value === undefined) return "a value is missing"
  if (value === null) return column.type === "nullable" ? null : "null in a column that is not nullable"
  switch (column.type) {
    case "nullable":
      return wrongCell(column.detail as AnyColumn, value)
    case "utf8":
      return typeof value === "string" ? null : `expected text, got ${show(value)}`
    case "int32":
      return typeof value === "number" && (value | 0) === value
        ? null
        : `expected a whole number of 32 bits, got ${show(value)}`
    case "float64":
      return typeof value === "number" ? null : `expected a number, got ${show(value)}`
    case "bool":
      return typeof value === "boolean" ? null : `expected true or false, got ${show(value)}`
    case "json":
      return wrongJson(value)
    case "file":
      return isFile(value) ? null : `expected a file, got ${show(value)}`
    case "list": {
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return `expected a list, got ${show(value)}`
      for (const one of value as Iterable<unknown>) {
        const wrong = wrongCell(column.detail as AnyColumn, one)
        if (wrong !== null) return `in the list: ${wrong}`
      }
      return null
    }
    case "tensors": {
      if (typeof value !== "object") return `expected tensors by name, got ${show(value)}`
      for (const [member, data] of Object.entries(value as object))
        if (!(data instanceof Float32Array || data instanceof Uint16Array))
          return `"${member}": expected a Float32Array (or float16 bits in a Uint16Array), got ${show(data)}`
      return null
    }
    default:
      return `unknown type of column "${column.type}"`
  }
}

function wrongJson(value: unknown): string | null {
  if (typeof value === "number") return Number.isFinite(value) ? null : `${value} is not JSON`
  if (value === null || typeof value === "string" || typeof value === "boolean") return null
  if (typeof value !== "object") return `a ${typeof value} is not JSON`
  for (const one of Object.values(value)) {
    const wrong = one === undefined ? null : wrongJson(one)
    if (wrong !== null) return wrong
  }
  return null
}
const isFile = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return false
  return "sha256" in value || isNewFile(value)
}
export const isNewFile = (value: unknown): value is NewFile =>
  typeof value === "object" && value !== null && "content" in value && "name" in value
const show = (value: unknown): string => {
  if (value === undefined) return "nothing"
  const text = typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
