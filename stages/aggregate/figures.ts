/** Figures as a run prints them: three decimals without the leading zero, as in `.612 ±.054`. */
import type { MeasureRow } from "../tables/measures.ts"

export const figure = (value: number): string => {
  const digits = Math.abs(value).toFixed(3).replace(/^0/, "")
  return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits
}
/** Empty for null. */
export const figureOrBlank = (value: number | null): string => (value === null ? "" : figure(value))

/** An accuracy with half the width of its interval; `limit` adds the ceiling where it is under 1. */
export function accuracyText(
  row: Pick<MeasureRow, "balanced_accuracy" | "low" | "high" | "ceiling">,
  limit = false
): string {
  const { balanced_accuracy: accuracy, low, high, ceiling } = row
  if (accuracy === null) return "undefined"
  const ceilingText = limit && isLimit(ceiling) ? ` ≤${figure(ceiling)}` : ""
  return `${figure(accuracy)}${intervalText(accuracy, low, high)}${ceilingText}`
}
/** Half the width; both ends where one was cut to 0 or 1. */
function intervalText(value: number, low: number | null, high: number | null): string {
  if (low === null || high === null) return ""
  const isCut = Math.abs(value - low - (high - value)) > 1e-9
  return isCut ? ` (${figure(low)}–${figure(high)})` : ` ±${figure(high - value)}`
}
export const isLimit = (ceiling: number | null): ceiling is number => ceiling !== null && ceiling < 1

/** A difference with its sign and half the width of its interval; empty for null. */
export function differenceText(value: number | null, low: number | null, high: number | null): string {
  if (value === null) return ""
  const text = `${value < 0 ? "" : "+"}${figure(value)}`
  return low === null || high === null ? text : `${text} ±${figure((high - low) / 2)}`
}

/** A count, or its range over some rows. */
export function countText(values: ReadonlyArray<number>): number | string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return least === most ? least : `${least}–${most}`
}

/** A column of a printed table: its name, its meaning, and its cell for a row. */
export interface PrintedColumn<A> {
  readonly name: string
  readonly doc?: string
  readonly cell: (row: A) => string | number
}
/** Only where rows differ in it: what they share need not be repeated on every line. */
export const varying = <A>(
  rows: ReadonlyArray<A>,
  column: PrintedColumn<A>
): ReadonlyArray<PrintedColumn<A>> => (new Set(rows.map(column.cell)).size > 1 ? [column] : [])

export const printed = <A>(columns: ReadonlyArray<PrintedColumn<A>>, rows: ReadonlyArray<A>) => ({
  columns: columns.map(({ name }) => name),
  docs: Object.fromEntries(columns.flatMap(({ name, doc }) => (doc === undefined ? [] : [[name, doc]]))),
  rows: rows.map((row) => columns.map(({ cell }) => cell(row)))
})

/** As in docs/measures.md. */
export const docsOf = {
  token: "cls; avg_obj, the mean over the mask of the object; random_obj, one patch of it; random, any patch",
  images: "in the examples: the unit of folds and intervals"
} as const
