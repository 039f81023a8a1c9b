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

/** The accuracies that are printed; the table has the others. */
const accuracies = {
  A_pp: "the primary object's category, from its own tokens, ± 95 % over seeds and folds",
  A_ss: "the secondary object's category, from its own tokens"
} as const
const names = Object.keys(accuracies) as ReadonlyArray<keyof typeof accuracies>
/** Lines are of rows with these measures: `A_sp` holds the comparison with the background, and M2. */
const shown = [...names, "A_sp"]
const targets = ["primary", "secondary"] as const

/** The measures that the printed columns show or are made of. */
export const isPrinted = ({ measure }: MeasureRow): boolean =>
  [...shown, sidesOf.background.objectMeasure, sidesOf.background.backgroundMeasure].some(
    (name) => name === measure
  )

/** All that was asked of one encoder's tokens at one tap, for one task. */
export type PairLine = ReadonlyArray<MeasureRow>

export function pairLines(rows: ReadonlyArray<MeasureRow>): ReadonlyArray<PairLine> {
  const lines = new Map<string, Array<MeasureRow>>()
  for (const row of rows) {
    if (!shown.some((name) => name === row.measure)) continue
    const key = JSON.stringify([row.encoder, row.selection, row.task, row.tap, row.token])
    const others = lines.get(key)
    if (others === undefined) lines.set(key, [row])
    else others.push(row)
  }
  return [...lines.values()]
}

export function pairSummary(lines: ReadonlyArray<PairLine>) {
  const first = (line: PairLine) => line[0]!
  const of = (line: PairLine, measure: string) => line.find((row) => row.measure === measure)
  const sp = (line: PairLine) => of(line, "A_sp")
  const all = lines.flat()
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
    ...names.map((name): PrintedColumn<PairLine> => ({
      name: `${name}${sharedChance(all, name)}`,
      doc: `${accuracies[name]}${all.some(isLimited(name)) ? "; ≤ the best that any one vector of an image could reach" : ""}`,
      cell: (line) => {
        const row = of(line, name)
        return row === undefined ? "" : accuracyText(row, true)
      }
    })),
    ...(lines.some((line) => sp(line)?.entanglement != null)
      ? [
          {
            name: "A_sp − A_bg",
            doc: "what the secondary's tokens know of the primary's category beyond as many background tokens of the same scenes",
            cell: (line: PairLine) => {
              const {
                entanglement = null,
                entanglement_low = null,
                entanglement_high = null
              } = sp(line) ?? {}
              return differenceText(entanglement, entanglement_low, entanglement_high)
            }
          }
        ]
      : lines.some((line) => sp(line) !== undefined)
        ? [
            {
              name: `A_sp${sharedChance(all, "A_sp")}`,
              doc: "the primary's category, from the secondary's tokens",
              cell: (line: PairLine) => {
                const row = sp(line)
                return row === undefined ? "" : accuracyText(row)
              }
            }
          ]
        : []),
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
            doc: "A_sp / A_pp, a ratio of means; blank where A_pp's lower limit is under .6",
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
const chancesOf = (rows: ReadonlyArray<MeasureRow>, target: string) => [
  ...new Set(
    rows.filter((row) => row.target === target && row.chance !== null).map(({ chance }) => figure(chance!))
  )
]
const classesOf = (rows: ReadonlyArray<MeasureRow>, target: string) => {
  const some = rows.filter((row) => row.target === target)
  return some.length === 0 ? "" : countText(some.map(({ classes }) => classes))
}

/** The chance that all lines share, such as ` (chance .500)`; empty where they differ and a column tells it. */
function sharedChance(rows: ReadonlyArray<MeasureRow>, measure: string): string {
  const target = rows.find((row) => row.measure === measure)?.target
  if (target === undefined) return ""
  const chances = chancesOf(rows, target)
  return chances.length === 1 ? ` (chance ${chances[0]})` : ""
}
