/** Polygons whose corners lie far outside of the image: the same masks as by a walk over every point of the outline. */
import { expect, it } from "vitest"
import { below, pick, type Random, seededRandom } from "../../../src/support/random.ts"
import { countsOfPolygon } from "../../../stages/vision/polygon.ts"

/** pycocotools' `rleFrPoly`, a step a point of the outline. */
function countsByWalking(points: ReadonlyArray<number>, height: number, width: number): Array<number> {
  const corners = points.map((value) => Math.trunc(5 * value + 0.5))
  const outline: Array<readonly [u: number, v: number]> = []
  for (let i = 0; i < corners.length; i += 2) {
    let [xs, ys] = [corners[i]!, corners[i + 1]!]
    let [xe, ye] = [corners[(i + 2) % corners.length]!, corners[(i + 3) % corners.length]!]
    const [dx, dy] = [Math.abs(xe - xs), Math.abs(ye - ys)]
    const isFlipped = (dx >= dy && xs > xe) || (dx < dy && ys > ye)
    if (isFlipped) [xs, xe, ys, ye] = [xe, xs, ye, ys]
    const slope = dx >= dy ? (dx === 0 ? 0 : (ye - ys) / dx) : (xe - xs) / dy
    for (let d = 0; d <= Math.max(dx, dy); d++) {
      const t = isFlipped ? Math.max(dx, dy) - d : d
      outline.push(
        dx >= dy ? [t + xs, Math.trunc(ys + slope * t + 0.5)] : [Math.trunc(xs + slope * t + 0.5), t + ys]
      )
    }
  }
  const ends: Array<number> = [height * width]
  for (let i = 1; i < outline.length; i++) {
    const [[u, v], [before, beforeV]] = [outline[i]!, outline[i - 1]!]
    if (u === before) continue
    const x = ((u < before ? u : u - 1) + 0.5) / 5 - 0.5
    if (Math.floor(x) !== x || x < 0 || x > width - 1) continue
    const y = Math.min(Math.max((Math.min(v, beforeV) + 0.5) / 5 - 0.5, 0), height)
    ends.push(x * height + Math.ceil(y))
  }
  ends.sort((a, b) => a - b)
  const runs = ends.map((end, i) => end - (ends[i - 1] ?? 0))
  const counts = [runs[0]!]
  for (let i = 1; i < runs.length;) {
    if (runs[i]! > 0) counts.push(runs[i++]!)
    else if (++i < runs.length) counts[counts.length - 1]! += runs[i++]!
  }
  return counts
}

function drawPolygon(random: Random, height: number, width: number): Array<number> {
  const reach = pick(random, [1, 1.5, 4, 60])
  const grid = pick(random, [1, 0.2, 0.01])
  const points: Array<number> = []
  for (let i = 0; i < 2 * (3 + below(random, 9)); i++) {
    const edge = i % 2 === 0 ? width : height
    const at = (random() - 0.5) * reach * edge + edge / 2
    // some edges are upright or level
    points.push(i > 1 && random() < 0.15 ? points[i - 2]! : Math.round(at / grid) * grid)
  }
  return points
}

it("are cut off at the image's border, bit for bit", () => {
  const random = seededRandom("far polygons")
  for (let round = 0; round < 200; round++) {
    const [height, width] = [1 + below(random, 60), 1 + below(random, 60)]
    const points = drawPolygon(random, height, width)
    expect(
      [...countsOfPolygon(points, height, width)],
      `${JSON.stringify(points)} in ${height} × ${width}`
    ).toEqual(countsByWalking(points, height, width))
  }
})

it("take time by the image's size: a walk over these would take minutes", () => {
  const points = Array.from({ length: 4000 }, (_, i) => (i % 3 === 0 ? 1e6 : i % 2 === 0 ? -1e6 : 30))
  const counts = countsOfPolygon(points, 48, 64)
  expect(counts.reduce((sum, run) => sum + run, 0)).toBe(48 * 64)
})
