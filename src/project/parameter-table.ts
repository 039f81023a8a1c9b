/** A table of a pipeline's parameters for users: names, form of the values, defaults, docs. */
import { valueWord } from "../pipeline/check-params.ts"
import type { Params } from "../pipeline/params.ts"
import { clipped } from "../support/plain-text.ts"
import { textTable } from "../support/text-table.ts"

/** Width of values and defaults: longer ones would push the docs off the screen. */
const widest = 30

/** Lines of text, required parameters first. */
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

/** As typed after `-S name=`. */
function defaultText(value: unknown): string {
  const path = (value as { readonly path?: unknown } | null)?.path
  const text = typeof value === "string" ? value : typeof path === "string" ? path : JSON.stringify(value)
  return clipped(text, widest)
}
