import { describe, expect, it } from "vitest"
import { neighbourhood } from "../../../stages/vision/grid.ts"
import {
  found,
  grid,
  type Item,
  kitchen,
  patchesIn,
  scenes,
  select,
  type Token,
  tokensOf
} from "./kitchen.ts"

describe.each(["objects", "pair", "all"])("select-tokens of %s", (of) => {
  it("gives weights that sum to 1 over tokens that there are, each once", () => {
    const rows = select([kitchen, ...scenes], { of }).flat()
    expect(rows.length).toBeGreaterThan(60)
    for (const { token, indices, weights } of rows) {
      expect(weights).toHaveLength(indices.length)
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
      expect(weights.every((weight) => weight > 0)).toBe(true)
      expect(new Set(indices).size).toBe(indices.length)
      // all but the class token and the list of all tokens are patches: 5 … 68
      const first = token === "cls" || token.startsWith("token.") ? 0 : 5
      expect(indices.every((index) => Number.isInteger(index) && index >= first && index < 69)).toBe(true)
    }
  })

  it("draws by seed and scene, whatever the batch and its order", () => {
    const together = select(scenes, { of, seed: 3 })
    const reversed = select(scenes.toReversed(), { of, seed: 3 }).toReversed()
    const alone = scenes.map((scene) => tokensOf(scene, { of, seed: 3 }))
    expect(reversed).toEqual(together)
    expect(alone).toEqual(together)
    if (of === "all") expect(select(scenes, { of, seed: 4 })).toEqual(together)
    else expect(select(scenes, { of, seed: 4 })).not.toEqual(together)
  })
})

describe("select-tokens of objects", () => {
  it("averages over the patches from the threshold on, in proportion to coverage", () => {
    const tokens = tokensOf(kitchen)
    expect(found(tokens, "object", "avg_obj", 0)).toMatchObject({
      indices: [5, 6, 13],
      weights: [1 / 2.25, 0.75 / 2.25, 0.5 / 2.25]
    })
    expect(found(tokensOf(kitchen, { threshold: 0.8 }), "object", "avg_obj", 0)).toMatchObject({
      indices: [5],
      weights: [1]
    })
  })

  it("draws random_obj inside the object's mask, and random anywhere", () => {
    const rows = select(scenes).flat()
    const anywhere = new Set<boolean>()
    for (const row of rows.filter(({ source, token }) => source === "object" && token === "random_obj")) {
      const own = rows.indexOf(row)
      const average = rows[own - 1]!
      expect(average.token).toBe("avg_obj")
      expect(average.indices).toContain(row.indices[0])
      expect(row.weights).toEqual([1])
      anywhere.add(average.indices.includes(rows[own + 1]!.indices[0]!))
    }
    expect(anywhere).toEqual(new Set([true, false]))
  })

  it("draws anew for every scene, object and kind of token, though the masks be the same", () => {
    const alike = Array.from({ length: 40 }, (_, i) => ({ ...kitchen, id: `alike-${i}` }))
    const drawn = (of: string, source: string, token: string, object: number) =>
      select(alike, { of }).map((tokens) => found(tokens, source, token, object)!.indices.join())
    const lists = [
      drawn("objects", "object", "random_obj", 0),
      drawn("objects", "object", "random", 0),
      drawn("objects", "object", "random", 2),
      drawn("pair", "primary", "random", -1),
      drawn("pair", "secondary", "random", -1),
      drawn("objects", "background", "random_obj", -1),
      drawn("pair", "background_vs_secondary", "random_obj", -1)
    ]
    for (const list of lists) expect(new Set(list).size).toBeGreaterThan(2)
    expect(new Set(lists.map((list) => list.join(" "))).size).toBe(lists.length)
  })

  it("gives nothing for crowds, for objects under the threshold, and for those without a mask row", () => {
    const tokens = tokensOf(kitchen)
    const objects = tokens.filter(({ source }) => source === "object")
    expect(new Set(objects.map(({ object }) => object))).toEqual(new Set([0, 2]))
    expect(tokens.filter(({ token }) => token === "cls")).toEqual([
      { selection: null, task: null, source: "image", object: -1, token: "cls", indices: [0], weights: [1] }
    ])
  })

  it("gives a scene of crowds alone no token at all", () => {
    const crowds = { ...kitchen.scenes, objects: kitchen.scenes.objects.map((o) => ({ ...o, crowd: true })) }
    expect(tokensOf({ ...kitchen, scenes: crowds })).toEqual([])
  })

  it("has the background: the mean of all patches off every object and crowd, and one of them", () => {
    for (const scene of [kitchen, ...scenes]) {
      const tokens = tokensOf(scene)
      const near = neighbourhood(
        grid,
        scene.masks.map(({ patch }) => patch)
      )
      const free = Array.from({ length: 64 }, (_, patch) => patch).filter((patch) => !near.has(patch))
      const average = found(tokens, "background", "avg_obj")
      const one = found(tokens, "background", "random_obj")
      if (free.length === 0) expect([average, one]).toEqual([undefined, undefined])
      else {
        expect(patchesIn(average!)).toEqual(free)
        expect(new Set(average!.weights)).toEqual(new Set([1 / free.length]))
        expect(free).toContain(patchesIn(one!)[0])
      }
      expect(found(tokens, "background", "random")).toBeUndefined()
    }
  })

  it("has no CLS row for an encoder without a class token: token 0 is a patch then", () => {
    const bare = { ...grid, prefix: 0, classToken: false }
    for (const of of ["objects", "pair"]) {
      const tokens = tokensOf(kitchen, { of, grid: bare })
      expect(tokens.length).toBeGreaterThan(0)
      expect(tokens.some(({ token }) => token === "cls")).toBe(false)
    }
    expect(found(tokensOf(kitchen, { grid: bare }), "object", "avg_obj", 0)!.indices).toEqual([0, 1, 8])
  })

  it("has no CLS row where all tokens before the patches are registers, and all other rows as they were", () => {
    const registers = { ...grid, classToken: false }
    for (const of of ["objects", "pair"]) {
      const others = tokensOf(kitchen, { of }).filter(({ token }) => token !== "cls")
      expect(others.length).toBeGreaterThan(0)
      expect(tokensOf(kitchen, { of, grid: registers })).toEqual(others)
    }
  })
})

describe.each(["objects", "pair"])("select-tokens of %s, of masks with several selections", (of) => {
  const published = kitchen.masks.map((row) => ({ ...row, selection: "as-published", coverage: 1 }))
  const both: Item = { ...kitchen, masks: [...published, ...kitchen.masks] }

  it("has the rows of each, and one CLS row", () => {
    const tokens = tokensOf(both, { of })
    const [cls, ...own] = tokensOf(kitchen, { of })
    const others = tokensOf({ ...kitchen, masks: published }, { of }).slice(1)
    expect(tokens).toEqual([cls, ...others, ...own])
    expect(new Set(others.map(({ selection }) => selection))).toEqual(new Set(["as-published"]))
    const average = (rows: ReadonlyArray<Token>, source: string) =>
      found(rows, source, "avg_obj", of === "objects" ? 0 : -1)!
    const source = of === "objects" ? "object" : "primary"
    // patch 9, of which a quarter is covered, counts where coverage is 0 or 1
    expect(average(own, source).indices).toHaveLength(3)
    expect(average(others, source)).toMatchObject({
      indices: [5, 6, 13, 14],
      weights: [0.25, 0.25, 0.25, 0.25]
    })
  })

  it("draws the same from equal patches", () => {
    const same = kitchen.masks.map((row) => ({ ...row, selection: "centre" }))
    const tokens = tokensOf({ ...kitchen, masks: [...same, ...kitchen.masks] }, { of }).slice(1)
    const rowsOf = (name: string) =>
      tokens.filter(({ selection }) => selection === name).map((row) => ({ ...row, selection: null }))
    expect(rowsOf("centre").length).toBeGreaterThan(5)
    expect(rowsOf("centre")).toEqual(rowsOf("aligned"))
  })

  it("leaves out a selection in which nothing is covered, and keeps the others", () => {
    const faint = published.map((row) => ({ ...row, selection: "aligned", coverage: 0.1 }))
    const masks = [...faint, ...published]
    expect(tokensOf({ ...kitchen, masks }, { of })).toEqual(
      tokensOf({ ...kitchen, masks: published }, { of })
    )
  })
})

it("names a row by selection, task, source, object and token", () => {
  const tasks = [...kitchen.tasks!, { task: "other", primary: "cup", secondary: "people", left_out: null }]
  const masks = [...kitchen.masks, ...kitchen.masks.map((row) => ({ ...row, selection: "centre" }))]
  for (const of of ["objects", "pair", "all"]) {
    const rows = tokensOf(
      { ...kitchen, masks, tasks },
      { of, comparisons: ["background", "near", "reverse"] }
    )
    const keys = rows.map(({ selection, task, source, object, token }) =>
      JSON.stringify([selection, task, source, object, token])
    )
    expect(new Set(keys).size).toBe(rows.length)
  }
})

it("select-tokens of all gives a one-hot row for every token, CLS and registers first", () => {
  const rows = tokensOf({ ...kitchen, masks: [] }, { of: "all" })
  expect(rows).toEqual(
    Array.from({ length: 69 }, (_, token) => ({
      selection: null,
      task: null,
      source: "image",
      object: -1,
      token: `token.${token}`,
      indices: [token],
      weights: [1]
    }))
  )
})
