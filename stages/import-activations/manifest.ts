/**
 * The manifest of activations that were computed elsewhere. `docs/import.md` describes it; in short, either
 *
 * - `items`: an entry a vector, that says of each tap in which file and row it is; or
 * - `ids` and `taps`: an array a tap, [N, width], or [N, tokens, width], whose row i belongs to id i.
 */
import * as path from "node:path"
import type { Entry, Place, ReadText } from "./entry.ts"
import { isUnicode } from "../../src/support/utf8.ts"
import { halfOfAPair, isObject, parseJson, Part, shown } from "./fields.ts"
import { parseIds } from "./ids.ts"
import { ImportError } from "./import-error.ts"
import { labelsOf, type TokenLabel, tokensOf } from "./labels.ts"

export interface ImportManifest {
  readonly entries: ReadonlyArray<Entry>
  /** what the first dimension of every array has to be; null where entries name rows */
  readonly rows: number | null
  readonly taps: ReadonlyArray<string>
}
/** @throws {ImportError} the manifest, or a list of ids that it names, is malformed */
export async function parseManifest(file: string, text: string, readText: ReadText): Promise<ImportManifest> {
  const part = new Part(file, "", parseJson(file, text), path.dirname(file))
  part.only("format", "note", "tokens", ...("items" in part.fields ? ["items"] : ["ids", "taps"]))
  if (part.fields["format"] !== 1) part.fail("format", `expected 1, got ${shown(part.fields["format"])}`)
  const tokens = tokensOf(part)
  const manifest =
    "items" in part.fields ? itemsManifest(part, tokens) : await arraysManifest(part, tokens, readText)
  if (manifest.entries.length === 0)
    throw new ImportError(file, null, "it names no items", "list at least one")
  return manifest
}

function itemsManifest(part: Part, tokens: ReadonlyArray<TokenLabel> | null): ImportManifest {
  const { items } = part.fields
  if (!Array.isArray(items)) return part.fail("items", `${shown(items)}; it has to be a list`)
  const entries = items.map((item: unknown, i): Entry => {
    const entry = part.part(`items[${i}]`, item)
    entry.only("id", "image", "source", "object", "token", "taps")
    return {
      id: entry.id("id"),
      file: entry.file,
      field: entry.field,
      image: entry.fields["image"] === undefined ? null : entry.fileName("image"),
      tokens: labelsOf(entry, tokens),
      taps: placesOf(entry, true),
      row: null
    }
  })
  const taps = [...(entries[0]?.taps.keys() ?? [])]
  entries.forEach((entry, i) => {
    const missing = taps.filter((tap) => !entry.taps.has(tap))
    const more = [...entry.taps.keys()].filter((tap) => !taps.includes(tap))
    if (missing.length + more.length > 0)
      part.fail(
        `items[${i}].taps`,
        `its taps are ${[...entry.taps.keys()].join(", ")}, those of items[0] ${taps.join(", ")}: all need the same`
      )
  })
  return { entries, rows: null, taps }
}

async function arraysManifest(
  part: Part,
  tokens: ReadonlyArray<TokenLabel> | null,
  readText: ReadText
): Promise<ImportManifest> {
  const taps = placesOf(part, false)
  const ids = await parseIds(part, tokens, readText)
  const entries = ids.map((one, row): Entry => ({ ...one, taps, row }))
  return { entries, rows: ids.length, taps: [...taps.keys()] }
}

/** `taps`: a file by tap, or { file, tensor, row }. */
function placesOf(part: Part, rows: boolean): ReadonlyMap<string, Place> {
  const { taps } = part.fields
  if (!isObject(taps) || Object.keys(taps).length === 0)
    return part.fail("taps", `${shown(taps)}; it has to be an object, a file by tap`)
  return new Map(
    Object.entries(taps).map(([tap, value]) => {
      if (tap === "") part.fail("taps", "a tap without a name")
      if (!isUnicode(tap)) part.fail("taps", `a tap's name, ${shown(tap)}, ${halfOfAPair}`)
      const place = part.part(
        `taps[${JSON.stringify(tap)}]`,
        typeof value === "string" ? { file: value } : value
      )
      place.only("file", "tensor", ...(rows ? ["row"] : []))
      return [
        tap,
        {
          file: place.fileName("file"),
          tensor: place.textOr("tensor", null),
          row: place.wholeOr("row", 0, null)
        }
      ]
    })
  )
}
