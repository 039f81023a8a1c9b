/** How often a run plans a node. */
import { afterEach, beforeEach, expect, it } from "vitest"
import type { Store } from "../../../src/store/store.ts"
import { coarse, executedIn, Lab, numbers } from "../run/lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

/** Of each stage, the lookups of its key: one a planning. */
function countingLookups(): { readonly counts: Map<string, number>; readonly wrap: (store: Store) => Store } {
  const counts = new Map<string, number>()
  return {
    counts,
    wrap: (store) => ({
      ...store,
      traces: (stage, key) => {
        counts.set(stage, (counts.get(stage) ?? 0) + 1)
        return store.traces(stage, key)
      }
    })
  }
}
const graph = () => {
  const source = numbers("source", { file: { path: lab.writeItems({ i0: [7, 1], i1: [8, 2] }) } })
  return lab.graph({ out: coarse("halves", { of: source, step: 2 }) })
}

it("a node that is not fresh is planned twice at most: before its lock is taken, and under it", async () => {
  const { counts, wrap } = countingLookups()
  const { run } = await lab.run(graph(), { store: wrap })
  expect(executedIn(run)).toEqual(["source", "halves"])
  // at the first look the source's artifact is not known, so what reads it is not looked up
  expect(Object.fromEntries(counts)).toEqual({ numbers: 2, coarse: 2 })
})

it("a node that is fresh is planned once", async () => {
  await lab.run(graph())
  const { counts, wrap } = countingLookups()
  expect(executedIn((await lab.run(graph(), { store: wrap })).run)).toEqual([])
  // the source's traces say what it read; what reads it is found by its index, without a lookup
  expect(Object.fromEntries(counts)).toEqual({})
})
