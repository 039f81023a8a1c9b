/** The same accuracies under several selections, beside each other: at each encoder's last tap, with intervals. */
import type { Figure } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"
import { distinct, groupedBy, lastTaps, pairMeasureNames, tokenScales } from "./chart-parts.ts"
import { figure } from "./figures.ts"

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
    title: `Selections beside each other: ${domain[0]} at each encoder's last tap (${probe} probe${task == null ? "" : `, task ${task}`})`,
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
