/** The names of points in a chart: beside them where there is room, else by colour and shape. */
import type { FigureRow } from "../../src/index.ts"
import { distinct } from "./chart-parts.ts"

/** Of a square chart, in pixels. */
export const side = 230
/** Beside a point: right or left, above or below. */
const labelPlaces = [
  { align: "left", dx: 6, dy: -7 },
  { align: "left", dx: 6, dy: 8 },
  { align: "right", dx: -6, dy: -7 },
  { align: "right", dx: -6, dy: 8 }
] as const

export const labelledPoints = (x: object, y: object) => [
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

/** Where labels would cover each other: a colour and a shape for each encoder. */
export function colouredPoints(x: object, y: object, points: ReadonlyArray<FigureRow>) {
  const domain = distinct(points.map(({ encoder }) => encoder))
  const cycled = (values: ReadonlyArray<string>) => ({
    domain,
    range: domain.map((_, i) => values[i % values.length]!)
  })
  const of = { field: "encoder", type: "nominal", title: null }
  return [
    {
      mark: { type: "point", filled: true, size: 60, opacity: 1 },
      encoding: {
        x,
        y,
        color: { ...of, scale: cycled(pointColours) },
        shape: { ...of, scale: cycled(pointShapes) },
        description: { field: "text" }
      }
    }
  ]
}
/** Seven colours and five shapes: 35 encoders differ. */
const pointColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"]
const pointShapes = ["circle", "triangle-up", "square", "diamond", "cross"]

/**
 * Chooses the first place of each label that is clear of the labels before it; `label_place` says which. `areLabelled` is
 * false if a label has no such place.
 */
export function placeLabels(given: ReadonlyArray<FigureRow>, neutral: number) {
  const scale = (...names: ReadonlyArray<string>) => {
    const values = given.flatMap((point) => names.flatMap((name) => (point[name] as number | null) ?? []))
    if (names.includes("value")) values.push(neutral)
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
  let areLabelled = true
  const points = given.map((point): FigureRow => {
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
    const found = boxes.findIndex(isClear)
    if (found < 0) areLabelled = false
    const place = Math.max(0, found)
    taken.push(boxes[place]!)
    return { ...point, label_place: place }
  })
  return { points, areLabelled }
}
