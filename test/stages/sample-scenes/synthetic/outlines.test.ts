import { expect, test } from "vitest"
import {
  DISTRACTORS,
  outlines,
  PRIMARIES,
  SECONDARIES
} from "../../../../stages/sample-scenes/synthetic/outlines.ts"

const categories = [...PRIMARIES, ...SECONDARIES, ...DISTRACTORS]
const side = 5.2
const steps = 104
const cell = side / steps
const axis = Array.from({ length: steps }, (_, i) => (i + 0.5) * cell - side / 2)

test.each(categories)(
  "%s: it has the unit disc's area, its centroid in the origin, and stays within its extent",
  (category) => {
    const { distance, extent } = outlines[category]
    let [count, x, y, farthest] = [0, 0, 0, 0]
    for (const v of axis) {
      for (const u of axis) {
        // turned, so that no edge runs along the grid
        if (distance(0.8 * u + 0.6 * v, 0.8 * v - 0.6 * u) >= 0) continue
        count++
        x += u
        y += v
        farthest = Math.max(farthest, Math.hypot(u, v))
      }
    }
    expect(Math.abs(count * cell * cell - Math.PI)).toBeLessThan(0.04)
    expect(Math.hypot(x / count, y / count)).toBeLessThan(0.02)
    expect(farthest).toBeLessThanOrEqual(extent)
    expect(farthest).toBeGreaterThan(extent - 0.2)
  }
)

test.each(categories)("%s: the distance from it changes by a step's length at most", (category) => {
  const { distance } = outlines[category]
  for (const v of axis) {
    for (const u of axis.slice(1)) {
      const [here, before] = [distance(u, v), distance(u - cell, v)]
      expect(Math.abs(here - before)).toBeLessThanOrEqual(cell + 1e-9)
    }
  }
})

test("distances are those of geometry", () => {
  const half = Math.sqrt(Math.PI) / 2 // of the side of a square with the unit disc's area
  expect(outlines.disc.distance(3, 4)).toBeCloseTo(4, 12)
  expect(outlines.square.distance(0, 0)).toBeCloseTo(-half, 12)
  expect(outlines.square.distance(half + 3, half + 4)).toBeCloseTo(5, 12)
  expect(outlines.ring.distance(0, 0)).toBeGreaterThan(0) // the hole is not the ring's
})

test("no two categories share an outline: turned onto each other at best they differ by a tenth", () => {
  const turns = 24
  const masks = (category: (typeof categories)[number]) =>
    Array.from({ length: turns }, (_, turn) => {
      const [cos, sin] = [Math.cos((2 * Math.PI * turn) / turns), Math.sin((2 * Math.PI * turn) / turns)]
      const grid = axis.filter((_, i) => i % 2 === 0)
      return grid.flatMap((v) =>
        grid.map((u) => outlines[category].distance(u * cos + v * sin, v * cos - u * sin) < 0)
      )
    })
  const all = categories.map(masks)
  for (const [i, a] of all.entries()) {
    for (const [j, b] of all.entries()) {
      if (i >= j) continue
      const best = Math.max(
        ...b.map((turned) => {
          const upright = a[0]!
          const both = turned.filter((inside, k) => inside && upright[k]).length
          return both / turned.filter((inside, k) => inside || upright[k]).length
        })
      )
      expect(best, `${categories[i]} and ${categories[j]}`).toBeLessThan(0.9)
    }
  }
})
