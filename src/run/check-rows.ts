/**
 * Checks a stage's output against its schema: rows and their columns here, each cell in
 * `store/format/cell.ts`.
 */
import { own } from "../support/own.ts"
import type { Columns } from "../pipeline/columns.ts"
import { didYouMean, Problem } from "../support/problem.ts"
import { cellCheck, shownValue } from "../store/format/cell.ts"
import type { ItemRows } from "../store/items/write-shard.ts"
import { repeatedKey, rowKeyText, TableKeys } from "./row-keys.ts"
import type { Task } from "./task.ts"

export type Rows = ItemRows
type Row = Rows["rows"][number]

type Checked = Pick<Task, "columns" | "stage" | "node">

/** Rejects an item's rows if they violate the schema, or if two have the same row key; looks up the columns once. */
export function rowChecker({ columns, stage, node }: Checked): (rows: Rows) => void {
  const wrongRow = rowCheck(columns)
  const { rowKey } = stage.spec
  return ({ item, rows }) => {
    const at = (i: number) => (rows.length === 1 ? item : `${item}, row ${i}`)
    for (let i = 0; i < rows.length; i++) {
      const wrong = wrongRow(rows[i])
      if (wrong !== null) throw broken(stage.name, node, at(i), wrong.column, wrong.what, wrong.hint)
    }
    if (rowKey === undefined) return
    const repeated = repeatedKey(rows, rowKey)
    if (repeated === null) return
    const { row, earlier } = repeated
    throw sameKey(stage.name, node, at(row), rowKey, rows[row]!, `row ${earlier} of the item`)
  }
}

/**
 * The same for the rows of a table, which arrive one by one and belong to no item. It also throws when
 * aborted.
 */
export function tableRowChecker(
  { columns, stage, node }: Checked,
  signal: AbortSignal
): (row: unknown) => asserts row is Row {
  const wrongRow = rowCheck(columns)
  const { rowKey } = stage.spec
  const keys = new TableKeys()
  let count = 0
  return (row) => {
    signal.throwIfAborted()
    const wrong = wrongRow(row)
    if (wrong !== null) throw broken(stage.name, node, `row ${count}`, wrong.column, wrong.what, wrong.hint)
    if (rowKey !== undefined) {
      const earlier = keys.add(rowKeyText(row as Row, rowKey))
      if (earlier !== null)
        throw sameKey(stage.name, node, `row ${count}`, rowKey, row as Row, `row ${earlier}`)
    }
    count++
  }
}

function sameKey(
  stage: string,
  node: string,
  at: string,
  rowKey: ReadonlyArray<string>,
  row: Row,
  earlier: string
): Problem {
  const values = rowKey.map((name) => `${name} ${shownValue(own(row, name))}`).join(", ")
  return broken(
    stage,
    node,
    at,
    "rowKey",
    `it has the row key of ${earlier}: ${values}`,
    "give each row values of its own in these columns, or add to `rowKey` the column that tells such rows apart"
  )
}

interface Wrong {
  readonly column: string | null
  readonly what: string
  readonly hint: string | null
}

function rowCheck(columns: Columns): (row: unknown) => Wrong | null {
  const declared = Object.entries(columns).map(([name, column]) => ({
    name,
    column,
    check: cellCheck(column)
  }))
  return (row) => {
    if (typeof row !== "object" || row === null || Array.isArray(row))
      return { column: null, what: `expected a row, got ${shownValue(row)}`, hint: null }
    for (const name of Object.keys(row))
      if (!Object.hasOwn(columns, name) && name !== "id")
        return {
          column: name,
          what: `the schema has no column "${name}"`,
          hint: didYouMean(name, Object.keys(columns))
        }
    for (const { name, column, check } of declared) {
      const wrong = check(own(row as Row, name))
      if (wrong !== null)
        return { column: name, what: `column "${name}" (${column.type}): ${wrong}`, hint: null }
    }
    return null
  }
}

/** `at` is the place: an item, a row. */
export const broken = (
  stage: string,
  node: string,
  at: string,
  column: string | null,
  what: string,
  hint: string | null = null
) =>
  new Problem(
    "OutputInvalid",
    `stage "${stage}" (node "${node}") broke its schema${at === "" ? "" : ` at "${at}"`}: ${what}`,
    { field: column, hint: hint ?? "make the stage's compute return the columns of its output" }
  )
