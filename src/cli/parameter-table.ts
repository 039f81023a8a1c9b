/** A pipeline's parameters, for who does not know what to give: names, what a value looks like, defaults, docs. */
import { valueWord } from "../pipeline/check-params.ts"
import type { Params } from "../pipeline/params.ts"
import { textTable } from "./text-table.ts"

/** Lines of text, the required ones first. */
export function parameterTable(params: Params): string {
  const all = Object.entries(params).map(([name, declared]) => ({
    isRequired: declared.options.default === undefined,
    row: [
      `-S ${name}=${valueWord(declared)}`,
      declared.options.default === undefined ? "required" : JSON.stringify(declared.options.default),
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
