/**
 * Accuracy by depth: a panel per encoder and measure, a line per kind of token with the band of its interval; chance, the
 * value at `embed` and the background as thin lines.
 */
import type { Curve, Figure, FigureRow } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"
import { sidesOf } from "../tables/questions.ts"
import { accuracyPanels, type Across } from "./accuracy-panels.ts"
import {
  distinct,
  endsText,
  groupedBy,
  pairMeasureNames,
  pairMeasures,
  pointText,
  tapOrder,
  tokenScales,
  type Variant,
  withinEncoder
} from "./chart-parts.ts"
import { figure } from "./figures.ts"

/** One row of panels: a measure, or a question that is not about pairs. */
interface Block {
  readonly name: string
  readonly title: string
  readonly rows: ReadonlyArray<MeasureRow>
  /** the same question asked of background patches */
  readonly background: ReadonlyArray<MeasureRow>
}
/** Questions about presence may be many. */
const mostBlocks = 6
const thinLines = "thin: A_bg, the same question asked of background patches"

export function accuracyChart({ rows: given, suffix, says }: Variant): Figure {
  const { rows, outside } = withinEncoder(given)
  const all = blocksOf(rows)
  const blocks = all.slice(0, mostBlocks)
  const place = placing(blocks.flatMap((block) => block.rows))
  const drawn = blocks.flatMap((block) => [
    ...block.rows.flatMap((row) => chartRow(row, block, "accuracy", place)),
    ...block.background.flatMap((row) => chartRow(row, block, "background", place))
  ])
  const tokens = tokenScales(distinct(blocks.flatMap((block) => block.rows.map(lineOf))))
  const encoders = distinct(rows.map(({ encoder }) => encoder))
  const curve = blocks.length === 0 ? null : curveOf(blocks)
  return {
    id: `accuracy${suffix}`,
    title: `Balanced accuracy by depth (${says})`,
    alt: altOf(blocks),
    spec: {
      vconcat: blocks.map((block) =>
        accuracyPanels({
          question: block.name,
          title: block.title,
          subtitle: block.background.length > 0 ? thinLines : null,
          main: tokens.domain.find((token) => block.rows.some((row) => lineOf(row) === token)) ?? "",
          encoders,
          tokens,
          across: place
        })
      ),
      resolve: { scale: { color: "shared", shape: "shared", strokeDash: "shared" } },
      spacing: 18
    },
    rows: drawn,
    note: noteOf(all.length - blocks.length, { place, outside, drawn, token: tokens.domain[0] ?? "" }),
    ...(curve === null ? {} : { curve })
  }
}

interface Drawn {
  readonly place: Placing
  /** taps without a depth */
  readonly outside: ReadonlyArray<string>
  readonly drawn: ReadonlyArray<FigureRow>
  /** the main one */
  readonly token: string
}

function noteOf(more: number, { place, outside, drawn, token }: Drawn): string {
  if (drawn.length === 0) return "the table has no accuracies"
  const hasEmbed = drawn.some(({ embed }) => embed !== null)
  return [
    `Bands are 95 % intervals over seeds and folds. Dashed: chance.${hasEmbed ? ` Dotted: ${token}'s value at embed.` : ""}`,
    ...(place.skipsSome
      ? [
          "Only taps of the residual stream are drawn, because the encoders have different taps; the table has the others."
        ]
      : []),
    ...(outside.length > 0 ? [`Without a depth, and in the table alone: ${outside.join(", ")}.`] : []),
    ...(more > 0 ? [`${more} more questions are in the table.`] : [])
  ].join(" ")
}

function blocksOf(rows: ReadonlyArray<MeasureRow>): ReadonlyArray<Block> {
  const { backgroundMeasure } = sidesOf.background
  if (rows.some(({ measure }) => measure !== null)) {
    const of = groupedBy(rows, ({ measure }) => measure)
    return pairMeasureNames
      .filter((name) => name !== "A_ps" && of.has(name))
      .map((name) => ({
        name,
        title: `${name}: ${pairMeasures[name]}`,
        rows: of.get(name)!,
        background: name === "A_sp" ? (of.get(backgroundMeasure) ?? []) : []
      }))
  }
  const questionOf = ({ target, task }: MeasureRow) => (task === null ? target : `${target}: ${task}`)
  return [...groupedBy(rows, questionOf)].map(([name, of]) => ({
    name,
    title: name,
    rows: of,
    background: []
  }))
}

/** A token; with what it stands for, if that is not plain from the measure. */
const lineOf = ({ token, source, measure }: MeasureRow): string =>
  measure !== null || ["object", "image", "any", "scene"].includes(source) ? token : `${token} of ${source}`

/** The horizontal place of a tap: its position where all encoders have the same taps, else its relative depth. */
interface Placing extends Across {
  /** whether taps without a place of their own are left out */
  readonly skipsSome: boolean
  readonly placeOf: (row: MeasureRow) => number | null
}
const isOfStream = (tap: string) => tap === "embed" || tap.endsWith(".resid_post")

function placing(rows: ReadonlyArray<MeasureRow>): Placing {
  const taps = tapOrder(rows)
  const lists = new Set(
    [...groupedBy(rows, ({ encoder }) => encoder).values()].map((of) =>
      distinct(of.map(({ tap }) => tap)).join()
    )
  )
  const stream = rows.filter(({ tap, depth }) => isOfStream(tap) && depth !== null)
  // two taps of one depth would make a zigzag
  if (lists.size > 1 && stream.length > 0)
    return {
      kind: "depth",
      taps,
      skipsSome: stream.length < rows.length,
      placeOf: ({ tap, depth }) => (isOfStream(tap) ? depth : null)
    }
  return { kind: "tap", taps, skipsSome: false, placeOf: ({ tap }) => taps.indexOf(tap) }
}

function chartRow(row: MeasureRow, block: Block, kind: string, place: Placing): ReadonlyArray<FigureRow> {
  const x = place.placeOf(row)
  if (x === null) return []
  return [
    {
      question: block.name,
      encoder: row.encoder,
      line: lineOf(row),
      kind,
      tap: row.tap,
      x,
      accuracy: row.balanced_accuracy,
      low: row.low,
      high: row.high,
      chance: row.chance,
      embed: row.tap === "embed" ? row.balanced_accuracy : null,
      n: row.n_scored,
      text: pointText(row)
    }
  ]
}

const altOf = (blocks: ReadonlyArray<Block>): string =>
  blocks.length === 0
    ? "no accuracies"
    : blocks
        .map(({ name, rows }) => {
          const [token] = tokenScales(distinct(rows.map(lineOf))).domain
          const lines = [
            ...groupedBy(
              rows.filter((row) => lineOf(row) === token),
              ({ encoder }) => encoder
            )
          ]
          return `${name} of ${token}: ${lines.map(([encoder, of]) => `${encoder} ${endsText(of)}`).join("; ")}.`
        })
        .join(" ")

/** M1 where there is one, else the first question; of the mean over an object's mask where there is that token. */
function curveOf(blocks: ReadonlyArray<Block>): Curve | null {
  const block = blocks.find(({ name }) => name === "A_ss") ?? blocks[0]!
  const [token] = tokenScales(distinct(block.rows.map(lineOf))).domain
  const rows = block.rows.filter((row) => lineOf(row) === token)
  const values = rows.flatMap(({ balanced_accuracy }) => balanced_accuracy ?? [])
  if (values.length === 0) return null
  const chances = rows.flatMap(({ chance }) => chance ?? [])
  const chance = chances.length === 0 ? "" : `, chance ${figure(Math.min(...chances))}`
  return {
    title: `${block.name === "A_ss" ? "M1 = A_ss" : block.name} of ${token} by depth${chance}`,
    low: Math.min(...values, ...chances),
    high: Math.max(...values),
    lines: [...groupedBy(rows, ({ encoder }) => encoder)].map(([name, of]) => ({
      name,
      values: of.map(({ balanced_accuracy }) => balanced_accuracy),
      from: endName(of[0]!.tap),
      to: endName(of.at(-1)!.tap)
    }))
  }
}
const endName = (tap: string) => tap.replace(/\.resid_post$/, "")
