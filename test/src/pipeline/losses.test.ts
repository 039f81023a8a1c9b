import { describe, expect, it } from "vitest"
import { type Loss, LossTally } from "../../../src/pipeline/losses.ts"

const lostOf = (...losses: ReadonlyArray<Loss>) => {
  const tally = new LossTally()
  for (const loss of losses) tally.add(loss)
  return tally.lost()
}

describe("a tally of losses", () => {
  it("adds up what was left out of one thing for one reason, the largest first", () => {
    expect(
      lostOf(
        { what: "objects", reason: "a crowd", examples: ["a"] },
        { what: "objects", reason: "no token", count: 2, examples: ["b", "c"] },
        { what: "scenes", reason: "empty" },
        { what: "objects", reason: "no token", examples: ["b"] }
      )
    ).toEqual([
      { what: "objects", reason: "no token", count: 3, total: null, examples: ["b", "c"] },
      { what: "objects", reason: "a crowd", count: 1, total: null, examples: ["a"] },
      { what: "scenes", reason: "empty", count: 1, total: null, examples: [] }
    ])
  })
  it("knows the total where what was kept is counted", () => {
    expect(
      lostOf(
        { what: "objects", reason: null, count: 10, verb: "asked about" },
        { what: "objects", reason: "a crowd", count: 2 },
        { what: "objects", reason: null }
      )
    ).toEqual([
      { what: "objects", reason: "a crowd", count: 2, total: 13, examples: [], verb: "asked about" }
    ])
  })
  it("knows the total where nothing was kept, once that is said", () => {
    expect(
      lostOf(
        { what: "objects", reason: null, count: 0, verb: "asked about" },
        { what: "objects", reason: "r" }
      )
    ).toEqual([{ what: "objects", reason: "r", count: 1, total: 1, examples: [], verb: "asked about" }])
  })
  it("has nothing to tell where all was kept, or nothing was left out", () => {
    expect(lostOf()).toEqual([])
    expect(lostOf({ what: "objects", reason: null }, { what: "scenes", reason: "empty", count: 0 })).toEqual(
      []
    )
  })
  it("keeps five examples, and 200 reasons of a thing apart", () => {
    const many = lostOf(
      ...Array.from({ length: 1000 }, (_, i) => ({
        what: "a",
        reason: `because of ${i}`,
        examples: [`${i}`]
      })),
      ...Array.from({ length: 9 }, (_, i) => ({ what: "b", reason: "r", examples: [`${i}`] }))
    )
    expect(many.filter(({ what }) => what === "a")).toHaveLength(201)
    expect(many[0]).toMatchObject({ reason: "other reasons", count: 800 })
    expect(many.at(-1)).toMatchObject({ count: 9, examples: ["0", "1", "2", "3", "4"] })
  })
  it("takes things and reasons that are named as an object's own members are", () => {
    const names = ["__proto__", "constructor", "toString"]
    expect(lostOf(...names.map((name) => ({ what: name, reason: name }))).map(({ what }) => what)).toEqual(
      names
    )
  })
  it.each([
    [{ what: "", reason: "r" }, "`what` must be a non-empty text"],
    [{ what: "a" }, "`reason` must be a non-empty text"],
    [{ what: "a", reason: "" }, "`reason` must be a non-empty text"],
    [{ what: "a", reason: "r", count: -1 }, "`count` must be a whole number from 0"],
    [{ what: "a", reason: "r", count: 1.5 }, "`count` must be a whole number from 0"],
    [{ what: "a", reason: "r", count: NaN }, "`count` must be a whole number from 0"],
    [{ what: "a", reason: "r", examples: "x" }, "`examples` must be a list"],
    [{ what: "a", reason: "r", examples: [1] }, "`examples` must be a list"],
    [{ what: "a", reason: "r", verb: 1 }, "`verb` must be a text"],
    [null, "`what` must be a non-empty text"]
  ])("refuses %j", (loss, why) => {
    expect(() => new LossTally().add(loss as unknown as Loss)).toThrow(why)
  })
})
