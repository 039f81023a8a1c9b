/** Converts polygons to run lengths, bit-identical to pycocotools. */

/** Coordinates beyond this (in pixels) are refused: no image is that large. */
const farthest = 1_000_000

/** Why a list [x0, y0, x1, y1, …] is not a polygon, in words that continue from its name; null if it is one. */
export function problemOfPolygon(points: unknown): string | null {
  if (!Array.isArray(points)) return "is not a list of coordinates [x0, y0, x1, y1, …]"
  // millions of coordinates pass through here, so avoid an iterator
  for (let i = 0; i < points.length; i++) {
    const value: unknown = points[i]
    if (typeof value !== "number" || !Number.isFinite(value)) return `has ${shown(value)} as coordinate ${i}`
    if (Math.abs(value) > farthest) return `has coordinate ${i} at ${value} px, far outside any image`
  }
  if (points.length % 2 === 1) return `has an odd number of coordinates (${points.length})`
  if (points.length < 6) return `has ${points.length / 2} points; a polygon has at least 3`
  return null
}
const shown = (value: unknown) => (typeof value === "number" ? String(value) : JSON.stringify(value))

/**
 * The run lengths of one polygon: column-major, zeros first, with sum height · width.
 *
 * Source: `rleFrPoly` in common/maskApi.c (cocodataset/cocoapi). The outline is drawn on a grid five times as fine;
 * where it crosses the middle of a pixel column, the column's state flips. Parts outside the image are clipped.
 *
 * @param points [x0, y0, x1, y1, …] in pixels, valid by `problemOfPolygon`; (0, 0) is the image's corner
 */
export function countsOfPolygon(points: ReadonlyArray<number>, height: number, width: number): Uint32Array {
  const flips = flipsOfOutline(points, height, width)
  flips.push(height * width)
  const ends = Uint32Array.from(flips).sort() // a typed array's sort is numeric, and needs no comparison
  const counts = new Uint32Array(ends.length)
  counts[0] = ends[0]!
  let n = 1
  for (let i = 1; i < ends.length; i++) {
    const run = ends[i]! - ends[i - 1]!
    if (run > 0) counts[n++] = run
    // two flips at one pixel cancel: what follows belongs to the run before
    else if (++i < ends.length) counts[n - 1]! += ends[i]! - ends[i - 1]!
  }
  return counts.slice(0, n)
}

/** The outline's grid is this many times as fine as the pixel grid. */
const scale = 5

/**
 * The column-major indices of the pixels where the polygon begins or ends in their column, unsorted.
 *
 * The outline is walked one grid point at a time along the longer axis of each edge. Only steps to another grid
 * column within the image matter, so the rest of a long edge is skipped: the time depends on the image's size, not on
 * how far away an edge ends.
 */
function flipsOfOutline(points: ReadonlyArray<number>, height: number, width: number): Array<number> {
  const flips: Array<number> = []
  const corners = points.map((value) => Math.trunc(scale * value + 0.5)) // as C's (int): towards 0
  let [u, v] = [NaN, 0]
  const step = (nextU: number, nextV: number) => {
    const middle = (Math.min(u, nextU) - (scale - 1) / 2) / scale
    if (nextU !== u && middle >= 0 && middle < width && Number.isInteger(middle)) {
      const y = (Math.min(v, nextV) + 0.5) / scale - 0.5
      flips.push(middle * height + Math.ceil(Math.min(Math.max(y, 0), height)))
    }
    u = nextU
    v = nextV
  }
  /** beyond this, as below 0, no step counts */
  const last = scale * width
  for (let i = 0; i < corners.length; i += 2) {
    const [x0, y0] = [corners[i]!, corners[i + 1]!]
    const [x1, y1] = [corners[(i + 2) % corners.length]!, corners[(i + 3) % corners.length]!]
    const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)]
    // The rounding is that of a walk from the lower end, even where the edge is walked from the upper one. An edge of
    // length 0 has no slope (0/0 in C, which has no effect there).
    if (dx >= dy) {
      const [low, from, slope] = x0 > x1 ? [x1, y1, (y0 - y1) / dx] : [x0, y0, dx === 0 ? 0 : (y1 - y0) / dx]
      const first = Math.max(0, x0 > x1 ? x0 - last : -x0)
      const end = Math.min(dx, x0 > x1 ? x0 : last - x0)
      for (let d = first; d <= end; d++) {
        const t = x0 > x1 ? dx - d : d
        step(low + t, Math.trunc(from + slope * t + 0.5))
      }
    } else {
      const [low, from, slope] = y0 > y1 ? [y1, x1, (x0 - x1) / dy] : [y0, x0, (x1 - x0) / dy]
      const rises = x1 > x0
      const timeOf = (d: number) => (y0 > y1 ? dy - d : d)
      const columnOf = (d: number) => Math.trunc(from + slope * timeOf(d) + 0.5)
      const isFar = dy > 2 * scale * height
      // columns rise or fall monotonically along an edge, so bisection finds where they enter the image and change
      let d = isFar ? firstOf(0, dy, (at) => (rises ? columnOf(at) >= 0 : columnOf(at) <= last)) : 0
      while (d <= dy) {
        const t = y0 > y1 ? dy - d : d
        const column = Math.trunc(from + slope * t + 0.5)
        step(column, low + t)
        d++
        if (!isFar) continue
        if (rises ? column > last : column < 0) break
        d = firstOf(d, dy, (at) => columnOf(at) !== column)
        if (d <= dy) step(column, low + timeOf(d - 1))
      }
    }
  }
  return flips
}

/** The first whole number in `from` … `to` with a property that all later ones share; `to` + 1 if there is none. */
function firstOf(from: number, to: number, has: (at: number) => boolean): number {
  // with growing steps, because it is usually close
  let [low, size] = [from, 1]
  while (low + size <= to && !has(low + size - 1)) {
    low += size
    size *= 2
  }
  let high = Math.min(low + size, to + 1)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (has(middle)) high = middle
    else low = middle + 1
  }
  return low
}
