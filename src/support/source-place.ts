/**
 * Where in the user's own source an error was thrown.
 *
 * A pipeline file runs as a bundle from the store's cache, named by its digest, with its source map beside it. Stacks
 * name lines of the bundle; here they become lines of the files that the user wrote.
 */
import { SourceMap, type SourceMapPayload } from "node:module"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { readRegular } from "./regular-file.ts"
import { utf8 } from "./utf8.ts"

export interface SourcePlace {
  /** absolute */
  readonly file: string
  /** from 1 */
  readonly line: number
  /** from 1, in UTF-16 units */
  readonly column: number
}

/** A position in a bundle, as stacks print it. */
const inBundle = /(file:\/\/\/\S*?\/[0-9a-f]{32}\.mjs):(\d+)(?::(\d+))?/

/** The first position in the user's code on an error's stack; null if it has none. */
export function sourcePlace(error: unknown): SourcePlace | null {
  const found = inBundle.exec(stackOf(error))
  return found === null ? null : placeIn(found)
}

/** `stages/mine.ts:12:9`, relative to a folder, and so the same on every machine. */
export const placeText = ({ file, line, column }: SourcePlace, base: string): string =>
  `${path.relative(base, file).split(path.sep).join("/")}:${line}:${column}`

/**
 * The stack of an error in lines of the user's source, with the errors that caused it. What called the user's code, the
 * engine, is left out. The stack as it is where it does not pass through the user's code.
 */
export function sourceStack(error: unknown, depth = 0): string {
  const lines = stackOf(error).split("\n")
  const last = lines.findLastIndex((line) => inBundle.test(line))
  const own = last < 0 ? lines : lines.slice(0, last + 1)
  const stack = own.map((line) => line.replace(inBundle, (text) => mapped(text))).join("\n")
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined || depth > 4 ? stack : `${stack}\ncaused by: ${sourceStack(cause, depth + 1)}`
}

function mapped(text: string): string {
  const place = placeIn(inBundle.exec(text)!)
  return place === null ? text : `${place.file}:${place.line}:${place.column}`
}

const stackOf = (error: unknown): string =>
  error instanceof Error && typeof error.stack === "string" ? error.stack : String(error)

function placeIn([, url, line, column = "1"]: RegExpExecArray): SourcePlace | null {
  const entry = mapOf(fileURLToPath(url!))?.findEntry(Number(line) - 1, Number(column) - 1)
  if (entry === undefined || !("originalSource" in entry)) return null
  const { originalSource, originalLine, originalColumn } = entry
  return { file: originalSource, line: originalLine + 1, column: originalColumn + 1 }
}

/** Cached by bundle: a stage may throw for each of a hundred thousand items. */
const maps = new Map<string, SourceMap | null>()

function mapOf(bundle: string): SourceMap | null {
  const known = maps.get(bundle)
  if (known !== undefined) return known
  const map = readMap(`${bundle}.map`)
  maps.set(bundle, map)
  return map
}

/** Null if the map cannot be read: the error matters more than its position. */
function readMap(file: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(utf8(readRegular(file))) as SourceMapPayload)
  } catch {
    return null
  }
}
