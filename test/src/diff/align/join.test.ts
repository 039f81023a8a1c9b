import * as fc from "fast-check"
import { expect, test } from "vitest"
import { joined, type Keyed, type KeyedStream } from "../../../../src/diff/align/join.ts"

/** Elements that are emptied when the next chunk is asked for, as windows over an artifact are. */
function streamOf(keys: ReadonlyArray<string>, perChunk: number): KeyedStream<Keyed> {
  type Element = { key: string; at: number }
  return {
    length: keys.length,
    async *chunks() {
      for (let from = 0; from < keys.length; from += perChunk) {
        const chunk = keys.slice(from, from + perChunk).map((key, i): Element => ({ key, at: from + i }))
        yield chunk
        for (const element of chunk) [element.key, element.at] = ["gone", -1]
      }
    },
    keep: (element) => ({ ...element })
  }
}
async function pairsOf(a: ReadonlyArray<string>, b: ReadonlyArray<string>, most: number, perChunk = 3) {
  const found: Array<[string, number | null, number | null]> = []
  const repeated: Array<string> = []
  const pairs = joined(streamOf(a, perChunk), streamOf(b, perChunk + 1), most, (key) => repeated.push(key))
  for await (const some of pairs)
    for (const [x, y] of some) found.push([(x ?? y)!.key, x?.at ?? null, y?.at ?? null])
  return { found: found.sort(), repeated }
}
/** The join of two lists in memory: of equal keys, first with first. */
function naive(a: ReadonlyArray<string>, b: ReadonlyArray<string>) {
  const found: Array<[string, number | null, number | null]> = []
  for (const key of new Set([...a, ...b])) {
    const [x, y] = [a, b].map((keys) => keys.flatMap((one, at) => (one === key ? [at] : [])))
    for (let i = 0; i < Math.max(x!.length, y!.length); i++) found.push([key, x![i] ?? null, y![i] ?? null])
  }
  return found.sort()
}

const keys = fc.uniqueArray(fc.nat(60).map(String), { maxLength: 40 })

test("every element is in one pair, however few may wait", async () => {
  await fc.assert(
    fc.asyncProperty(
      keys,
      keys,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 7 }),
      async (a, b, most, perChunk) => {
        const { found, repeated } = await pairsOf(a, b, most, perChunk)
        expect(found).toEqual(naive(a, b))
        expect(repeated).toEqual([])
      }
    )
  )
})

test("so it is in the usual order, with elements added and removed", async () => {
  await fc.assert(
    fc.asyncProperty(keys, keys, fc.integer({ min: 1, max: 60 }), async (a, b, most) => {
      const inOrder = (some: ReadonlyArray<string>) => some.toSorted((x, y) => Number(x) - Number(y))
      expect((await pairsOf(inOrder(a), inOrder(b), most)).found).toEqual(naive(inOrder(a), inOrder(b)))
    })
  )
})

test("repeated keys: all elements are paired as far as there are partners", async () => {
  const few = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(few, few, fc.integer({ min: 1, max: 20 }), async (a, b, most) => {
      const { found } = await pairsOf(a, b, most)
      const shape = (pairs: typeof found) =>
        pairs.map(([key, x, y]) => `${key}${x !== null}${y !== null}`).sort()
      expect(shape(found)).toEqual(shape(naive(a, b)))
    })
  )
})

test("tells of repeated keys that are neighbours or wait", async () => {
  expect((await pairsOf(["a", "a", "b"], ["a", "b"], 5)).repeated).toEqual(["a"])
  expect((await pairsOf(["x", "b", "x"], ["c", "d"], 5)).repeated).toEqual(["x"])
})
