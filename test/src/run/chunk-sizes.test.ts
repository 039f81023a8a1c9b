/** A chunk takes some two seconds, whatever an item takes, and not more items than memory and the stage bear. */
import { describe, expect, it } from "vitest"
import { ChunkSizes, mostItems } from "../../../src/run/chunk-sizes.ts"

it.each([
  [1, undefined, 64],
  [20_000, undefined, 79],
  [1_000_000, undefined, 1024],
  [100, 16, 16],
  [10_000, 16, 40],
  [1_000_000, 16, 256],
  [10, 1, 16]
])("of %d items, where the stage wants %s in a call, a chunk has %d at most", (left, stageChunk, size) => {
  expect(mostItems(left, stageChunk)).toBe(size)
})

/** Sizes of all chunks, one after another, where an item takes so long. */
function sizesOf(items: number, ms: number, { chunk, jobs = 1 }: { chunk?: number; jobs?: number } = {}) {
  const sizes = new ChunkSizes(items, chunk, { tasks: jobs, chunkMs: 2000 })
  const all: Array<number> = []
  for (let left = items; left > 0; left -= all.at(-1)!) {
    const size = sizes.next(left)
    all.push(size)
    sizes.took(size, size * ms)
  }
  return all
}

describe("sizes of chunks", () => {
  it("begin with few items, and go by the time that these took", () => {
    expect(sizesOf(40, 300)).toEqual([8, 6, 6, 6, 6, 6, 2])
    expect(sizesOf(200, 10)).toEqual([8, 64, 64, 64])
    expect(sizesOf(5, 60_000)).toEqual([5])
    expect(sizesOf(12, 60_000)).toEqual([8, 1, 1, 1, 1])
  })
  it("are what memory bears where items take no time that can be measured", () => {
    expect(sizesOf(200_000, 0).slice(0, 3)).toEqual([8, 782, 782])
  })
  it("are never more than the stage wants, where there are few items", () => {
    expect(Math.max(...sizesOf(300, 1, { chunk: 16 }))).toBe(16)
    expect(Math.max(...sizesOf(300, 1, { chunk: 40 }))).toBe(40)
  })
  it("leave something for every job", () => {
    expect(sizesOf(40, 1, { jobs: 4 })).toEqual([8, 8, 8, 8, 8])
    expect(sizesOf(200, 1, { jobs: 2 })).toEqual([8, 64, 64, 32, 16, 8, 8])
  })
  it("share a chunk among quick items of a stage that wants one per call", () => {
    expect(sizesOf(160, 10, { chunk: 1, jobs: 2 }).slice(0, 3)).toEqual([8, 16, 16])
    expect(sizesOf(160, 3000, { chunk: 1, jobs: 2 }).slice(0, 3)).toEqual([8, 1, 1])
  })
  it("follow what takes longer, or less, later", () => {
    const sizes = new ChunkSizes(1000, 64, { tasks: 1, chunkMs: 2000 })
    sizes.took(8, 80_000)
    expect(sizes.next(900)).toBe(1)
    sizes.took(1, 50)
    expect(sizes.next(900)).toBe(40)
  })
})
