/** A pipeline's parameters, for who does not know what to give: names, what a value looks like, defaults, docs. */
import { valueWord } from "../pipeline/check-params.ts"
import type { Params } from "../pipeline/params.ts"
import { clipped } from "../support/plain-text.ts"
import { textTable } from "../support/text-table.ts"

/** Characters of a value, and of a default: many choices would push the docs off the screen. */
const widest = 30

/** Lines of text, the required ones first. */
export function parameterTable(params: Params): string {
  const all = Object.entries(params).map(([name, declared]) => ({
    isRequired: declared.options.default === undefined,
    row: [
      `-S ${name}=${clipped(valueWord(declared), widest)}`,
      declared.options.default === undefined ? "required" : defaultText(declared.options.default),
      declared.options.doc ?? ""
    ]
  }))
  if (all.length === 0) return "this pipeline has no parameters"
  const rows = [...all.filter(({ isRequired }) => isRequired), ...all.filter(({ isRequired }) => !isRequired)]
  return textTable(
    ["parameter", "default", ""],
    rows.map(({ row }) => row),
    { indent: "    " }
  )
}

/** As it would be typed after `-S name=`. */
function defaultText(value: unknown): string {
  const path = (value as { readonly path?: unknown } | null)?.path
  const text = typeof value === "string" ? value : typeof path === "string" ? path : JSON.stringify(value)
  return clipped(text, widest)
}
