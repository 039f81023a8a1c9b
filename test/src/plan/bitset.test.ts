import { expect, test } from "vitest"
import { Bitset } from "../../../src/plan/bitset.ts"
import { seededRandom } from "../../../src/support/random.ts"

test.each([
  ["none", 0, 1],
  ["no index of many", 10_000, 0],
  ["every index", 10_000, 1],
  ["half of them", 10_000, 0.5],
  ["a few of very many", 100_000, 0.001]
])("a set of %s gives its members in order, from wherever to wherever", (_, n, share) => {
  const random = seededRandom("index set", n, share)
  const has = Array.from({ length: n }, () => random() < share)
  const set = new Bitset(n, (i) => has[i]!)
  const members = has.flatMap((one, i) => (one ? [i] : []))
  expect(set.length).toBe(members.length)
  for (const [start, end] of [
    [0, members.length],
    [0, 1],
    [1, 3],
    [members.length - 1, members.length + 5],
    [4000, 4200]
  ])
    if (start! >= 0 && start! <= members.length)
      expect(Array.from(set.slice(start!, end!)), `${start} … ${end}`).toEqual(members.slice(start, end))
})
