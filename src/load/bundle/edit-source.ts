/** Edits source text by spans of its syntax tree. */
import { parseAst } from "rolldown/parseAst"

/** An ESTree node. Rolldown's own types are in a separate package, which we do not install. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

const languages = { js: "js", jsx: "jsx", ts: "ts", tsx: "tsx" } as const
export type Language = keyof typeof languages
export const isLanguage = (type: string): type is Language => Object.hasOwn(languages, type)

export const parse = (code: string, lang: Language): SyntaxNode =>
  parseAst(code, { lang }) as unknown as SyntaxNode

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

/** Visits a tree in pre-order; `visit` returns whether to descend. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => boolean): void {
  if (!visit(node)) return
  for (const child of Object.values(node))
    for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) walk(each, visit)
}

/** Applies edits; drops an edit that starts inside another. Insertions at one place keep their order. */
export function edited(code: string, edits: ReadonlyArray<Edit>): string {
  let text = ""
  let at = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at) continue
    text += code.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + code.slice(at)
}
