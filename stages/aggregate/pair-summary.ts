/** What a run prints of pairs: a line per encoder, tap and token, with the accuracies of both objects side by side. */
import type { MeasureRow } from "../tables/measures.ts"
import { sidesOf } from "../tables/questions.ts"
import {
  accuracyText,
  countText,
  differenceText,
  docsOf,
  figure,
  figureOrBlank,
  isLimit,
  type PrintedColumn,
  printed,
  varying
} from "./figures.ts"

/** The accuracies that are printed, A_sp only where it is not compared with the background; the table has the others. */
const accuracies = {
  A_pp: "the primary object's category, from its own tokens, ± 95 % over seeds and folds",
  A_ss: "the secondary object's category, from its own tokens",
  A_sp: "the primary's category, from the secondary's tokens"
} as const
const names = Object.keys(accuracies) as ReadonlyArray<keyof typeof accuracies>
const targets = ["primary", "secondary"] as const

/** The measures that the printed columns show or are made of. */
export const isPrinted = ({ measure }: MeasureRow): boolean =>
  [...names, sidesOf.background.objectMeasure, sidesOf.background.backgroundMeasure].some(
    (name) => name === measure
  )

/** All that was asked of one encoder's tokens at one tap, for one task. */
export type PairLine = ReadonlyArray<MeasureRow>

export function pairLines(rows: ReadonlyArray<MeasureRow>): ReadonlyArray<PairLine> {
  const lines = new Map<string, Array<MeasureRow>>()
  for (const row of rows) {
    if (!names.some((name) => name === row.measure)) continue
    const key = JSON.stringify([row.encoder, row.selection, row.task, row.tap, row.token])
    const others = lines.get(key)
    if (others === undefined) lines.set(key, [row])
    else others.push(row)
  }
  return [...lines.values()]
}

const sp = (line: PairLine) => line.find((row) => row.measure === "A_sp")

const beyondBackground: PrintedColumn<PairLine> = {
  name: "A_sp − A_bg",
  doc: "what the secondary's tokens know of the primary's category beyond as many background tokens of the same scenes",
  cell: (line) => {
    const { entanglement = null, entanglement_low = null, entanglement_high = null } = sp(line) ?? {}
    return differenceText(entanglement, entanglement_low, entanglement_high)
  }
}

export function pairSummary(lines: ReadonlyArray<PairLine>) {
  const first = (line: PairLine) => line[0]!
  const of = (line: PairLine, measure: string) => line.find((row) => row.measure === measure)
  const all = lines.flat()
  const isCompared = lines.some((line) => sp(line)?.entanglement != null)
  const accuraciesShown = names.filter(
    (name) => name !== "A_sp" || (!isCompared && lines.some((line) => sp(line) !== undefined))
  )
  const columns: ReadonlyArray<PrintedColumn<PairLine>> = [
    { name: "encoder", cell: (line) => first(line).encoder },
    ...varying(lines, {
      name: "selection",
      doc: "how masks became patches",
      cell: (line) => first(line).selection
    }),
    ...varying(lines, { name: "task", cell: (line) => first(line).task ?? "" }),
    { name: "tap", cell: (line) => first(line).tap },
    { name: "token", doc: docsOf.token, cell: (line) => first(line).token },
    ...accuraciesShown.map((name): PrintedColumn<PairLine> => ({
      name: `${name}${sharedChance(all, name)}`,
      doc: `${accuracies[name]}${sharedClasses(all, name)}${all.some(isLimited(name)) ? "; ≤ the best that any one vector of an image could reach" : ""}`,
      cell: (line) => {
        const row = of(line, name)
        return row === undefined ? "" : accuracyText(row, true)
      }
    })),
    ...(isCompared ? [beyondBackground] : []),
    // fewer where some scenes have no background
    ...(lines.some((line) => (sp(line)?.entanglement_n ?? sp(line)?.n_scored) !== sp(line)?.n_scored)
      ? [
          {
            name: "n bg",
            doc: "examples of A_sp − A_bg: scenes that have background",
            cell: (line: PairLine) => sp(line)?.entanglement_n ?? ""
          }
        ]
      : []),
    ...(lines.some((line) => sp(line)?.m2 != null)
      ? [
          {
            name: "M2",
            doc: "A_sp / A_pp, a ratio of means; blank where A_pp's lower limit is under .6, except for as-published",
            cell: (line: PairLine) => figureOrBlank(sp(line)?.m2 ?? null)
          }
        ]
      : []),
    ...varying(lines, {
      name: "chance",
      doc: "of the primary / the secondary",
      cell: (line) => targets.map((target) => chancesOf(line, target).join("–")).join(" / ")
    }),
    ...varying(lines, {
      name: "classes",
      doc: "of the primary / the secondary",
      cell: (line) => targets.map((target) => classesOf(line, target)).join(" / ")
    }),
    {
      name: "n",
      doc: isOneAnImage(all) ? "examples, one an image" : "examples",
      cell: (line) => countText(line.map(({ n_scored }) => n_scored))
    },
    ...(isOneAnImage(all)
      ? []
      : [
          {
            name: "images",
            doc: docsOf.images,
            cell: (line: PairLine) => countText(line.map(({ images }) => images))
          }
        ])
  ]
  return printed(columns, lines)
}

const isOneAnImage = (rows: ReadonlyArray<MeasureRow>) => rows.every(({ n, images }) => n === images)
const isLimited = (name: string) => (row: MeasureRow) => row.measure === name && isLimit(row.ceiling)
const chancesOf = (rows: ReadonlyArray<MeasureRow>, target: string | undefined) => [
  ...new Set(
    rows.filter((row) => row.target === target && row.chance !== null).map(({ chance }) => figure(chance!))
  )
]
const classesOf = (rows: ReadonlyArray<MeasureRow>, target: string | undefined) => {
  const some = rows.filter((row) => row.target === target)
  return some.length === 0 ? "" : countText(some.map(({ classes }) => classes))
}

/** The chance that all lines share, such as ` (chance .500)`; empty where they differ and a column tells it. */
function sharedChance(rows: ReadonlyArray<MeasureRow>, measure: string): string {
  const chances = chancesOf(rows, targetOf(rows, measure))
  return chances.length === 1 ? ` (chance ${chances[0]})` : ""
}

/** The number of classes that all lines share, such as `; 2 classes`; empty where they differ and a column tells it. */
function sharedClasses(rows: ReadonlyArray<MeasureRow>, measure: string): string {
  const classes = classesOf(rows, targetOf(rows, measure))
  return typeof classes === "number" ? `; ${classes} classes` : ""
}

const targetOf = (rows: ReadonlyArray<MeasureRow>, measure: string) =>
  rows.find((row) => row.measure === measure)?.target
