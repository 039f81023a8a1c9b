/**
 * The outlines of the rendered objects, which distinguish the categories.
 *
 * Every outline is scaled to the area of the unit disc (π), has its centroid at the origin, and gives a point's
 * distance from its edge. So at equal size all categories cover equally many pixels, and neither the number of an
 * object's tokens nor its chance of being redrawn reveals its category.
 *
 * Source of the distances: Inigo Quilez, "2D distance functions", https://iquilezles.org/articles/distfunctions2d/
 */

import { cos, sin } from "../../../src/support/elementary/trigonometric.ts"

/** The paper's paired tasks have two primary and four secondary categories; the others are distractors. */
export const PRIMARIES = ["disc", "square"] as const
export const SECONDARIES = ["triangle", "star", "cross", "ring"] as const
export const DISTRACTORS = ["crescent", "arrow", "bar"] as const

export type Primary = (typeof PRIMARIES)[number]
export type Secondary = (typeof SECONDARIES)[number]
export type Distractor = (typeof DISTRACTORS)[number]
export type Category = Primary | Secondary | Distractor

export interface Outline {
  /** the distance from the centroid to the farthest point of the outline; 1 for the disc */
  readonly extent: number
  /** The signed distance of (x, y) from the outline, negative inside; y points down, as in images. */
  readonly distance: (x: number, y: number) => number
}

type Points = ReadonlyArray<readonly [x: number, y: number]>

/** `count` points on an arc, both ends included; angles in degrees, clockwise from the x axis. */
function arc(cx: number, cy: number, radius: number, from: number, to: number, count: number): Points {
  return Array.from({ length: count }, (_, i) => {
    const angle = ((from + ((to - from) * i) / (count - 1)) * Math.PI) / 180
    return [cx + radius * cos(angle), cy + radius * sin(angle)] as const
  })
}

/** The corners of a star with `tips` tips on the unit circle; with `inner` = cos(π/tips), a regular polygon. */
function star(tips: number, inner: number): Points {
  return Array.from({ length: 2 * tips }, (_, i) => {
    const angle = (i * Math.PI) / tips - Math.PI / 2
    const radius = i % 2 === 0 ? 1 : inner
    return [radius * cos(angle), radius * sin(angle)] as const
  })
}

/** Area and centroid of a simple polygon by the shoelace formula; the sign of the area gives the winding. */
function moments(points: Points): { area: number; x: number; y: number } {
  let [area, x, y] = [0, 0, 0]
  for (const [i, [ax, ay]] of points.entries()) {
    const [bx, by] = points[(i + 1) % points.length]!
    const cross = ax * by - bx * ay
    area += cross / 2
    x += ((ax + bx) * cross) / 6
    y += ((ay + by) * cross) / 6
  }
  return { area, x: x / area, y: y / area }
}

/** A simple polygon as an outline: moved to its centroid and scaled to the area π. */
function polygon(points: Points): Outline {
  const { area, x: cx, y: cy } = moments(points)
  const scale = Math.sqrt(Math.PI / Math.abs(area))
  const n = points.length
  const xs = Float64Array.from(points, ([x]) => (x - cx) * scale)
  const ys = Float64Array.from(points, ([, y]) => (y - cy) * scale)
  let farthest = 0
  for (let i = 0; i < n; i++) farthest = Math.max(farthest, xs[i]! * xs[i]! + ys[i]! * ys[i]!)
  return {
    extent: Math.sqrt(farthest),
    distance: (x, y) => {
      let nearest = Infinity
      let inside = false
      for (let i = 0, j = n - 1; i < n; j = i++) {
        const [xi, yi] = [xs[i]!, ys[i]!]
        const ex = xs[j]! - xi
        const ey = ys[j]! - yi
        const wx = x - xi
        const wy = y - yi
        const along = Math.min(1, Math.max(0, (wx * ex + wy * ey) / (ex * ex + ey * ey)))
        const dx = wx - ex * along
        const dy = wy - ey * along
        nearest = Math.min(nearest, dx * dx + dy * dy)
        // even-odd rule: count the edges that a ray in the direction of +x crosses
        if (yi > y !== ys[j]! > y && wx < (ex * wy) / ey) inside = !inside
      }
      return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest)
    }
  }
}

/** A ring with a hole of `hole` times its radius; 0 makes it a disc. */
function ring(hole: number): Outline {
  const outer = 1 / Math.sqrt(1 - hole * hole)
  const inner = hole * outer
  return {
    extent: outer,
    distance: (x, y) => {
      const radius = Math.sqrt(x * x + y * y)
      return hole === 0 ? radius - outer : Math.max(radius - outer, inner - radius)
    }
  }
}

/** A plus sign with arms of length 1 and half-width `w`. */
const plus = (w: number): Points =>
  // oxfmt-ignore
  [[w, -1], [w, -w], [1, -w], [1, w], [w, w], [w, 1], [-w, 1], [-w, w], [-1, w], [-1, -w], [-w, -w], [-w, -1]]

/** The unit disc without the disc of radius 0.8 about (0.5, 0). */
function moon(): Points {
  // where the two circles meet, as seen from the centre of either: arccos 0.61 and arccos 0.1375, in degrees
  const [outer, inner] = [52.410497035143145, 82.09679226651542]
  // the outer arc ends where the inner one begins: each corner once
  return [...arc(0, 0, 1, outer, 360 - outer, 24), ...arc(0.5, 0, 0.8, 360 - inner, inner, 20).slice(1, -1)]
}

export const outlines: Readonly<Record<Category, Outline>> = {
  disc: ring(0),
  square: polygon([[-1, -1], [1, -1], [1, 1], [-1, 1]]), // oxfmt-ignore
  triangle: polygon(star(3, cos(Math.PI / 3))),
  star: polygon(star(5, 0.42)),
  cross: polygon(plus(0.32)),
  ring: ring(0.58),
  crescent: polygon(moon()),
  // oxfmt-ignore
  arrow: polygon([[1.2, 0], [0.25, 0.8], [0.25, 0.28], [-1.1, 0.28], [-1.1, -0.28], [0.25, -0.28], [0.25, -0.8]]),
  bar: polygon([[-2, -0.5], [2, -0.5], [2, 0.5], [-2, 0.5]]) // oxfmt-ignore
}
