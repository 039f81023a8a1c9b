/** The ids of arrays' rows: in the manifest itself, in a JSON list, or in a CSV with a column a field. */
import * as path from "node:path"
import { parseCsv } from "./csv.ts"
import type { Entry, ReadText } from "./entry.ts"
import { parseJson, Part, shown } from "./fields.ts"
import { ImportError } from "./import-error.ts"
import { labelsOf, type TokenLabel } from "./labels.ts"

const columns = ["id", "source", "object", "token", "image"] as const
type Row = Omit<Entry, "taps" | "row">
type Labels = ReadonlyArray<TokenLabel> | null

/** @throws {ImportError} no list of ids, or one that is malformed */
export async function parseIds(part: Part, tokens: Labels, readText: ReadText): Promise<ReadonlyArray<Row>> {
  const { ids } = part.fields
  if (Array.isArray(ids))
    return ids.map((one: unknown, i) => rowOf(part.part(`ids[${i}]`, asRow(one)), tokens))
  if (typeof ids !== "string")
    return part.fail("ids", `${shown(ids)}; it has to be a list, or the name of a .json or .csv file`)
  const file = part.fileName("ids")
  const text = await readText(file)
  if (text === null) return part.fail("ids", `there is no file ${file}`, "copy it there, or mend its name")
  const folder = path.dirname(part.file)
  if (/\.json$/i.test(file)) return jsonRows(file, text, tokens, folder)
  if (/\.csv$/i.test(file)) return csvRows(file, text, tokens, folder)
  return part.fail("ids", `${file} is neither .json nor .csv`, "name it by what it is")
}

const asRow = (one: unknown) => (typeof one === "string" || Number.isSafeInteger(one) ? { id: one } : one)

function jsonRows(file: string, text: string, tokens: Labels, folder: string): ReadonlyArray<Row> {
  const list = parseJson(file, text)
  if (!Array.isArray(list))
    throw new ImportError(file, null, `${shown(list)} instead of a list of ids`, "write a list")
  return list.map((one: unknown, i) => rowOf(new Part(file, `[${i}]`, asRow(one), folder), tokens))
}

function csvRows(file: string, text: string, tokens: Labels, folder: string): ReadonlyArray<Row> {
  const hint = `its columns are id and, where they are needed, ${columns.slice(1).join(", ")}`
  let table: ReturnType<typeof parseCsv>
  try {
    table = parseCsv(text)
  } catch (cause) {
    throw new ImportError(file, null, (cause as Error).message, hint, cause)
  }
  const { header, records } = table
  if (new Set(header).size !== header.length)
    throw new ImportError(file, "line 1", "two columns have the same name", hint)
  return records.map(({ line, cells }) => {
    // an empty cell says nothing
    const named = header.flatMap((name, i) => (cells[i] === "" ? [] : [[name, valueOf(name, cells[i]!)]]))
    return rowOf(new Part(file, `line ${line}`, Object.fromEntries(named), folder), tokens)
  })
}
/** Of the columns only `object` holds numbers; what is none is left for its check to refuse. */
const valueOf = (name: string, cell: string) =>
  name === "object" && /^-?\d+$/.test(cell) ? Number(cell) : cell

function rowOf(part: Part, tokens: Labels): Row {
  part.only(...columns)
  return {
    id: part.id("id"),
    file: part.file,
    field: part.field,
    image: part.fields["image"] === undefined ? null : part.fileName("image"),
    tokens: labelsOf(part, tokens)
  }
}
