import { describe, expect, it } from "vitest"
import { neighbourhood, type TokenGrid } from "../../../stages/vision/grid.ts"
import { selectTokens } from "../../../stages/select-tokens/stage.ts"
import { computeOf, fakeContext } from "../fakes.ts"

interface Mask {
  readonly object: number
  readonly category: string
  readonly patch: number
  readonly coverage: number
}
interface Token {
  readonly source: string
  readonly object: number
  readonly token: string
  readonly indices: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
}
interface Item {
  readonly id: string
  readonly masks: ReadonlyArray<Mask>
  readonly scenes: {
    readonly objects: ReadonlyArray<{ readonly category: string; readonly crowd: boolean }>
    readonly primary: string | null
    readonly secondary: string | null
  }
}

const grid: TokenGrid = {
  rows: 8,
  columns: 8,
  patch: { height: 16, width: 16 },
  prefix: 5,
  classToken: true
}
const select = (
  items: ReadonlyArray<Item>,
  { of = "objects", threshold = 0.5, seed = 0, grid: on = grid } = {}
): Array<Array<Token>> =>
  computeOf(selectTokens)(
    items,
    { params: { of, threshold, seed }, resource: on },
    fakeContext(selectTokens, seed)
  )
const tokensOf = (item: Item, options = {}) => select([item], options)[0]!
const found = (tokens: ReadonlyArray<Token>, source: string, token: string, object = -1) =>
  tokens.find((row) => row.source === source && row.token === token && row.object === object)

const mask = (object: number, category: string, coverage: Readonly<Record<number, number>>) =>
  Object.entries(coverage).map(([patch, share]) => ({
    object,
    category,
    coverage: share,
    patch: Number(patch)
  }))
const cup = { 0: 1, 1: 0.75, 8: 0.5, 9: 0.25 }
const table = { 36: 1, 37: 1, 38: 0.5, 44: 0.1 }
const kitchen: Item = {
  id: "kitchen",
  masks: [
    ...mask(0, "cup", cup),
    ...mask(1, "people", { 20: 1, 21: 1 }),
    ...mask(2, "table", table),
    ...mask(3, "pin", { 63: 0.3 }),
    ...mask(-1, "cup", cup),
    ...mask(-1, "table", table)
  ],
  scenes: {
    objects: [
      { category: "cup", crowd: false },
      { category: "people", crowd: true },
      { category: "table", crowd: false },
      { category: "pin", crowd: false },
      { category: "hidden", crowd: false }
    ],
    primary: "cup",
    secondary: "table"
  }
}
/** Random masks of two objects on the grid. */
const random = fakeContext(selectTokens, 11).random
const scenes = Array.from({ length: 30 }, (_, i): Item => {
  const draw = random("test masks", i)
  const some = () =>
    Object.fromEntries(
      Array.from({ length: 10 }, () => [Math.floor(draw() * 64), Math.round(draw() * 100 + 1) / 101])
    ) as Record<number, number>
  const [first, second] = [some(), some()]
  return {
    id: `scene-${i}`,
    masks: [
      ...mask(0, "disc", first),
      ...mask(1, "star", second),
      ...mask(-1, "disc", first),
      ...mask(-1, "star", second)
    ],
    scenes: {
      objects: [
        { category: "disc", crowd: false },
        { category: "star", crowd: false }
      ],
      primary: "disc",
      secondary: "star"
    }
  }
})

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
      const first = token === "cls" || token === "token" ? 0 : 5
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
    for (const row of rows.filter(({ token }) => token === "random_obj")) {
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
      drawn("pair", "background", "background", -1)
    ]
    for (const list of lists) expect(new Set(list).size).toBeGreaterThan(2)
    expect(new Set(lists.map((list) => list.join(" "))).size).toBe(lists.length)
  })

  it("gives nothing for crowds, for objects under the threshold, and for those without a mask row", () => {
    const tokens = tokensOf(kitchen)
    const objects = tokens.filter(({ source }) => source === "object")
    expect(new Set(objects.map(({ object }) => object))).toEqual(new Set([0, 2]))
    expect(tokens.filter(({ token }) => token === "cls")).toEqual([
      { source: "image", object: -1, token: "cls", indices: [0], weights: [1] }
    ])
  })

  it("gives a scene of crowds alone no token at all", () => {
    const crowds = { ...kitchen.scenes, objects: kitchen.scenes.objects.map((o) => ({ ...o, crowd: true })) }
    expect(tokensOf({ ...kitchen, scenes: crowds })).toEqual([])
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

describe("select-tokens of a pair", () => {
  it("takes the unions of the two categories, and neither objects nor crowds", () => {
    const tokens = tokensOf(kitchen, { of: "pair" })
    expect(tokens.map(({ source, token }) => `${source} ${token}`).sort()).toEqual([
      "background background",
      "image cls",
      "primary avg_obj",
      "primary random",
      "primary random_obj",
      "secondary avg_obj",
      "secondary random",
      "secondary random_obj"
    ])
    expect(found(tokens, "primary", "avg_obj")!.indices).toEqual([5, 6, 13])
    expect(found(tokens, "secondary", "avg_obj")).toMatchObject({
      indices: [41, 42, 43],
      weights: [0.4, 0.4, 0.2]
    })
  })

  it("takes as much background as the secondary has patches, off both objects and one patch around", () => {
    for (const scene of [kitchen, ...scenes]) {
      const tokens = tokensOf(scene, { of: "pair" })
      const off = found(tokens, "background", "background")
      // a patch is an object's, for this, however little of it is covered
      const unions = scene.masks.filter(({ object }) => object === -1).map(({ patch }) => patch)
      const near = neighbourhood(grid, unions)
      if (off === undefined) expect(near.size).toBe(64)
      else {
        const secondary = found(tokens, "secondary", "avg_obj")!
        expect(off.indices).toHaveLength(Math.min(secondary.indices.length, 64 - near.size))
        expect(off.indices.filter((index) => near.has(index - 5))).toEqual([])
      }
    }
  })

  it("leaves the background out where there is none, and keeps the rest", () => {
    const spread = [1, 4, 7].flatMap((r) => [1, 4, 7].map((c) => 8 * r + c))
    const everywhere = Object.fromEntries(spread.map((patch) => [patch, 0.1]))
    const masks = [
      ...mask(-1, "cup", { ...everywhere, 0: 1 }),
      ...mask(-1, "table", { ...everywhere, 36: 1 })
    ]
    const tokens = tokensOf({ ...kitchen, masks }, { of: "pair" })
    expect(
      neighbourhood(
        grid,
        masks.map(({ patch }) => patch)
      ).size
    ).toBe(64)
    expect(found(tokens, "background", "background")).toBeUndefined()
    expect(tokens).toHaveLength(7)
  })

  it("gives nothing unless both have a token: the question is of both or of none", () => {
    const without = (category: string) => ({
      ...kitchen,
      masks: kitchen.masks.filter((row) => row.object !== -1 || row.category !== category)
    })
    expect(tokensOf(without("cup"), { of: "pair" })).toEqual([])
    expect(tokensOf(without("table"), { of: "pair" })).toEqual([])
    const faint = [...without("cup").masks, ...mask(-1, "cup", { 0: 0.49 })]
    expect(tokensOf({ ...kitchen, masks: faint }, { of: "pair" })).toEqual([])
    const unpaired = { ...kitchen.scenes, primary: null, secondary: null }
    expect(tokensOf({ ...kitchen, scenes: unpaired }, { of: "pair" })).toEqual([])
  })
})

it("select-tokens of all gives a one-hot row for every token, CLS and registers first", () => {
  const rows = tokensOf({ ...kitchen, masks: [] }, { of: "all" })
  expect(rows).toEqual(
    Array.from({ length: 69 }, (_, token) => ({
      source: "image",
      object: -1,
      token: "token",
      indices: [token],
      weights: [1]
    }))
  )
})
