/** A figure in a page: the picture, its text alternative, its note and its data as a table. */
import type { Figure } from "../pipeline/figures.ts"
import { counted } from "../support/numbers.ts"
import { dataTable } from "./data-table.ts"
import { figureColumns } from "./figure-csv.ts"
import { type Html, markup, trusted } from "./html.ts"
import type { Drawing } from "./draw-figure.ts"

export interface ShownFigure {
  readonly name: string
  readonly figure: Figure
  /** null if there is nothing to draw, or drawing failed: `why` has the reason */
  readonly drawing: Drawing | null
  readonly why: string | null
  /** where the numbers come from */
  readonly origin: Html | null
  /** rows of data to show; the CSV file has all */
  readonly mostRows?: number
}

const usualRows = 1500
/** A picture gets this part of its width before it scrolls sideways instead of shrinking. */
const leastScale = 0.85

export function figureSection({
  name,
  figure,
  drawing,
  why,
  origin,
  mostRows = usualRows
}: ShownFigure): Html {
  const { title, note, alt, rows } = figure
  return markup`<figure id="figure-${name}">
<figcaption>${title}</figcaption>
${note === undefined || note === why ? null : markup`<p class="small muted">${note}</p>`}
${drawing === null ? markup`<p class="notice">Not drawn: ${why}</p>` : picture(title, drawing)}
${drawing === null ? null : markup`<details><summary class="small">In words</summary><p class="small">${alt}</p></details>`}
${rows.length === 0 ? null : markup`<details><summary class="small">The data: ${counted(rows.length, "row")}</summary>${dataOf(name, figure, mostRows)}</details>`}
${origin}
</figure>
`
}

function dataOf(name: string, figure: Figure, most: number): Html {
  const columns = figureColumns(figure)
  return dataTable({
    caption: `Data of the figure "${figure.title}"`,
    columns,
    rows: figure.rows.map((row) => columns.map((column) => row[column] ?? null)),
    most,
    rest: `probeline plot RUN --figure ${name} -o ${name}.csv writes them all`
  })
}

const picture = (title: string, { svg, width }: Drawing): Html =>
  markup`<div class="scroll" tabindex="0" role="region" aria-label="${title}">${trusted(
    svg.replace(/^<svg /, `<svg class="w${widthClass(width)}" `)
  )}</div>`

/** The style has a class for each hundred pixels, because the page's policy forbids style attributes. */
const widthClass = (width: number) => Math.min(20, Math.floor((width * leastScale) / 100))
