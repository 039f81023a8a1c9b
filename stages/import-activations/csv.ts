/** Comma-separated values with a header. Source: RFC 4180. */

/**
 * A record a line after the header, by the header's names.
 *
 * @throws {Error} a quote that is not closed, or a line of more or fewer cells than the header; the message names the
 *   record's line
 */
export function parseCsv(text: string): {
  readonly header: ReadonlyArray<string>
  readonly records: ReadonlyArray<{ readonly line: number; readonly cells: ReadonlyArray<string> }>
} {
  const rows: Array<{ line: number; cells: Array<string> }> = []
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y
  const source = text.replace(/^\uFEFF/, "")
  let line = 1
  let cells: Array<string> = []
  let start = line
  while (cell.lastIndex < source.length) {
    const at = cell.lastIndex
    const match = cell.exec(source)
    if (match === null) throw new Error(`line ${line}: a quote inside of a cell, or one that is not closed`)
    const [whole, content, end] = match as unknown as [string, string, string]
    cells.push(content.startsWith('"') ? content.slice(1, -1).replaceAll('""', '"') : content)
    line += whole.split("\n").length - 1
    // a comma at the very end has one more, empty, cell behind it
    if (end === "," && cell.lastIndex === source.length) cells.push("")
    if (end !== "," || cell.lastIndex === source.length) {
      if (cells.length > 1 || cells[0] !== "") rows.push({ line: start, cells })
      cells = []
      start = line
    }
    if (cell.lastIndex === at) break
  }
  const [header, ...records] = rows
  if (header === undefined) throw new Error("it is empty: its first line has to name the columns")
  for (const record of records)
    if (record.cells.length !== header.cells.length)
      throw new Error(
        `line ${record.line}: ${record.cells.length} cells, but the header has ${header.cells.length}`
      )
  return { header: header.cells, records }
}
