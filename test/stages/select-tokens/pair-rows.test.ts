import { describe, expect, it } from "vitest"
import { neighbourhood } from "../../../stages/vision/grid.ts"
import { cup, found, grid, kitchen, mask, patchesIn, scenes, type Token, tokensOf } from "./kitchen.ts"

describe("select-tokens of a pair", () => {
  it("takes the two categories' masks, and neither other objects nor crowds", () => {
    const tokens = tokensOf(kitchen, { of: "pair" })
    expect(tokens.map(({ source, token }) => `${source} ${token}`).sort()).toEqual([
      "background_vs_secondary avg_obj",
      "background_vs_secondary random_obj",
      "image cls",
      "primary avg_obj",
      "primary random",
      "primary random_obj",
      "secondary avg_obj",
      "secondary random",
      "secondary random_obj",
      "secondary_vs_background avg_obj",
      "secondary_vs_background random_obj"
    ])
    expect(found(tokens, "primary", "avg_obj")!.indices).toEqual([5, 6, 13])
    expect(found(tokens, "secondary", "avg_obj")).toMatchObject({
      indices: [41, 42, 43],
      weights: [0.4, 0.4, 0.2]
    })
  })

  it("takes the union of a category with several objects, and not one of them", () => {
    const masks = [...kitchen.masks, ...mask(5, "cup", { 55: 1 }), ...mask(-1, "cup", { ...cup, 55: 1 })]
    const tokens = tokensOf({ ...kitchen, masks }, { of: "pair" })
    expect(patchesIn(found(tokens, "primary", "avg_obj")!)).toEqual([0, 1, 8, 55])
  })

  it("answers every task of a scene, with one CLS row for all", () => {
    const tasks = [
      ...kitchen.tasks!,
      { task: "pins", primary: "people", secondary: "cup", left_out: null },
      { task: "faint", primary: "pin", secondary: "cup", left_out: null },
      { task: "none", primary: "table", secondary: "cup", left_out: "the image lacks a table" }
    ]
    const tokens = tokensOf({ ...kitchen, tasks }, { of: "pair" })
    expect(new Set(tokens.map(({ task }) => task))).toEqual(new Set([null, "kitchens", "pins"]))
    expect(tokens.filter(({ task }) => task === null)).toEqual([tokens[0]])
    expect(tokens[0]).toMatchObject({ token: "cls", selection: null })
    const cups = tokens.filter(({ token, indices }) => token === "avg_obj" && indices.join() === "5,6,13")
    expect(cups.map(({ task, source }) => [task, source])).toEqual([
      ["kitchens", "primary"],
      ["pins", "secondary"],
      ["pins", "secondary_vs_background"]
    ])
  })

  it("draws by role and category, so that a task's name does not matter", () => {
    const renamed = kitchen.tasks!.map((task) => ({ ...task, task: "renamed" }))
    const without = (tokens: Array<Token>) => tokens.map((row) => ({ ...row, task: null }))
    expect(without(tokensOf({ ...kitchen, tasks: renamed }, { of: "pair" }))).toEqual(
      without(tokensOf(kitchen, { of: "pair" }))
    )
  })

  it("compares as many patches with the same weights, off both objects and one patch around", () => {
    let compared = 0
    for (const scene of [kitchen, ...scenes]) {
      const tokens = tokensOf(scene, { of: "pair", comparisons: ["reverse", "near", "background"] })
      // a patch is an object's, for this, however little of it is covered
      const pair = new Set([scene.tasks![0]!.primary, scene.tasks![0]!.secondary])
      const unions = scene.masks.flatMap(({ category, patch }) => (pair.has(category) ? [patch] : []))
      const near = neighbourhood(grid, unions)
      for (const [whose, side, other] of [
        ["secondary", "secondary_vs_background", "background_vs_secondary"],
        ["secondary", "secondary_vs_near", "near_vs_secondary"],
        ["primary", "primary_vs_background", "background_vs_primary"]
      ] as const) {
        const off = found(tokens, other, "avg_obj")
        const own = found(tokens, side, "avg_obj")
        const of = found(tokens, whose, "avg_obj")!
        if (off === undefined || own === undefined) {
          expect([off, own]).toEqual([undefined, undefined])
          if (side !== "secondary_vs_near") expect(near.size).toBe(64)
          continue
        }
        compared++
        if (side !== "secondary_vs_near")
          expect(own.indices).toHaveLength(Math.min(of.indices.length, 64 - near.size))
        expect(off.weights).toEqual(own.weights)
        expect(patchesIn(off).filter((patch) => near.has(patch))).toEqual([])
        const total = own.indices.reduce((sum, index) => sum + of.weights[of.indices.indexOf(index)]!, 0)
        own.indices.forEach((index, i) =>
          expect(own.weights[i]).toBeCloseTo(of.weights[of.indices.indexOf(index)]! / total, 12)
        )
        expect(own.indices).toContain(found(tokens, side, "random_obj")!.indices[0])
        expect(off.indices).toContain(found(tokens, other, "random_obj")!.indices[0])
      }
      // comparisons come in one order
      const again = tokensOf(scene, { of: "pair", comparisons: ["background", "near", "reverse"] })
      expect(again).toEqual(tokens)
    }
    expect(compared).toBeGreaterThan(20)
  })

  it("leaves a comparison out on both sides where there is no background, and keeps the rest", () => {
    const spread = [1, 4, 7].flatMap((r) => [1, 4, 7].map((c) => 8 * r + c))
    const everywhere = Object.fromEntries(spread.map((patch) => [patch, 0.1]))
    const masks = [...mask(0, "cup", { ...everywhere, 0: 1 }), ...mask(2, "table", { ...everywhere, 36: 1 })]
    const tokens = tokensOf(
      { ...kitchen, masks },
      { of: "pair", comparisons: ["background", "near", "reverse"] }
    )
    expect(tokens.map(({ source, token }) => `${source} ${token}`)).toEqual([
      "image cls",
      "primary avg_obj",
      "primary random_obj",
      "primary random",
      "secondary avg_obj",
      "secondary random_obj",
      "secondary random"
    ])
    expect(tokensOf(kitchen, { of: "pair", comparisons: [] })).toHaveLength(7)
  })

  it("gives nothing unless both have a token: the question is of both or of none", () => {
    const without = (category: string) => ({
      ...kitchen,
      masks: kitchen.masks.filter((row) => row.category !== category)
    })
    expect(tokensOf(without("cup"), { of: "pair" })).toEqual([])
    expect(tokensOf(without("table"), { of: "pair" })).toEqual([])
    const faint = [...without("cup").masks, ...mask(0, "cup", { 0: 0.49 })]
    expect(tokensOf({ ...kitchen, masks: faint }, { of: "pair" })).toEqual([])
    expect(tokensOf({ ...kitchen, tasks: [] }, { of: "pair" })).toEqual([])
  })

  it("needs tasks", () => {
    const { tasks: _, ...bare } = kitchen
    expect(() => tokensOf(bare, { of: "pair" })).toThrow('of: "pair" needs tasks')
    expect(tokensOf(bare)).toEqual(tokensOf(kitchen))
  })
})
