import { describe, expect, it } from "vitest"
import { below, normal, type Random, seededRandom } from "../../../src/index.ts"
import { compared, counterparts, distanceTo, equallyDistant } from "../../../stages/tokens/compare.ts"
import { type Coverage, freePatches, patchesOf, type Weights } from "../../../stages/tokens/weights.ts"

const side = 8
const grid = { rows: side, columns: side, prefix: 1 }
const draw = (...labels: ReadonlyArray<string | number>) => seededRandom("compare", ...labels)

describe("counterparts", () => {
  it("are as many as the smaller side has; the larger one is cut, each patch as often", () => {
    expect(counterparts([3, 5], [20, 30], draw())).toMatchObject({ object: [3, 5] })
    expect(counterparts([3, 5], [], draw())).toEqual({ object: [], background: [] })
    const counts = new Map<number, number>()
    for (let i = 0; i < 600; i++) {
      const few = counterparts([1, 2, 3, 4], [30], draw(i))
      const many = counterparts([1], [30, 31, 32, 33], draw(i))
      expect([few.background, many.object]).toEqual([[30], [1]])
      for (const patch of [...few.object, ...many.background]) counts.set(patch, (counts.get(patch) ?? 0) + 1)
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 30, 31, 32, 33])
    // a quarter of 600, ± 4 standard deviations of 10.6
    for (const count of counts.values()) expect(Math.abs(count - 150)).toBeLessThan(43)
  })

  it("do not tie a place of the background to a place of the object", () => {
    const first = new Set(
      Array.from({ length: 50 }, (_, i) => counterparts([1, 2], [30, 31], draw(i)).background[0])
    )
    expect(first).toEqual(new Set([30, 31]))
  })
})

describe("equally distant patches", () => {
  it("measures from centre to nearest centre", () => {
    expect(distanceTo(grid, 0, [0, 63])).toBe(0)
    expect(distanceTo(grid, 0, [3 * side + 4, 63])).toBe(5)
    expect(distanceTo(grid, 7, [8])).toBeCloseTo(Math.sqrt(50), 12) // not round the edge
  })

  it("are at the same distance, within half a patch, each used once; the others are cut", () => {
    let [kept, asked] = [0, 0]
    for (let i = 0; i < 200; i++) {
      const { primary, secondary } = scene(draw("near", i))
      const [from, object] = [patchesOf(primary, 0.5), patchesOf(secondary, 0.5)]
      const free = freePatches(grid, [primary, secondary])
      const found = equallyDistant(grid, object, free, from, draw("near draws", i))
      expect(found.background).toHaveLength(found.object.length)
      expect(new Set(found.background).size).toBe(found.background.length)
      expect(found.object.every((patch) => object.includes(patch))).toBe(true)
      expect(found.background.every((patch) => free.includes(patch))).toBe(true)
      for (const [k, patch] of found.object.entries()) {
        const difference = distanceTo(grid, patch, from) - distanceTo(grid, found.background[k]!, from)
        expect(Math.abs(difference)).toBeLessThanOrEqual(0.5)
      }
      // no patch that was cut has a free counterpart left
      const left = free.filter((patch) => !found.background.includes(patch))
      for (const patch of object.filter((one) => !found.object.includes(one)))
        for (const candidate of left)
          expect(Math.abs(distanceTo(grid, patch, from) - distanceTo(grid, candidate, from))).toBeGreaterThan(
            0.5
          )
      kept += found.object.length
      asked += object.length
    }
    expect(kept).toBeGreaterThan(300)
    expect(kept).toBeLessThan(asked)
  })

  it("are the most similar ones", () => {
    // from patch 0, patch 5 of the first row is 5 away; so is row 3, column 4, while row 2, column 5 is √29 away
    const found = equallyDistant(grid, [5], [2 * side + 5, 3 * side + 4], [0], draw())
    expect(found).toEqual({ object: [5], background: [3 * side + 4] })
  })
})

/** Two rectangles on the grid, with partly covered borders. */
function scene(random: Random): { readonly primary: Coverage; readonly secondary: Coverage } {
  const rectangle = () => {
    const [height, width] = [1 + below(random, 6), 1 + below(random, 6)]
    const [top, left] = [below(random, side - height + 1), below(random, side - width + 1)]
    return new Map(
      Array.from({ length: height * width }, (_, i) => {
        const patch = (top + Math.floor(i / width)) * side + left + (i % width)
        return [patch, 0.5 + 0.5 * random()] as const
      })
    )
  }
  return { primary: rectangle(), secondary: rectangle() }
}

/** A feature of every patch: all know the same, p, with noise of their own. */
const known = 0.4
const features = (p: number, random: Random) =>
  Array.from({ length: side * side + 1 }, () => known * p + normal(random))
const valueOf = ({ indices, weights }: Weights, x: ReadonlyArray<number>) =>
  indices.reduce((sum, token, i) => sum + weights[i]! * x[token]!, 0)
const powerOf = ({ weights }: Weights) => weights.reduce((sum, weight) => sum + weight * weight, 0)

const worlds = 4000
/** Both sides of one comparison over many scenes, and how many of them had few free patches. */
function simulated(comparison: "background" | "near" | "reverse") {
  const sides = { object: kinds(), background: kinds() }
  let few = 0
  for (let i = 0; i < worlds; i++) {
    const random = draw(comparison, i)
    const { primary, secondary } = scene(random)
    const object = comparison === "reverse" ? primary : secondary
    const patches = patchesOf(object, 0.5)
    const free = freePatches(grid, [primary, secondary])
    const pairs =
      comparison === "near"
        ? equallyDistant(grid, patches, free, patchesOf(primary, 0.5), random)
        : counterparts(patches, free, random)
    const both = compared(grid, object, pairs, random)
    if (both === null) continue
    // to the last bit, though in another order
    const sorted = (weights: Weights) => [...weights.weights].sort((a, b) => a - b)
    expect(sorted(both.background.average)).toEqual(sorted(both.object.average))
    expect(both.background.average.indices.some((token) => both.object.average.indices.includes(token))).toBe(
      false
    )
    if (pairs.object.length < patches.length) few++
    const p = i % 2 === 0 ? 1 : -1
    const x = features(p, random)
    for (const of of ["object", "background"] as const)
      for (const [token, weights] of [
        ["avg_obj", both[of].average],
        ["random_obj", both[of].one]
      ] as const) {
        const value = valueOf(weights, x) * p
        sides[of][token].noise.push((value - known) / Math.sqrt(powerOf(weights)))
        sides[of][token].right.push(Number(value > 0))
      }
  }
  return { sides, few, n: sides.object.avg_obj.noise.length }
}
/** Of each scene's token: its noise in units of its standard deviation, √Σw², and whether its sign is that of p. */
const kinds = () => ({
  avg_obj: { noise: numbers(), right: numbers() },
  random_obj: { noise: numbers(), right: numbers() }
})
const numbers = (): Array<number> => []

const mean = (all: ReadonlyArray<number>) => all.reduce((a, b) => a + b, 0) / all.length

describe.each(["background", "near", "reverse"] as const)(
  "in a world where every patch knows the same, the two sides of %s",
  (comparison) => {
    const { sides, few, n } = simulated(comparison)

    it("were compared in many scenes, in some of which the object had to be cut", () => {
      expect(n).toBeGreaterThan(worlds / 5)
      expect(few).toBeGreaterThan(n / 20)
    })

    it.each(["avg_obj", "random_obj"] as const)(
      "know it equally well by %s, with equally much noise",
      (token) => {
        for (const of of ["object", "background"] as const) {
          const { noise } = sides[of][token]
          expect(Math.abs(mean(noise))).toBeLessThan(4 / Math.sqrt(n))
          expect(Math.abs(mean(noise.map((value) => value * value)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
        }
        const { right } = sides.object[token]
        const difference = right.map((one, i) => one - sides.background[token].right[i]!)
        const deviation = Math.sqrt(mean(difference.map((one) => one * one)) / n)
        expect(Math.abs(mean(difference))).toBeLessThan(4 * deviation)
      }
    )
  }
)

it("fails a comparison of unequal numbers of patches: the test can tell", () => {
  // the secondary's patches against all free ones, as it was
  const differences = Array.from({ length: 1000 }, (_, i) => {
    const random = draw("unequal", i)
    const { primary, secondary } = scene(random)
    const free = freePatches(grid, [primary, secondary])
    const x = features(1, random)
    const right = (patches: ReadonlyArray<number>) => Number(mean(patches.map((patch) => x[patch + 1]!)) > 0)
    return free.length === 0 ? 0 : right(patchesOf(secondary, 0.5)) - right(free)
  })
  expect(mean(differences)).toBeLessThan(-0.04)
})
