/** Table cells as text and as JSON. */
import { basename } from "node:path"
import type { FileHandle } from "../pipeline/columns.ts"
import { pathOf } from "../store/files/outside-file.ts"
import { bytes, shortDigest, statistic } from "../support/numbers.ts"
import { oneLine } from "../support/plain-text.ts"

const isFile = (value: object): value is FileHandle => pathOf(value) !== null
const nameOf = (file: FileHandle): string => basename(pathOf(file)!)

/** For display: numbers to four digits, files by name. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "–"
  if (typeof value === "number") return statistic(value)
  if (typeof value === "string") return oneLine(value)
  if (typeof value !== "object") return String(value)
  if (isFile(value)) return `${oneLine(nameOf(value))} (${bytes(value.size)}, ${shortDigest(value.sha256)})`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}[${(value as Float32Array).length}]`
  if (Array.isArray(value)) return listText(value)
  return oneLine(JSON.stringify(value))
}

/** The most entries of a list that are shown in full, and how many of a longer one are. */
const shortList = 8
const shownOfLong = 5
const listText = (list: ReadonlyArray<unknown>): string =>
  list.length <= shortList
    ? `[${list.map(cellText).join(", ")}]`
    : `[${list.slice(0, shownOfLong).map(cellText).join(", ")}, … (${list.length})]`

/** As JSON: NaN and ±∞ by name, files by content. */
export function cellJson(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (typeof value !== "object" || value === null) return value
  if (isFile(value)) {
    const { sha256, size } = value
    return { name: nameOf(value), size, sha256 }
  }
  if (Array.isArray(value)) return value.map(cellJson)
  return value
}
