/**
 * Reads the manifest of activations that were computed elsewhere. `docs/import.md` describes it; in short, either
 *
 * - `items`: one entry per vector, which gives the file and row of each tap; or
 * - `ids` and `taps`: one array per tap, [N, width] or [N, tokens, width]; row i belongs to id i. The ids are in the
 *   manifest itself, in a JSON list, or in a CSV with one column per field.
 *
 * This module loads valibot: import it lazily, where a manifest is read.
 */
import * as path from "node:path"
import { checkJson, type Fail, fieldIn, isObject, type JsonObject } from "../json/check-json.ts"
import { parseCsv } from "../csv/parse-csv.ts"
import { type Entry, ImportError } from "./entry.ts"
import { arraysManifest, idList, itemOf, itemsManifest, rowOfIds } from "./schemas.ts"

export interface ImportManifest {
  readonly entries: ReadonlyArray<Entry>
  /** the required first dimension of every array; null if entries name rows */
  readonly rows: number | null
  readonly taps: ReadonlyArray<string>
}
/** Reads a text file; null if it does not exist. */
export type ReadText = (file: string) => Promise<string | null>

const remedy = "docs/import.md describes the manifest"

/** @throws {ImportError} the manifest, or a list of ids that it names, is malformed */
export async function parseManifest(file: string, text: string, readText: ReadText): Promise<ImportManifest> {
  const json = parseJson(file, text)
  const manifest =
    isObject(json) && Object.hasOwn(json, "items")
      ? itemsIn(file, json)
      : await arraysIn(file, json, readText)
  if (manifest.entries.length === 0)
    throw new ImportError(file, null, "it names no items", "list at least one")
  return manifest
}

function itemsIn(file: string, json: JsonObject): ImportManifest {
  const { items, tokens = null } = checkJson(itemsManifest, json, failIn(file))
  const schema = itemOf(path.dirname(file), tokens)
  const entries = items.map((item, i): Entry => {
    const field = fieldIn("items", [i])
    return { ...checkJson(schema, item, failIn(file), field), file, field, row: null }
  })
  const taps = [...(entries[0]?.taps.keys() ?? [])]
  for (const { taps: own, field } of entries)
    if (own.size !== taps.length || taps.some((tap) => !own.has(tap)))
      failIn(file)(
        `${field}.taps`,
        `its taps are ${[...own.keys()].join(", ")}, but those of items[0] are ${taps.join(", ")}: all items need the same taps`
      )
  return { entries, rows: null, taps }
}

async function arraysIn(file: string, json: unknown, readText: ReadText): Promise<ImportManifest> {
  const folder = path.dirname(file)
  const { ids, taps, tokens = null } = checkJson(arraysManifest(folder), json, failIn(file))
  const listed =
    typeof ids === "string"
      ? await idsOf(file, ids, readText)
      : ids.map((value, i): ListedId => ({ file, field: fieldIn("ids", [i]), value }))
  const schema = rowOfIds(folder, tokens)
  const entries = listed.map(({ value, ...at }, row): Entry => {
    const own = checkJson(schema, value, failIn(at.file), at.field)
    return { ...own, ...at, taps, row }
  })
  return { entries, rows: entries.length, taps: [...taps.keys()] }
}

/** The labels of a row, and where they are written. */
interface ListedId {
  readonly file: string
  readonly field: string
  readonly value: unknown
}
async function idsOf(manifest: string, file: string, readText: ReadText): Promise<ReadonlyArray<ListedId>> {
  const fail = (problem: string, hint: string): never => {
    throw new ImportError(manifest, "ids", problem, hint)
  }
  const text = await readText(file)
  if (text === null) return fail(`there is no file ${file}`, "copy it there, or fix its name")
  if (/\.json$/i.test(file))
    return checkJson(idList, parseJson(file, text), failIn(file)).map((value, i) => ({
      file,
      field: fieldIn("", [i]),
      value
    }))
  if (/\.csv$/i.test(file)) return csvRows(file, text)
  return fail(`${file} is neither .json nor .csv`, "use one of these extensions")
}

function csvRows(file: string, text: string): ReadonlyArray<ListedId> {
  const hint =
    "its columns are id and, where they are needed, source, object, token, task, selection and image"
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
    // an empty cell means no value
    const named = header.flatMap((name, i) => (cells[i] === "" ? [] : [[name, valueOf(name, cells[i]!)]]))
    return { file, field: `line ${line}`, value: Object.fromEntries(named) as JsonObject }
  })
}
/** Only `object` holds numbers; an invalid one is left for its check to refuse. */
const valueOf = (name: string, cell: string) =>
  name === "object" && /^-?\d+$/.test(cell) ? Number(cell) : cell

/** @throws {ImportError} not JSON */
function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ImportError(
      file,
      null,
      `not JSON: ${(cause as Error).message}`,
      "write it with json.dump",
      cause
    )
  }
}

const failIn =
  (file: string): Fail =>
  (field, problem) => {
    throw new ImportError(file, field === "" ? null : field, problem, remedy)
  }
