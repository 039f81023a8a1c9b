/**
 * M1 against what the secondary's tokens know of the primary (M2, and A_sp − A_bg), and the same measures under several
 * selections: at each encoder's last tap, with intervals.
 */
import type { Figure, FigureRow } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"
import { distinct, groupedBy, lastTaps, pairMeasureNames, tokenScales, type Variant } from "./chart-parts.ts"
import { differenceText, figure } from "./figures.ts"

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
  const points = placeLabels(pointsOf(rows, against))
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
          {
            mark: { type: "point", filled: true, size: 55, opacity: 1, color: "#0072b2" },
            encoding: { x, y, description: { field: "text" } }
          },
          ...labelPlaces.map(({ align, dx, dy }, place) => ({
            transform: [{ filter: { field: "label_place", equal: place } }],
            mark: { type: "text", align, dx, dy, fontSize: 11, aria: false },
            encoding: { x, y, text: { field: "encoder" } }
          }))
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

const side = 230
/** Beside a point: right or left, above or below. */
const labelPlaces = [
  { align: "left", dx: 6, dy: -7 },
  { align: "left", dx: 6, dy: 8 },
  { align: "right", dx: -6, dy: -7 },
  { align: "right", dx: -6, dy: 8 }
] as const

/** Chooses the first place of each label that is clear of the labels before it; `label_place` says which. */
function placeLabels(points: ReadonlyArray<FigureRow>): ReadonlyArray<FigureRow> {
  const scale = (...names: ReadonlyArray<string>) => {
    const values = points.flatMap((point) => names.flatMap((name) => (point[name] as number | null) ?? []))
    const [least, most] = [Math.min(...values), Math.max(...values)]
    return (value: unknown) => (((value as number) - least) / (most - least || 1)) * side
  }
  const [x, y] = [scale("m1", "m1_low", "m1_high"), scale("value", "low", "high")]
  const taken: Array<{
    readonly token: unknown
    readonly left: number
    readonly right: number
    readonly y: number
  }> = []
  return points.map((point) => {
    const width = String(point["encoder"]).length * 6
    const boxes = labelPlaces.map(({ align, dx, dy }) => {
      const at = x(point["m1"]) + dx
      const ends = align === "left" ? { left: at, right: at + width } : { left: at - width, right: at }
      return { token: point["token"], ...ends, y: -y(point["value"]) + dy }
    })
    const isClear = (box: (typeof boxes)[number]) =>
      taken.every(
        (other) =>
          other.token !== box.token ||
          other.right < box.left ||
          box.right < other.left ||
          Math.abs(other.y - box.y) > 11
      )
    const place = Math.max(0, boxes.findIndex(isClear))
    taken.push(boxes[place]!)
    return { ...point, label_place: place }
  })
}

/** As-published beside aligned: null unless the table has several selections. */
export function selectionChart(rows: ReadonlyArray<MeasureRow>): Figure | null {
  const [probe] = rows.map((row) => row.probe)
  const own = rows.filter(
    (row) =>
      row.probe === probe &&
      pairMeasureNames.some((name) => name === row.measure) &&
      row.balanced_accuracy !== null
  )
  const selections = distinct(own.map(({ selection }) => selection))
  if (selections.length < 2) return null
  const last = lastTaps(own)
  const { domain } = tokenScales(distinct(own.map(({ token }) => token)))
  const [task] = own.map((row) => row.task)
  const shown = own.filter(
    (row) => row.token === domain[0] && row.task === task && last.get(row.encoder) === row.tap
  )
  const y = { field: "encoder", type: "nominal", sort: null, title: null }
  const x = (field: string) => ({
    field,
    type: "quantitative",
    title: "balanced accuracy",
    scale: { zero: false, nice: true },
    axis: { tickCount: 4, format: ".2f" }
  })
  const shared = {
    yOffset: { field: "selection", type: "nominal", sort: selections },
    color: {
      field: "selection",
      type: "nominal",
      sort: selections,
      scale: { domain: selections, range: ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00"] },
      legend: { title: null, orient: "top" }
    }
  }
  const of = groupedBy(shown, ({ measure }) => measure!)
  return {
    id: "selections",
    title: `Selections beside each other: ${domain[0]} at each encoder's last tap (${probe} probe${task == null ? "" : `, ${task}`})`,
    alt: [...of].map(([name, some]) => `${name}: ${some.map(selectionText).join("; ")}.`).join(" "),
    spec: {
      facet: { column: { field: "measure", type: "nominal", sort: pairMeasureNames, title: null } },
      spec: {
        width: 190,
        height: { step: 16 },
        layer: [
          {
            mark: { type: "rule", aria: false },
            encoding: { y, x: x("low"), x2: { field: "high" }, ...shared }
          },
          {
            mark: { type: "point", filled: true, size: 50, opacity: 1 },
            encoding: {
              y,
              x: x("accuracy"),
              ...shared,
              shape: { field: "selection", type: "nominal", sort: selections },
              description: { field: "text" }
            }
          }
        ]
      },
      resolve: { scale: { x: "independent" } }
    },
    rows: shown.map((row) => ({
      measure: row.measure,
      encoder: row.encoder,
      selection: row.selection,
      tap: row.tap,
      token: row.token,
      accuracy: row.balanced_accuracy,
      low: row.low,
      high: row.high,
      chance: row.chance,
      n: row.n_scored,
      text: `${row.measure} of ${selectionText(row)}`
    })),
    note: "Lines are 95 % intervals over seeds and folds. The difference centre − as-published isolates the crop, aligned − centre the rule."
  }
}
const selectionText = ({ encoder, selection, balanced_accuracy }: MeasureRow) =>
  `${encoder}, ${selection} ${figure(balanced_accuracy!)}`
