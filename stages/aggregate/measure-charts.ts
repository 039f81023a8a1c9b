/** M1 against what the secondary's tokens know of the primary (M2, and A_sp − A_bg), at each encoder's last tap. */
import type { Figure, FigureRow } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"
import { distinct, lastTaps, tokenScales, type Variant } from "./chart-parts.ts"
import { differenceText, figure } from "./figures.ts"
import { colouredPoints, labelledPoints, placeLabels, side } from "./point-labels.ts"

interface Against {
  readonly id: string
  readonly title: string
  readonly axis: string
  /** the value that separates "knows" from "does not": no ratio, no difference */
  readonly neutral: number
  readonly columns: readonly [value: keyof MeasureRow, low: keyof MeasureRow, high: keyof MeasureRow]
  /** why nothing is drawn */
  readonly undefinedBecause: string
}
const againsts: ReadonlyArray<Against> = [
  {
    id: "m1-m2",
    title: "M1 against M2",
    axis: "M2 = A_sp / A_pp",
    neutral: 1,
    columns: ["m2", "m2_low", "m2_high"],
    undefinedBecause:
      "M2 is undefined at every encoder's last tap: the lower limit of A_pp is under .6, and a ratio of two accuracies near chance means nothing"
  },
  {
    id: "m1-entanglement",
    title: "M1 against A_sp − A_bg",
    axis: "A_sp − A_bg",
    neutral: 0,
    columns: ["entanglement", "entanglement_low", "entanglement_high"],
    undefinedBecause:
      "A_sp − A_bg is undefined at every encoder's last tap: nothing is compared with the background"
  }
]

/** Empty for a table without M1. */
export function measureCharts(variant: Variant): ReadonlyArray<Figure> {
  return variant.rows.some(({ m1 }) => m1 !== null)
    ? againsts.map((against) => scatter(variant, against))
    : []
}

function scatter({ rows, suffix, says }: Variant, against: Against): Figure {
  const { points, areLabelled } = placeLabels(pointsOf(rows, against), against.neutral)
  const value = (field: string, title: string) => ({
    field,
    type: "quantitative",
    title,
    scale: { zero: false, nice: true, padding: 8 },
    axis: { tickCount: 5, format: ".2f" }
  })
  const [x, y] = [value("m1", "M1 = A_ss"), value("value", against.axis)]
  const tokens = tokenScales(distinct(points.map(({ token }) => String(token))))
  const interval = (encoding: object, test: string) => ({
    transform: [{ filter: test }],
    mark: { type: "rule", strokeWidth: 1, opacity: 0.55, color: "#6b6b6b", aria: false },
    encoding
  })
  return {
    id: `${against.id}${suffix}`,
    title: `${against.title}, at each encoder's last tap (${says})`,
    alt: points.map(({ text }) => `${String(text)}.`).join(" ") || against.undefinedBecause,
    spec: {
      facet: { column: { field: "token", type: "nominal", sort: tokens.domain, title: null } },
      spacing: 16,
      spec: {
        width: tokens.domain.length > 2 ? side : 320,
        height: side,
        layer: [
          {
            mark: { type: "rule", strokeDash: [5, 4], color: "#6b6b6b", strokeWidth: 1, aria: false },
            encoding: { y: { datum: against.neutral, type: "quantitative" } }
          },
          interval({ x: value("m1_low", "M1 = A_ss"), x2: { field: "m1_high" }, y }, "datum.m1_low !== null"),
          interval({ x, y: value("low", against.axis), y2: { field: "high" } }, "datum.low !== null"),
          ...(areLabelled ? labelledPoints(x, y) : colouredPoints(x, y, points))
        ]
      }
    },
    rows: points,
    note:
      points.length === 0
        ? against.undefinedBecause
        : "Lines through points are 95 % intervals over seeds and folds."
  }
}

function pointsOf(rows: ReadonlyArray<MeasureRow>, { columns, axis }: Against): ReadonlyArray<FigureRow> {
  const last = lastTaps(rows)
  const at = rows.filter(({ encoder, tap }) => last.get(encoder) === tap)
  const [value, low, high] = columns
  const number = (row: MeasureRow, name: keyof MeasureRow) => row[name] as number | null
  return at.flatMap((ss) => {
    if (ss.measure !== "A_ss" || ss.m1 === null) return []
    const sp = at.find(
      ({ measure, encoder, token }) => measure === "A_sp" && encoder === ss.encoder && token === ss.token
    )
    if (sp === undefined || number(sp, value) === null) return []
    const told = differenceText(number(sp, value), number(sp, low), number(sp, high))
    return [
      {
        encoder: ss.encoder,
        token: ss.token,
        tap: ss.tap,
        m1: ss.m1,
        m1_low: ss.m1_low,
        m1_high: ss.m1_high,
        value: number(sp, value),
        low: number(sp, low),
        high: number(sp, high),
        n: ss.n_scored,
        text: `${ss.encoder}, ${ss.token}, ${ss.tap}: M1 ${figure(ss.m1)}, ${axis} ${told}`
      }
    ]
  })
}
