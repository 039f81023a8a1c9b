/** Searches folders and sources for the place of an error. */
import * as fs from "node:fs"
import type { SourceLocation } from "./load-error.ts"

/** Names in a folder; empty if there is no such folder. */
export const namesIn = (folder: string): ReadonlyArray<string> =>
  fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? fs.readdirSync(folder) : []

/** The first occurrence of a quoted text in a file; `line` and `column` are null if there is none. */
export function placeOfText(file: string, text: string): SourceLocation {
  const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n") : []
  for (const [i, line] of lines.entries()) {
    const column = [`"${text}"`, `'${text}'`].map((quoted) => line.indexOf(quoted)).find((at) => at >= 0)
    if (column !== undefined) return { file, line: i + 1, column: column + 1 }
  }
  return { file, line: null, column: null }
}
