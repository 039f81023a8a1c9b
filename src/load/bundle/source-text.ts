/** Looks into folders and sources for the place of an error. */
import * as fs from "node:fs"
import type { SourceLocation } from "./load-error.ts"

/** Names in a folder; none where there is no such folder. */
export const namesIn = (folder: string): ReadonlyArray<string> =>
  fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? fs.readdirSync(folder) : []

/** Where a file first says a text in quotes; `line` and `column` are null where it does not. */
export function placeOfText(file: string, text: string): SourceLocation {
  const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n") : []
  for (const [i, line] of lines.entries()) {
    const column = [`"${text}"`, `'${text}'`].map((quoted) => line.indexOf(quoted)).find((at) => at >= 0)
    if (column !== undefined) return { file, line: i + 1, column: column + 1 }
  }
  return { file, line: null, column: null }
}
