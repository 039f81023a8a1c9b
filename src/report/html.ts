/** HTML as a value: text that enters it is escaped, HTML that enters it is not. */
import { escapeXml } from "./escape.ts"

/** Markup that is safe to put into a page. */
export interface Html {
  readonly html: string
}
type Part = Html | string | number | null | undefined | false | ReadonlyArray<Part>

/** Declares markup that this program made, such as the SVG of a figure. */
export const trusted = (html: string): Html => ({ html })

/** A template whose values are escaped, unless they are HTML; lists are joined, null and false are left out. */
export const markup = (texts: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  trusted(texts.map((text, i) => (i === 0 ? text : `${htmlOf(parts[i - 1])}${text}`)).join(""))

export function htmlOf(part: Part): string {
  if (part === null || part === undefined || part === false) return ""
  if (typeof part === "string" || typeof part === "number") return escapeXml(String(part))
  return "html" in part ? part.html : part.map(htmlOf).join("")
}

/** A fragment of a URL, and the `id` that it leads to, for any text. */
export const anchorOf = (kind: string, name: string): string =>
  `${kind}-${name.replace(/[^A-Za-z0-9.-]/g, (character) => `_${character.codePointAt(0)!.toString(16)}`)}`
