import { expect, it } from "vitest"
import { failureGroups, groupExamples, groupSize } from "../../../src/inspect/failure-groups.ts"

const groups = (...failures: ReadonlyArray<readonly [string, string]>) =>
  failureGroups(failures.map(([item, error]) => ({ item, error })))

it("items with one error are one group, in the order in which the causes come", () => {
  const found = groups(["1", "torn"], ["2", "blurred"], ["3", "torn"], ["4", "torn"], ["5", "torn"])
  expect(found).toEqual([
    { error: "torn", items: ["1", "3", "4", "5"] },
    { error: "blurred", items: ["2"] }
  ])
  expect([groupSize(found[0]!), groupExamples(found[0]!)]).toEqual(["4 items", "e.g. 1, 3, 4"])
})

it("an error may name its own item, at the start, in the middle and at the end", () => {
  expect(groups(["a1", "a1 is not in a10, but a1"], ["b2", "b2 is not in a10, but b2"])).toEqual([
    { error: "<item> is not in a10, but <item>", items: ["a1", "b2"] }
  ])
})

it("an error that several items have to the letter is one, whatever their ids; one item's stays as it is", () => {
  expect(
    groups(["1", "10 rows, 1 wanted"], ["2", "10 rows, 1 wanted"], ["", "none"], ["3", "3 rows"])
  ).toEqual([
    { error: "10 rows, 1 wanted", items: ["1", "2"] },
    { error: "none", items: [""] },
    { error: "3 rows", items: ["3"] }
  ])
})
