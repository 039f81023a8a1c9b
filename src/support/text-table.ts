/** Tables of aligned text; columns of numbers are aligned right. */
import { noPaint, type Paint, type Style } from "./colour.ts"
import { oneLine, printable, widthOf } from "./plain-text.ts"

/**
 * A cell: plain, styled, or, in the last column, of several lines, which continue below it. Null is empty.
 */
export type TableCell =
  | string
  | number
  | null
  | { readonly text: string; readonly style: Style }
  | { readonly lines: ReadonlyArray<string> }

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
  rows: ReadonlyArray<ReadonlyArray<TableCell>>,
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
  const before = indent.length + widths.slice(0, -1).reduce((sum, width) => sum + width + gap.length, 0)
  const below = (cell: TableCell) =>
    isOfLines(cell) ? cell.lines.slice(1).map((text) => " ".repeat(before) + printable(text).trimEnd()) : []
  return [
    line(titles, (text) => paint("dim", text)),
    ...texts.flatMap((row, r) => [
      line(row, (text, i) => styledBy(rows[r]![i] ?? null, text, paint)),
      ...below(rows[r]![head.length - 1] ?? null)
    ])
  ].join("\n")
}

const isOfLines = (cell: TableCell): cell is { readonly lines: ReadonlyArray<string> } =>
  typeof cell === "object" && cell !== null && "lines" in cell

const textOf = (cell: TableCell): string =>
  cell === null
    ? ""
    : typeof cell === "number"
      ? String(cell)
      : oneLine(typeof cell === "string" ? cell : "lines" in cell ? (cell.lines[0] ?? "") : cell.text)
const styledBy = (cell: TableCell, text: string, paint: Paint): string =>
  typeof cell === "object" && cell !== null && "style" in cell ? paint(cell.style, text) : text
