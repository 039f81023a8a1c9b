/** Comma-separated values with a header. Source: RFC 4180. */

/**
 * Parses one record per line after the header, keyed by the header's names.
 *
 * @throws {Error} an unclosed quote, or a line with more or fewer cells than the header; the message names the
 *   record's line
 */
export function parseCsv(text: string): {
  readonly header: ReadonlyArray<string>
  readonly records: ReadonlyArray<{ readonly line: number; readonly cells: ReadonlyArray<string> }>
} {
  const rows: Array<{ line: number; cells: Array<string> }> = []
  const source = text.replace(/^\uFEFF/, "")
  let line = 1
  let cells: Array<string> = []
  let start = line
  for (let at = 0; at < source.length;) {
    const cell = cellAt(source, at)
    if (cell === null) throw new Error(`line ${line}: a quote inside a cell, or an unclosed one`)
    cells.push(cell.content)
    line += source.slice(at, cell.end).split("\n").length - 1
    at = cell.end
    // a comma at the very end is followed by one more, empty, cell
    if (cell.hasNext && at === source.length) cells.push("")
    if (cell.hasNext && at < source.length) continue
    if (cells.length > 1 || cells[0] !== "") rows.push({ line: start, cells })
    cells = []
    start = line
  }
  const [header, ...records] = rows
  if (header === undefined) throw new Error("it is empty: its first line must name the columns")
  for (const record of records)
    if (record.cells.length !== header.cells.length)
      throw new Error(
        `line ${record.line}: ${record.cells.length} cells, but the header has ${header.cells.length}`
      )
  return { header: header.cells, records }
}

/**
 * The cell at a position, the position of the next one, and whether that one belongs to the same record; null if
 * quotes are invalid.
 *
 * Quoted cells are scanned by hand: a regular expression would use stack space for each quote.
 */
function cellAt(
  source: string,
  at: number
): { readonly content: string; readonly end: number; readonly hasNext: boolean } | null {
  let end = at
  let content: string
  if (source[at] === '"') {
    for (end = source.indexOf('"', at + 1); end >= 0 && source[end + 1] === '"';)
      end = source.indexOf('"', end + 2)
    if (end < 0) return null
    content = source.slice(at + 1, end++).replaceAll('""', '"')
  } else {
    plain.lastIndex = at
    plain.test(source)
    end = plain.lastIndex
    content = source.slice(at, end)
  }
  if (end === source.length) return { content, end, hasNext: false }
  if (source[end] === ",") return { content, end: end + 1, hasNext: true }
  if (source[end] === "\n") return { content, end: end + 1, hasNext: false }
  return source.startsWith("\r\n", end) ? { content, end: end + 2, hasNext: false } : null
}
const plain = /[^",\r\n]*/y
