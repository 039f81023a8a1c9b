/** The charts of a table of measures: the accuracy by depth first, then what the table allows. */
import type { Figure } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"
import { accuracyChart } from "./accuracy-chart.ts"
import { variantsOf } from "./chart-parts.ts"
import { measureCharts } from "./measure-charts.ts"
import { selectionChart } from "./selection-chart.ts"
import { tapChart } from "./tap-chart.ts"

export function measureFigures(rows: ReadonlyArray<MeasureRow>): ReadonlyArray<Figure> {
  const { variants, more } = variantsOf(rows)
  if (variants.length === 0) return [accuracyChart({ suffix: "", says: "no probe", rows: [] })]
  const selections = selectionChart(rows)
  const figures = [
    ...variants.map(accuracyChart),
    ...(selections === null ? [] : [selections]),
    ...variants.flatMap((variant) => tapChart(variant) ?? []),
    ...variants.flatMap(measureCharts)
  ]
  if (more === 0) return figures
  const [first, ...others] = figures
  const note = `${first!.note ?? ""} ${more} more combinations of probe, selection and task are in the table.`
  return [{ ...first!, note: note.trim() }, ...others]
}
