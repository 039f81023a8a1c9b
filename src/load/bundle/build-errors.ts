/** Translates rolldown's errors into the user's terms. */
import * as fs from "node:fs"
import * as path from "node:path"
import { didYouMean } from "../../support/problem.ts"
import { fileText, NotUtf8 } from "../../support/utf8.ts"
import { LoadError, type SourceLocation, wholeFile } from "./load-error.ts"

interface BuildFailure {
  readonly code?: string
  readonly message: string
  readonly id?: string
  readonly exporter?: string
  /** line from 1, column from 0 */
  readonly loc?: { readonly file?: string; readonly line: number; readonly column: number }
}

/** @returns the first build failure as a `LoadError`; any other error unchanged */
export function fromBuild(error: unknown, file: string): unknown {
  const [first] = (error as { readonly errors?: ReadonlyArray<BuildFailure> }).errors ?? []
  if (first === undefined || first instanceof LoadError) return first ?? error
  const at = first.loc?.file ?? first.id ?? file
  const place: SourceLocation =
    first.loc === undefined ? wholeFile(at) : { file: at, line: first.loc.line, column: first.loc.column + 1 }
  // the rest of the message is a code frame, which we draw ourselves
  const message = first.message.split("\n")[0]!.replace(/^\[\w+\] /, "")
  const notText = /valid UTF-8|^Could not load/.test(message) ? notUtf8(unloaded(message) ?? at) : null
  if (notText !== null)
    return new LoadError(
      "PipelineNotLoaded",
      `${path.basename(unloaded(message) ?? at)}: ${notText.message}`,
      { file: unloaded(message) ?? at, line: notText.line, column: null },
      `${notText.hint}; is this the right file?`,
      error
    )
  return new LoadError("PipelineNotLoaded", withSource(message, place), place, hintOf(first), error)
}

/** The file of "Could not load /a/b.ts"; null in other messages. */
const unloaded = (message: string): string | null => {
  const file = /^Could not load (.+?)(?: \(imported by .*)?(?: - .*)?$/.exec(message)?.[1]
  return file !== undefined && path.isAbsolute(file) && fs.existsSync(file) ? file : null
}

/** The place where a file is not UTF-8; null if it is UTF-8 or unreadable. */
function notUtf8(file: string): NotUtf8 | null {
  try {
    fileText(fs.readFileSync(file))
  } catch (error) {
    if (error instanceof NotUtf8) return error
  }
  return null
}

/** The message, followed by the source line with a caret at the column. */
function withSource(message: string, { file, line, column }: SourceLocation): string {
  if (line === null || column === null || !fs.existsSync(file)) return message
  const source = fs.readFileSync(file, "utf8").split("\n")[line - 1]
  if (source === undefined) return message
  const gutter = `  ${line} | `
  return `${message}\n${gutter}${source}\n${" ".repeat(gutter.length + column - 1)}^`
}

function hintOf({ code, message, exporter }: BuildFailure): string | null {
  if (code !== "MISSING_EXPORT" || exporter === undefined) return null
  const name = /"([^"]+)" is not exported/.exec(message)?.[1]
  if (name === undefined || !fs.existsSync(exporter)) return null
  const names = fs
    .readFileSync(exporter, "utf8")
    .matchAll(/\bexport\s+(?:async\s+)?(?:const|let|var|function\*?|class|enum)\s+([\w$]+)/g)
  return (
    didYouMean(
      name,
      [...names].map((match) => match[1]!)
    ) ?? 'import types with "import type"'
  )
}
