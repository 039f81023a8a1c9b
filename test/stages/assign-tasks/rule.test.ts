import { describe, expect, it } from "vitest"
import { seededRandom } from "../../../src/index.ts"
import { checkRules, rowByRule, type TaskRule } from "../../../stages/assign-tasks/rule.ts"
import { syntheticTask } from "../../../stages/sample-scenes/stage.ts"
import { renderScene } from "../../../stages/sample-scenes/synthetic/render-scene.ts"

const rule = (some: Partial<TaskRule> = {}): TaskRule => ({
  task: "0",
  primary: ["cat", "dog"],
  secondary: ["bench", "bed"],
  crowds: false,
  min_area: 0,
  ...some
})
const object = (category: string, some: { area?: number; crowd?: boolean } = {}) => ({
  category,
  area: 16,
  crowd: false,
  ...some
})
const row = (primary: string, secondary: string) => ({ task: "0", primary, secondary, left_out: null })

describe("a scene is in a task", () => {
  it("if it shows exactly one primary and one secondary category, each any number of times", () => {
    const objects = ["dog", "cup", "bed", "dog", "bed"].map((category) => object(category))
    expect(rowByRule(rule(), objects)).toEqual(row("dog", "bed"))
  })
  it.each([
    ["none of the primary", ["bench"], "it shows none of the primary categories"],
    ["several of the primary", ["cat", "dog", "bed"], "it shows several of the primary categories"],
    ["none of the secondary", ["cat", "cup"], "it shows none of the secondary categories"],
    ["several of the secondary", ["cat", "bed", "bench"], "it shows several of the secondary categories"]
  ])("unless it shows %s", (_, categories, reason) => {
    expect(
      rowByRule(
        rule(),
        categories.map((category) => object(category))
      )
    ).toBe(reason)
  })
  it("counts categories that only degenerate annotations show: they exclude others, and cannot be asked", () => {
    const objects = [object("cat"), object("bed")]
    const leftOut = [{ category: "dog" }]
    expect(rowByRule(rule(), objects, leftOut)).toBe("it shows several of the primary categories")
    expect(rowByRule(rule(), objects.slice(1), leftOut)).toEqual({
      ...row("dog", "bed"),
      left_out: 'every "dog" in the image has degenerate polygons'
    })
    expect(rowByRule(rule(), objects, [{ category: "cup" }])).toEqual(row("cat", "bed"))
  })
  it("by its crowds only if they count", () => {
    const objects = [object("cat"), object("dog", { crowd: true }), object("bed")]
    expect(rowByRule(rule(), objects)).toEqual(row("cat", "bed"))
    expect(rowByRule(rule({ crowds: true }), objects)).toBe("it shows several of the primary categories")
    const crowd = [object("cat"), object("bed", { crowd: true })]
    expect(rowByRule(rule(), crowd)).toBe("it shows none of the secondary categories")
    expect(rowByRule(rule({ crowds: true }), crowd)).toEqual(row("cat", "bed"))
  })
  it("by categories whose areas, of the objects that count, reach the least area together", () => {
    const objects = [
      object("cat", { area: 30 }),
      object("cat", { area: 30 }),
      object("dog", { area: 59 }),
      object("dog", { area: 500, crowd: true }),
      object("bench", { area: 60 })
    ]
    expect(rowByRule(rule({ min_area: 60 }), objects)).toEqual(row("cat", "bench"))
    expect(rowByRule(rule({ min_area: 61 }), objects)).toBe("it shows none of the primary categories")
    expect(rowByRule(rule({ min_area: 60, crowds: true }), objects)).toBe(
      "it shows several of the primary categories"
    )
  })
  it("by objects of no area, if none is required", () => {
    expect(rowByRule(rule(), [object("cat", { area: 0 }), object("bed", { area: 0 })])).toEqual(
      row("cat", "bed")
    )
  })
  it("whatever the order of categories, and if one is named twice", () => {
    const twice = rule({ primary: ["dog", "cat", "cat"] })
    expect(rowByRule(twice, [object("cat"), object("bed")])).toEqual(row("cat", "bed"))
  })
})

it("rendered scenes get their own pair by `syntheticTask`", () => {
  const scenes = Array.from({ length: 200 }, (_, i) =>
    renderScene({ height: 64, width: 80 }, seededRandom(0, "synthetic scene", i))
  )
  const found = scenes.map(({ objects }) => rowByRule({ ...rule(), ...syntheticTask }, objects))
  expect(found).toEqual(
    scenes.map(({ primary, secondary }) => ({ task: "main", primary, secondary, left_out: null }))
  )
  expect(new Set(found.map((row) => typeof row !== "string" && row.primary + row.secondary)).size).toBe(8)
})

describe("rules are refused, and the error names the task and the field:", () => {
  it.each<readonly [string, ReadonlyArray<TaskRule>, string, string]>([
    [
      "a category in both roles",
      [rule(), rule({ task: "1", secondary: ["bench", "cat"] })],
      "tasks.rules[1].secondary",
      'task "1" has "cat" in both roles'
    ],
    [
      "two for a task",
      [rule(), rule({ primary: ["cup"] })],
      "tasks.rules[1].task",
      'task "0" has two rules, 0 and 1'
    ],
    ["an empty list", [rule({ primary: [] })], "tasks.rules[0].primary", 'task "0" has no primary category'],
    ["none at all", [], "tasks.rules", "there are no rules"]
  ])("%s", (_, rules, field, message) => {
    expect(() => checkRules(rules)).toThrow(
      expect.objectContaining({ name: "StageError", field, message, hint: expect.any(String) as string })
    )
  })
  it("but a category may have different roles in different tasks", () => {
    const other = rule({ task: "1", primary: ["bench"], secondary: ["cat"] })
    expect(() => checkRules([rule(), other])).not.toThrow()
  })
})
