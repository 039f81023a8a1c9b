/** The panels of one question, one for each encoder, as Vega-Lite. */
import { shortTap, type tokenScales } from "./chart-parts.ts"

/** The horizontal axis: taps at the positions 0, 1, …, or relative depths from 0 to 1. */
export interface Across {
  readonly kind: "tap" | "depth"
  readonly taps: ReadonlyArray<string>
}
interface Panels {
  readonly question: string
  readonly title: string
  readonly subtitle: string | null
  /** the line whose value at `embed` is drawn */
  readonly main: string
  readonly encoders: ReadonlyArray<string>
  readonly tokens: ReturnType<typeof tokenScales>
  readonly across: Across
}

/** The width of a panel, by the number of panels in a line; more in a line would be too small, or the chart too wide. */
const widths = [330, 330, 260, 215, 175, 150] as const
const height = 110

export function accuracyPanels({ question, title, subtitle, main, encoders, tokens, across }: Panels) {
  const columns = Math.min(encoders.length, widths.length - 1)
  const x = { field: "x", type: "quantitative", ...acrossOf(across) }
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: question.startsWith("A_") ? question : "accuracy",
    scale: { zero: false, nice: true },
    axis: { tickCount: 4, format: ".2f" }
  })
  const color = {
    field: "line",
    type: "nominal",
    scale: tokens.colour,
    legend: {
      title: null,
      orient: "top",
      symbolType: "circle",
      symbolSize: 60,
      symbolOpacity: 1,
      symbolStrokeWidth: 0
    }
  }
  const byLine = (scale: object) => ({ field: "line", type: "nominal", scale, legend: null })
  const only = (kind: string, ...more: ReadonlyArray<object | string>) => [
    { filter: { and: [{ field: "question", equal: question }, { field: "kind", equal: kind }, ...more] } }
  ]
  const thin = { type: "rule", strokeWidth: 1, aria: false }
  return {
    title: { text: title, anchor: "start", ...(subtitle === null ? {} : { subtitle }) },
    facet: { field: "encoder", type: "nominal", title: null, sort: encoders, header: { labelPadding: 3 } },
    columns,
    spacing: 14,
    spec: {
      width: widths[columns],
      height,
      layer: [
        {
          transform: only("accuracy"),
          mark: { ...thin, strokeDash: [5, 4], color: "#6b6b6b" },
          encoding: { y: { ...y("chance"), aggregate: "mean" } }
        },
        {
          transform: only("accuracy", { field: "line", equal: main }, "datum.embed !== null"),
          mark: { ...thin, strokeDash: [1, 3], color: "#2b2b2b" },
          encoding: { y: y("embed") }
        },
        {
          transform: only("accuracy", "datum.low !== null"),
          // an area over one tap has no width
          mark:
            across.taps.length === 1
              ? { ...thin, opacity: 0.6 }
              : { type: "area", opacity: 0.13, aria: false },
          encoding: { x, y: y("low"), y2: { field: "high" }, color }
        },
        {
          transform: only("background"),
          mark: { type: "line", strokeWidth: 1, strokeDash: [2, 2], aria: false },
          encoding: { x, y: y("accuracy"), color }
        },
        {
          transform: only("accuracy"),
          mark: { type: "line", strokeWidth: 2, aria: false },
          encoding: { x, y: y("accuracy"), color, strokeDash: byLine(tokens.dash) }
        },
        {
          transform: only("accuracy", "datum.accuracy !== null"),
          mark: { type: "point", filled: true, size: 34, opacity: 1 },
          encoding: {
            x,
            y: y("accuracy"),
            color,
            shape: byLine(tokens.shape),
            description: { field: "text" }
          }
        }
      ]
    }
  }
}

/** With more taps, some labels are left out. */
const mostLabelled = 8

function acrossOf({ kind, taps }: Across) {
  if (kind === "depth")
    return {
      title: "relative depth",
      scale: { domain: [0, 1], padding: 5 },
      axis: { values: [0, 0.5, 1], grid: false, labelOverlap: "greedy" }
    }
  const isFew = taps.length <= mostLabelled
  return {
    title: "tap",
    scale: { domain: [-0.3, taps.length - 0.7], nice: false, zero: false },
    axis: {
      values: taps.map((_, i) => i),
      labelExpr: `${JSON.stringify(taps.map(shortTap))}[datum.value]`,
      labelOverlap: isFew ? false : "greedy",
      // a long name would cover its neighbour's
      labelAngle: isFew && taps.some((tap) => shortTap(tap).length > 5) ? -40 : 0,
      grid: false
    }
  }
}
