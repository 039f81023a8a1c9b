/**
 * All four accuracies of pairs by tap and token, as a heat map: colour is the accuracy above chance as a share of what
 * there is above chance, so that questions with two and with four answers can be compared.
 */
import type { Figure, FigureRow } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"
import {
  distinct,
  pairMeasureNames,
  pairMeasures,
  pointText,
  shortTap,
  tapOrder,
  tokenScales,
  type Variant
} from "./chart-parts.ts"
import { figure } from "./figures.ts"

/** With more taps, cells are too narrow for numbers. */
const mostNumbered = 8
const mapWidth = 250

/** Null for a table without pairs. */
export function tapChart({ rows, suffix, says }: Variant): Figure | null {
  const shown = rows.filter(({ measure }) => pairMeasureNames.some((name) => name === measure))
  if (shown.length === 0) return null
  const order = tapOrder(shown)
  const isNumbered = order.length <= mostNumbered
  const cell = isNumbered ? 34 : Math.max(10, Math.floor(mapWidth / order.length))
  const axes = {
    x: {
      field: "tap",
      type: "nominal",
      sort: order.map(shortTap),
      title: null,
      axis: {
        labelAngle: order.every((tap) => shortTap(tap).length <= 5) ? 0 : -60,
        labelOverlap: isNumbered ? false : "greedy"
      }
    },
    y: {
      field: "token",
      type: "nominal",
      sort: tokenScales(distinct(shown.map(({ token }) => token))).domain,
      title: null
    }
  }
  const map = {
    mark: { type: "rect", invalid: null, stroke: "#e8e8e8", strokeWidth: 1 },
    encoding: {
      ...axes,
      color: {
        condition: { test: "datum.above_chance === null", value: "#ececec" },
        field: "above_chance",
        type: "quantitative",
        // below chance counts as chance
        scale: {
          domain: [0, 1],
          clamp: true,
          interpolate: "rgb",
          range: ["#ffffff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"]
        },
        legend: { title: "above chance", orient: "right", gradientLength: 120, format: ".1f" }
      },
      description: { field: "text" }
    }
  }
  const numbers = {
    mark: { type: "text", fontSize: 10, aria: false },
    encoding: {
      ...axes,
      text: { field: "label" },
      color: { condition: { test: "datum.above_chance > 0.6", value: "#ffffff" }, value: "#1a1a1a" }
    }
  }
  return {
    id: `taps${suffix}`,
    title: `A_pp, A_ss, A_sp and A_ps by tap and token (${says})`,
    alt: altOf(shown) || "no accuracy is defined",
    spec: {
      facet: {
        row: {
          field: "encoder",
          type: "nominal",
          sort: distinct(shown.map(({ encoder }) => encoder)),
          title: null,
          header: { labelAngle: 0, labelFontWeight: "bold" }
        },
        column: { field: "measure", type: "nominal", sort: pairMeasureNames, title: null }
      },
      spacing: { row: 8, column: 14 },
      spec: { width: { step: cell }, height: { step: 20 }, layer: isNumbered ? [map, numbers] : [map] }
    },
    rows: shown.map(mapRow),
    note: "Colour: (accuracy − chance)/(1 − chance), white at chance and below. –: undefined. Without a cell: not asked."
  }
}

function mapRow(row: MeasureRow): FigureRow {
  const { balanced_accuracy: accuracy, chance } = row
  const above =
    accuracy === null || chance === null || chance === 1 ? null : (accuracy - chance) / (1 - chance)
  return {
    encoder: row.encoder,
    measure: row.measure,
    tap: shortTap(row.tap),
    token: row.token,
    accuracy,
    low: row.low,
    high: row.high,
    chance,
    above_chance: above,
    n: row.n_scored,
    label: accuracy === null ? "–" : figure(Math.round(accuracy * 100) / 100).slice(0, 3),
    text: pointText(row)
  }
}

const altOf = (rows: ReadonlyArray<MeasureRow>): string =>
  pairMeasureNames
    .flatMap((name) => {
      const of = rows.filter(
        ({ measure, balanced_accuracy }) => measure === name && balanced_accuracy !== null
      )
      if (of.length === 0) return []
      const best = of.reduce((a, b) => (b.balanced_accuracy! > a.balanced_accuracy! ? b : a))
      return [
        `${name} (${pairMeasures[name]}) is highest with ${figure(best.balanced_accuracy!)}: ${best.encoder}, ${best.token}, ${best.tap}.`
      ]
    })
    .join(" ")
