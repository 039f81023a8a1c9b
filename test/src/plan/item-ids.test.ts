import { describe, expect, it } from "vitest"
import { ItemIds } from "../../../src/plan/item-ids.ts"
import { SegmentList } from "../../../src/store/items/segments.ts"
import { StringArray } from "../../../src/store/format/string-array.ts"

const shards = [StringArray.of(["a", "bb", "é", ""]), StringArray.of(["🙂", "b", "ab"])]
/** Some items of each shard, in an order of their own. */
const ids = new ItemIds(
  shards,
  SegmentList.of([
    [1, 1, 3],
    [0, 0, 2],
    [1, 0, 1],
    [0, 2, 3]
  ])
)
const texts = ["b", "ab", "a", "bb", "🙂", "é"]

describe("ids of items", () => {
  it("are given in the items' order, one by one and all of them", () => {
    expect(ids.length).toBe(6)
    expect([...ids]).toEqual(texts)
    expect(texts.map((_, i) => ids.at(i))).toEqual(texts)
  })

  it("are found by their text, and what is not among the items is not", () => {
    expect(texts.map((id) => ids.indexOf(id))).toEqual([0, 1, 2, 3, 4, 5])
    expect(["", "c", "abb", "B"].map((id) => ids.indexOf(id))).toEqual([-1, -1, -1, -1])
  })

  it("are found among very many by an index", () => {
    const many = Array.from({ length: 5000 }, (_, i) => `scene ${i}`)
    const find = new ItemIds([StringArray.of(many)], SegmentList.of([[0, 0, 5000]])).index()
    const wanted = StringArray.of(["scene 0", "scene 4999", "scene 5000", "scene", "", ...many])
    expect([0, 1, 2, 3, 4].map((k) => find(wanted, k))).toEqual([0, 4999, -1, -1, -1])
    for (let i = 0; i < 5000; i++) expect(find(wanted, 5 + i)).toBe(i)
    const none = new ItemIds([], new SegmentList()).index()
    expect(none(wanted, 0)).toBe(-1)
  })
})
