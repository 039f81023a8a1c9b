/**
 * Figures and summaries: how a stage's artifact is shown, as plain data.
 *
 * A stage says what is drawn (a Vega-Lite specification and the rows that it draws); the report package draws it as SVG,
 * PNG or HTML, writes the rows as CSV, and shows the text alternative to people who cannot see the picture.
 */
type FigureCell = string | number | boolean | null
export type FigureRow = Readonly<Record<string, FigureCell>>

export interface Figure {
  /** names it among its node's figures, and becomes a file name: `accuracy`, `m1-m2` */
  readonly id: string
  readonly title: string
  /** what the figure shows, in words and numbers */
  readonly alt: string
  /** Vega-Lite, without `data`: every view draws `rows` */
  readonly spec: Readonly<Record<string, unknown>>
  /** one record per row; a figure without rows is not drawn and needs a `note` with the reason */
  readonly rows: ReadonlyArray<FigureRow>
  /** what is not drawn, and why */
  readonly note?: string
  /** a small version in characters, for the end of a run */
  readonly curve?: Curve
}

/** Lines that a terminal can show: one row of characters for each. */
export interface Curve {
  readonly title: string
  /** the value at the foot of a character cell, and at its top */
  readonly low: number
  readonly high: number
  readonly lines: ReadonlyArray<{
    readonly name: string
    /** from left to right; null where undefined */
    readonly values: ReadonlyArray<number | null>
    /** what the first and the last value are called, such as `embed` and `block.3` */
    readonly from: string
    readonly to: string
  }>
}

/** A file name on every system, and a fragment of a URL. */
const figureId = /^[a-z0-9][a-z0-9._-]{0,99}$/
/** More than this cannot be told apart in a picture, and would make a page too large. */
export const mostFigureRows = 20_000

/**
 * Checks what a stage's `figures` returned, which may be anything.
 *
 * @throws Error that names the figure and its field
 */
export function checkFigures(given: unknown): ReadonlyArray<Figure> {
  if (!Array.isArray(given)) throw new Error("invalid figures: expected a list of figures")
  const seen = new Set<string>()
  for (const [i, one] of given.entries()) {
    const wrong = wrongWith((one ?? {}) as Partial<Record<keyof Figure, unknown>>)
    if (wrong !== null) throw new Error(`invalid figure ${String(one?.id ?? i)}: ${wrong}`)
    const { id } = one as Figure
    if (seen.has(id)) throw new Error(`invalid figures: two have the id "${id}"`)
    seen.add(id)
  }
  return given as ReadonlyArray<Figure>
}

function wrongWith({
  id,
  title,
  alt,
  spec,
  rows,
  note
}: Partial<Record<keyof Figure, unknown>>): string | null {
  if (typeof id !== "string" || !figureId.test(id))
    return "`id` must be of lower-case letters, digits, '.', '_' and '-'"
  for (const [name, text] of Object.entries({ title, alt }))
    if (typeof text !== "string" || text === "") return `\`${name}\` must be a non-empty text`
  if (note !== undefined && typeof note !== "string") return "`note` must be a text"
  if (typeof spec !== "object" || spec === null || Array.isArray(spec))
    return "`spec` must be a Vega-Lite specification"
  if (!Array.isArray(rows)) return "`rows` must be a list"
  if (rows.length > mostFigureRows) return `it has ${rows.length} rows; ${mostFigureRows} is the most`
  if (rows.length === 0 && note === undefined) return "it has no rows, and no `note` with the reason"
  const bad = rows.find((row) => typeof row !== "object" || row === null || !Object.values(row).every(isCell))
  return bad === undefined ? null : "a row may hold texts, finite numbers, booleans and null"
}

const isCell = (value: unknown): boolean =>
  value === null ||
  typeof value === "string" ||
  typeof value === "boolean" ||
  (typeof value === "number" && Number.isFinite(value))

/** A small table for the end of a run and for `show`. */
export interface Summary {
  readonly title: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string | number | null>>
  /**
   * descriptions of columns by name; shown below tables of at most 12 columns, for names that do not explain
   * themselves
   */
  readonly docs?: Readonly<Record<string, string>>
}
