/**
 * What the charts of measures share: the groups that they draw, colours, names of taps, texts.
 *
 * Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color), which people with any common form of colour
 * blindness can tell apart; lines also differ in their dashes and points in their shapes.
 */
import type { MeasureRow } from "../tables/measures.ts"
import { placeOfTap } from "./depth.ts"
import { accuracyText, figure } from "./figures.ts"

/** Rows that one chart draws together: of one probe, one selection and one task. */
export interface Variant {
  /** after the chart's id: empty for the first variant, `-perceptron`, `-as-published` … for others */
  readonly suffix: string
  /** what all rows share and other variants do not: `logistic probe, aligned` */
  readonly says: string
  readonly rows: ReadonlyArray<MeasureRow>
}

/** More variants would be more charts than anybody looks at. */
const mostVariants = 12

/** In the order of the table. @returns also how many variants there are beyond the most that are drawn */
export function variantsOf(rows: ReadonlyArray<MeasureRow>): {
  readonly variants: ReadonlyArray<Variant>
  readonly more: number
} {
  const isPair = rows.some(({ measure }) => measure !== null)
  const wanted = isPair ? rows.filter(({ measure }) => measure !== null) : rows
  // the tasks of pairs ask for different categories; a presence task is a question of its own within a chart
  const partsOf = (row: MeasureRow) => [row.probe, row.selection, isPair ? (row.task ?? "") : ""]
  const groups = groupedBy(wanted, (row) => JSON.stringify(partsOf(row)))
  const all = [...groups.values()].map((of) => ({ rows: of, parts: partsOf(of[0]!) }))
  const differs = [0, 1, 2].map((i) => new Set(all.map(({ parts }) => parts[i])).size > 1)
  const words = [
    (probe: string) => `${probe} probe`,
    (selection: string) => selection,
    (task: string) => `task ${task}`
  ]
  const variants = all.slice(0, mostVariants).map(({ rows: of, parts }, at) => {
    const told = parts.filter((_, i) => differs[i])
    const says = parts.flatMap((part, i) => (differs[i] || i === 0 ? [words[i]!(part)] : []))
    return { suffix: at === 0 ? "" : `-${at + 1}-${slug(told.join("-"))}`, says: says.join(", "), rows: of }
  })
  return { variants, more: all.length - variants.length }
}

const slug = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60)

export function groupedBy<A, K>(all: ReadonlyArray<A>, keyOf: (one: A) => K): Map<K, Array<A>> {
  const groups = new Map<K, Array<A>>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return groups
}
export const distinct = <A>(all: Iterable<A>): ReadonlyArray<A> => [...new Set(all)]

/** Known kinds of token first, each with its own colour; then others. */
const knownTokens: Readonly<
  Record<string, readonly [colour: string, shape: string, dash: ReadonlyArray<number>]>
> = {
  avg_obj: ["#0072b2", "circle", [1, 0]],
  random_obj: ["#d55e00", "triangle-up", [6, 2]],
  cls: ["#009e73", "diamond", [1, 0]],
  random: ["#cc79a7", "square", [2, 2]]
}
const otherLooks = [
  ["#e69f00", "cross", [8, 3]],
  ["#56b4e9", "triangle-down", [4, 2]],
  ["#7f7f7f", "triangle-left", [3, 3]]
] as const

/** Vega-Lite scales that give each token its colour, its dashes and its shape. */
export function tokenScales(tokens: ReadonlyArray<string>) {
  const known = Object.keys(knownTokens).filter((token) => tokens.includes(token))
  const domain = [...known, ...tokens.filter((token) => !Object.hasOwn(knownTokens, token))]
  const looks = domain.map((token, i) =>
    Object.hasOwn(knownTokens, token)
      ? knownTokens[token]!
      : otherLooks[(i - known.length) % otherLooks.length]!
  )
  const part = (at: 0 | 1 | 2) => ({ domain, range: looks.map((look) => look[at]) })
  return { domain, colour: part(0), shape: part(1), dash: part(2) }
}

/** The measures of pairs, in the order in which they are drawn. */
export const pairMeasures = {
  A_pp: "the primary's category, from its own tokens",
  A_ss: "the secondary's category, from its own tokens (M1)",
  A_sp: "the primary's category, from the secondary's tokens",
  A_ps: "the secondary's category, from the primary's tokens"
} as const
export const pairMeasureNames = Object.keys(pairMeasures) as ReadonlyArray<keyof typeof pairMeasures>

/** `block.3.resid_post` as `3`; the ends by their names. */
export const shortTap = (tap: string): string => /^block\.(\d+)\.resid_post$/.exec(tap)?.[1] ?? tap

/**
 * Rows of taps that lie in the encoder, and the names of the other taps: a tap that was chosen fold by fold, or a baseline,
 * has no depth. Where no tap is known to lie in the encoder, as in imported activations, all of them are taken to.
 */
export function withinEncoder(rows: ReadonlyArray<MeasureRow>): {
  readonly rows: ReadonlyArray<MeasureRow>
  readonly outside: ReadonlyArray<string>
} {
  const isWithin = ({ tap }: MeasureRow) => {
    const { layer, depth } = placeOfTap(tap, null)
    return layer !== null || depth !== null
  }
  const within = rows.filter(isWithin)
  if (within.length === 0) return { rows, outside: [] }
  return { rows: within, outside: distinct(rows.filter((row) => !isWithin(row)).map(({ tap }) => tap)) }
}

/** Taps in the order in which encoders pass them, those without a depth last; of encoders that differ, the longest list leads. */
export function tapOrder(rows: ReadonlyArray<MeasureRow>): ReadonlyArray<string> {
  const lists = [...groupedBy(rows, ({ encoder }) => encoder).values()].map((of) =>
    distinct(of.map(({ tap }) => tap))
  )
  const [longest = [], ...others] = lists.toSorted((a, b) => b.length - a.length)
  const outside = new Set(withinEncoder(rows).outside)
  const all = distinct([...longest, ...others.flat()])
  return [...all.filter((tap) => !outside.has(tap)), ...all.filter((tap) => outside.has(tap))]
}

/** The last tap of each encoder that lies in its residual stream, or its last tap. */
export function lastTaps(rows: ReadonlyArray<MeasureRow>): ReadonlyMap<string, string> {
  return new Map(
    [...groupedBy(rows, ({ encoder }) => encoder)].map(([encoder, of]) => {
      const taps = distinct(of.map(({ tap }) => tap))
      return [encoder, taps.findLast((tap) => tap.endsWith(".resid_post")) ?? taps.at(-1)!]
    })
  )
}

/** What a mark tells when pointed at: `vit, avg_obj, block.3.resid_post: .612 ±.054`. */
export const pointText = (row: MeasureRow): string =>
  `${row.encoder}, ${row.token}, ${row.tap}: ${row.measure ?? row.target} ${accuracyText(row)}`

/** A_ss of .31 at `embed` and .61 at `block.3.resid_post`, for a text alternative. */
export function endsText(rows: ReadonlyArray<MeasureRow>): string {
  const defined = rows.filter(({ balanced_accuracy }) => balanced_accuracy !== null)
  const [first, last] = [defined[0], defined.at(-1)]
  if (first === undefined || last === undefined) return "undefined at all taps"
  const best = defined.reduce((a, b) => (b.balanced_accuracy! > a.balanced_accuracy! ? b : a))
  const ends = [first, ...(last === first ? [] : [last])].map(atTap).join(", ")
  return best === first || best === last ? ends : `${ends}, highest ${atTap(best)}`
}
const atTap = ({ balanced_accuracy, tap }: MeasureRow) => `${figure(balanced_accuracy!)} at ${tap}`
