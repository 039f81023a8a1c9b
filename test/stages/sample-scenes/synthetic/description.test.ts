import { describe, expect, test } from "vitest"
import { seededRandom } from "../../../../src/support/random.ts"
import { drawLayout, objectOf } from "../../../../stages/sample-scenes/synthetic/description.ts"
import type { SceneDescription } from "../../../../stages/sample-scenes/synthetic/description.ts"
import { DISTRACTORS, PRIMARIES, SECONDARIES } from "../../../../stages/sample-scenes/synthetic/outlines.ts"
import { drawDescription } from "./draw.ts"

const size = { height: 96, width: 128 }
const scenes = Array.from({ length: 2000 }, (_, i) => drawDescription(seededRandom("scene", i), size))

/** What is known of a scene beside its categories, as numbers to be binned or names. */
const nuisances: Record<string, (scene: SceneDescription) => string | number> = {
  distractors: ({ objects }) => String(objects.length - 2),
  "main in front": ({ objects }) =>
    String(
      objects.findIndex(({ role }) => role === "main") > objects.findIndex(({ role }) => role === "second")
    ),
  background: ({ background }) => background.from[0],
  "kind of the first distractor": ({ objects }) =>
    objects.find(({ role }) => role === "distractor")?.category ?? "none"
}
for (const role of ["main", "second"] as const) {
  nuisances[`${role} colour`] = (scene) => objectOf(scene, role).colour
  nuisances[`${role} texture`] = (scene) => objectOf(scene, role).texture
  nuisances[`${role} size`] = (scene) => objectOf(scene, role).size
  nuisances[`${role} x`] = (scene) => objectOf(scene, role).x
  nuisances[`${role} y`] = (scene) => objectOf(scene, role).y
  nuisances[`${role} rotation`] = (scene) => objectOf(scene, role).rotation
}
nuisances["distance"] = (scene) => {
  const [main, second] = [objectOf(scene, "main"), objectOf(scene, "second")]
  return Math.hypot(main.x - second.x, main.y - second.y)
}

/** Names as they are; numbers by their quintile among all scenes. */
function levels(values: ReadonlyArray<string | number>): ReadonlyArray<string> {
  const sorted = values.filter((value) => typeof value === "number").sort((a, b) => a - b)
  if (sorted.length === 0) return values.map(String)
  const cuts = [1, 2, 3, 4].map((i) => sorted[Math.floor((i * sorted.length) / 5)]!)
  return values.map((value) => String(cuts.filter((cut) => Number(value) >= cut).length))
}

/**
 * Pearson's χ² of independence as a standard normal deviate, by the cube root of Wilson and Hilferty, "The
 * distribution of chi-square" (1931), https://doi.org/10.1073/pnas.17.12.684
 */
function dependence(as: ReadonlyArray<string>, bs: ReadonlyArray<string>): number {
  const [aLevels, bLevels] = [[...new Set(as)], [...new Set(bs)]]
  let statistic = 0
  for (const a of aLevels) {
    for (const b of bLevels) {
      const observed = as.filter((value, i) => value === a && bs[i] === b).length
      const expected =
        (as.filter((value) => value === a).length * bs.filter((value) => value === b).length) / as.length
      statistic += (observed - expected) ** 2 / expected
    }
  }
  const freedom = (aLevels.length - 1) * (bLevels.length - 1)
  const spread = 2 / (9 * freedom)
  return ((statistic / freedom) ** (1 / 3) - (1 - spread)) / Math.sqrt(spread)
}

/** One-sided 1 in 10,000: a false alarm in any of the 35 comparisons has 0.4 %, once and for all. */
const ALARM = 3.72

const primary = scenes.map((scene) => objectOf(scene, "main").category)
const secondary = scenes.map((scene) => objectOf(scene, "second").category)

describe("over 2,000 scenes, categories are planted nowhere", () => {
  test("the main and the second object's categories are independent of each other", () => {
    expect(dependence(primary, secondary)).toBeLessThan(ALARM)
  })

  test.each(Object.keys(nuisances))("neither depends on: %s", (name) => {
    const values = levels(scenes.map(nuisances[name]!))
    expect(dependence(primary, values)).toBeLessThan(ALARM)
    expect(dependence(secondary, values)).toBeLessThan(ALARM)
  })

  test("the measure does see a confound in one scene of six", () => {
    const random = seededRandom("planted")
    const colour = scenes.map((scene) => objectOf(scene, "main").colour as string)
    const planted = colour.map((name, i) => (random() < 1 / 6 && primary[i] === "disc" ? "red" : name))
    expect(dependence(primary, planted)).toBeGreaterThan(ALARM)
  })

  test("each category comes as often as any other of its role", () => {
    for (const [values, names] of [
      [primary, PRIMARIES],
      [secondary, SECONDARIES]
    ] as const) {
      for (const name of names) {
        const share = values.filter((value) => value === name).length / scenes.length
        const deviation = Math.sqrt((1 / names.length) * (1 - 1 / names.length) * (1 / scenes.length))
        expect(Math.abs(share - 1 / names.length)).toBeLessThan(4 * deviation)
      }
    }
  })
})

test("a scene has one main and one second object and up to three distractors of further categories", () => {
  const numbers = new Set<number>()
  for (const { objects } of scenes) {
    expect(objects.filter(({ role }) => role === "main")).toHaveLength(1)
    expect(objects.filter(({ role }) => role === "second")).toHaveLength(1)
    const distractors = objects.filter(({ role }) => role === "distractor")
    numbers.add(distractors.length)
    for (const { category } of distractors) expect(DISTRACTORS).toContain(category)
  }
  expect([...numbers].sort()).toEqual([0, 1, 2, 3])
})

test("the main object is larger on average, but in one scene of twenty at least the second is", () => {
  const [main, second] = (["main", "second"] as const).map((role) =>
    scenes.map((scene) => objectOf(scene, role).size)
  ) as [Array<number>, Array<number>]
  const mean = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0) / values.length
  expect(mean(main)).toBeGreaterThan(1.2 * mean(second))
  expect(main.filter((value, i) => value < second[i]!).length).toBeGreaterThan(scenes.length / 20)
})

test("some objects hide a part of others", () => {
  const touching = scenes.filter((scene) => {
    const [main, second] = [objectOf(scene, "main"), objectOf(scene, "second")]
    return Math.hypot(main.x - second.x, main.y - second.y) < main.size + second.size
  })
  expect(touching.length).toBeGreaterThan(100)
})

test("the same labels give the same description, others another", () => {
  expect(drawDescription(seededRandom("scene", 5), size)).toEqual(scenes[5])
  expect(drawDescription(seededRandom("scene", 6), size)).not.toEqual(scenes[5])
})

test("a layout drawn again keeps its cast", () => {
  const cast = { primary: "square", secondary: "ring", distractors: ["bar", "bar"] } as const
  for (let i = 0; i < 20; i++) {
    const { objects } = drawLayout(seededRandom(i), cast, size)
    expect(objects.map(({ category }) => category).sort()).toEqual(["bar", "bar", "ring", "square"])
  }
})

test.each([
  { height: 31, width: 64 },
  { height: 64, width: 64.5 },
  { height: 64, width: NaN }
])("an image of $height × $width pixels is refused, naming the side", (wrong) => {
  expect(() => drawDescription(seededRandom(), wrong)).toThrow(RangeError)
  expect(() => drawDescription(seededRandom(), wrong)).toThrow(
    wrong.height === 31 ? /height is 31.*32 or more/ : /width is (64\.5|NaN).*whole number/
  )
})
