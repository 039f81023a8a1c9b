/** Tables in columns of text; columns of numbers are set to the right. */
import { noPaint, type Paint, type Style } from "./colour.ts"
import { oneLine, widthOf } from "./plain-text.ts"

/** A cell: plain, or in a style. Null is empty. */
export type Cell = string | number | null | { readonly text: string; readonly style: Style }

export interface TableLook {
  readonly paint?: Paint
  /** before every line */
  readonly indent?: string
}

const gap = "  "
const numeric =
  /^[-+−]?(\d[\d,]*(\.\d*)?|\.\d+)(e[-+]?\d+)?( ?([kMGTP]?B|s|min|h|%|\/s))?( \d+ (s|min))?$|^(–|NaN|-?Infinity|)$/

export function textTable(
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Cell>>,
  { paint = noPaint, indent = "" }: TableLook = {}
): string {
  const texts = rows.map((row) => head.map((_, i) => textOf(row[i] ?? null)))
  const titles = head.map(oneLine)
  const widths = titles.map((title, i) =>
    texts.reduce((most, row) => Math.max(most, widthOf(row[i]!)), widthOf(title))
  )
  const right = titles.map(
    (_, i) =>
      texts.length > 0 && texts.every((row) => numeric.test(row[i]!)) && texts.some((row) => row[i] !== "")
  )
  const line = (cells: ReadonlyArray<string>, styled: (text: string, i: number) => string) => {
    let text = indent
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]!
      const space = " ".repeat(Math.max(0, widths[i]! - widthOf(cell)))
      if (i > 0) text += gap
      text += right[i] ? space + styled(cell, i) : styled(cell, i) + (i < cells.length - 1 ? space : "")
    }
    return text.trimEnd()
  }
  return [
    line(titles, (text) => paint("dim", text)),
    ...texts.map((row, r) => line(row, (text, i) => styledBy(rows[r]![i] ?? null, text, paint)))
  ].join("\n")
}

const textOf = (cell: Cell): string =>
  cell === null
    ? ""
    : typeof cell === "number"
      ? String(cell)
      : oneLine(typeof cell === "string" ? cell : cell.text)
const styledBy = (cell: Cell, text: string, paint: Paint): string =>
  typeof cell === "object" && cell !== null ? paint(cell.style, text) : text
