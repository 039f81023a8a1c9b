import { describe, expect, it } from "vitest"
import { below, seededRandom } from "../../../../src/support/random.ts"
import { SegmentList } from "../../../../src/store/items/segments.ts"

describe("a list of segments", () => {
  it("joins items that follow one another in a shard, and no others", () => {
    const list = new SegmentList()
    for (const [shard, item] of [
      [2, 0],
      [2, 1],
      [0, 5],
      [0, 4],
      [2, 2],
      [2, 3],
      [1, 4]
    ] as const)
      list.add(shard, item)
    expect(list.segments).toEqual([
      [2, 0, 2],
      [0, 5, 6],
      [0, 4, 5],
      [2, 2, 4],
      [1, 4, 5]
    ])
    expect(list.length).toBe(7)
  })

  it("knows where each item lies, and the pieces of any range", () => {
    const random = seededRandom("segments")
    const places: Array<readonly [number, number]> = []
    while (places.length < 3000) {
      const [shard, from] = [below(random, 40), below(random, 100)]
      for (let item = from; item <= from + below(random, 8); item++) places.push([shard, item])
    }
    const list = new SegmentList()
    for (const [shard, item] of places) list.add(shard, item)
    places.forEach((place, i) => expect(list.place(i)).toEqual(place))
    for (const [from, to] of [
      [0, places.length],
      [17, 18],
      [100, 2000],
      [5, 5]
    ] as const) {
      const found = [...list.pieces(from, to)].flatMap((piece) =>
        Array.from({ length: piece.to - piece.from }, (_, k) => [piece.at + k, piece.shard, piece.from + k])
      )
      expect(found).toEqual(places.slice(from, to).map(([shard, item], k) => [from + k, shard, item]))
    }
  })
})
