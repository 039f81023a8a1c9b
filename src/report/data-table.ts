/** Tables of a page: they sort, scroll sideways by themselves, and say how many rows they leave out. */
import { statistic } from "../support/numbers.ts"
import { type Html, markup } from "./html.ts"

export type TableValue = string | number | boolean | null | Html
export interface TableShape {
  readonly caption: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<TableValue>>
  /** what columns mean, by name */
  readonly docs?: Readonly<Record<string, string>>
  /** more rows are counted, not shown */
  readonly most?: number
  /** where the others are */
  readonly rest?: string
}

const isNumber = /^[+−-]?(\d[\d,]*)?(\.\d+)?( ?(±|\().*)?$/

export function dataTable({
  caption,
  columns,
  rows,
  docs = {},
  most = Infinity,
  rest = ""
}: TableShape): Html {
  const shown = rows.slice(0, most)
  const isRight = columns.map((_, i) => shown.length > 0 && shown.every((row) => isNumeric(row[i] ?? null)))
  const more = rows.length - shown.length
  const told = columns.filter((name) => Object.hasOwn(docs, name))
  const heads = columns.map(
    (name, i) => markup`<th scope="col"${classOf(isRight[i]! ? "number" : null)}>${name}</th>`
  )
  const lines = shown.map(
    (row) => markup`<tr>${columns.map((_, i) => cellHtml(row[i] ?? null, isRight[i]!))}</tr>\n`
  )
  return markup`<p class="small muted">${caption}</p>
<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="sorts" aria-label="${caption}">
<thead><tr>${heads}</tr></thead>
<tbody>
${lines}</tbody></table></div>
${more === 0 ? null : markup`<p class="small muted">${more} more rows${rest === "" ? "" : `: ${rest}`}</p>`}
${told.length === 0 ? null : markup`<dl>${told.map((name) => markup`<dt>${name}</dt><dd>${docs[name]}</dd>`)}</dl>`}
`
}

const classOf = (name: string | null) => (name === null ? null : markup` class="${name}"`)

const isNumeric = (value: TableValue): boolean =>
  value === null || typeof value === "number" || (typeof value === "string" && isNumber.test(value))

function cellHtml(value: TableValue, isRight: boolean): Html {
  if (value === null) return markup`<td${classOf(isRight ? "number" : null)}>–</td>`
  if (typeof value === "number")
    return markup`<td class="number" data-value="${value}">${statistic(value)}</td>`
  if (typeof value === "boolean") return markup`<td>${value ? "yes" : "no"}</td>`
  if (typeof value !== "string") return markup`<td>${value}</td>`
  return markup`<td${classOf(isRight ? "number" : value.length > 36 ? "wide" : null)}>${value}</td>`
}
