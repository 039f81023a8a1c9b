/** A figure's data as CSV: every column of its rows, numbers in full. */
import { csvHead, csvRows } from "../inspect/csv.ts"
import { column, type Columns } from "../pipeline/columns.ts"
import type { Figure } from "../pipeline/figures.ts"

/** In the order in which the rows first mention them; without those that only place labels or are read aloud. */
export function figureColumns({ rows }: Pick<Figure, "rows">): ReadonlyArray<string> {
  const names = new Set<string>()
  for (const row of rows) for (const name of Object.keys(row)) names.add(name)
  return [...names].filter((name) => !hidden.has(name))
}
const hidden = new Set(["text", "label", "label_place", "name", "number"])

export function figureCsv(figure: Pick<Figure, "rows">): string {
  const names = figureColumns(figure)
  const columns: Columns = Object.fromEntries(names.map((name) => [name, column.utf8()]))
  const batch = Object.fromEntries(names.map((name) => [name, figure.rows.map((row) => row[name] ?? null)]))
  return [csvHead(columns, null), ...csvRows(columns, null, batch)].join("")
}
