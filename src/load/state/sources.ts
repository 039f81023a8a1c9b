/** Maps parts of a bundle to their sources by its source map. */
import { SourceMap, type SourceMapPayload } from "node:module"
import { type SyntaxNode, walk } from "../bundle/edit-source.ts"
import type { SourceLocation } from "../bundle/load-error.ts"

export interface SourceModule extends SourceLocation {
  /** the original name, if the bundler renamed it */
  readonly name: string | null
}

/** @param map a source map, version 3, in JSON */
export function sourcesOf(code: string, map: string): (node: SyntaxNode) => SourceModule | null {
  const sources = new SourceMap(JSON.parse(map) as SourceMapPayload)
  const starts = [0]
  for (let at = code.indexOf("\n"); at >= 0; at = code.indexOf("\n", at + 1)) starts.push(at + 1)
  const entryOf = ({ start }: SyntaxNode) => {
    let [line, end] = [0, starts.length]
    while (end - line > 1) {
      const middle = (line + end) >> 1
      if (starts[middle]! <= start) line = middle
      else end = middle
    }
    const column = start - starts[line]!
    const entry = sources.findEntry(line, column) as Partial<MappedFrom>
    return entry.generatedLine === line && entry.generatedColumn === column ? (entry as MappedFrom) : null
  }
  // generated code has no place of its own: take the place of its first part that has one
  return (node) => {
    let entry = null as MappedFrom | null
    walk(node, (part) => {
      entry ??= entryOf(part)
      return entry === null
    })
    if (entry === null) return null
    const { originalSource: file, originalLine, originalColumn, name = null } = entry
    return { file, line: originalLine + 1, column: originalColumn + 1, name }
  }
}
interface MappedFrom {
  readonly generatedLine: number
  readonly generatedColumn: number
  readonly originalSource: string
  readonly originalLine: number
  readonly originalColumn: number
  readonly name?: string
}
