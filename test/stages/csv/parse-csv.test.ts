import { expect, it } from "vitest"
import { parseCsv } from "../../../stages/csv/parse-csv.ts"

const recordsOf = (text: string) => parseCsv(text).records.map(({ cells }) => cells)

it.each([
  ["a quoted comma", 'id,x\n"a,b",1\n', [["a,b", "1"]]],
  ["a quoted quote", 'id\n"a ""b"""\n', [['a "b"']]],
  ["a quoted line break", 'id,x\n"a\nb",1', [["a\nb", "1"]]],
  ["Windows' line breaks", "id,x\r\na,1\r\n\r\nb,2\r\n", [["a", "1"], ["b", "2"]]], // oxfmt-ignore
  ["an empty cell at the end", "id,x\na,", [["a", ""]]],
  ["a byte order mark", "\uFEFFid\na", [["a"]]]
])("reads %s", (_, text, records) => {
  expect(recordsOf(text)).toEqual(records)
})

it.each([
  ["a quote that is not closed", 'id\n"a', "line 2: a quote inside a cell, or an unclosed one"],
  ["a quote inside a cell", 'id\na"b"', "line 2: a quote"],
  ["text behind a quoted cell", 'id\n"a"b', "line 2: a quote"],
  ["a lone carriage return", "id\ra", "line 1: a quote"],
  ["a record that is too short", "id,x\na", "line 2: 1 cells, but the header has 2"]
])("refuses %s", (_, text, says) => {
  expect(() => parseCsv(text)).toThrow(says)
})

it("reads cells, and refuses quotes, that are longer than a regular expression has stack for", () => {
  const long = "a".repeat(12_000_000)
  expect(recordsOf(`id\n"${long}"\n`)[0]![0]).toHaveLength(long.length)
  expect(() => parseCsv(`id\n"${long}`)).toThrow("line 2: a quote inside a cell")
})
