/** How many inputs of a diff are told, and how those of the same nodes share a line. */
import { expect, it } from "vitest"
import { inputTexts, someOf } from "../../../src/cli/diff-words.ts"
import type { DiffCue, DiffInput } from "../../../src/diff/input-list.ts"

const input = (cue: DiffCue, path: string, given: Partial<DiffInput> = {}): DiffInput => ({
  cue,
  path,
  before: 1,
  after: 2,
  sentence: `${path} changed`,
  nodes: ["masks"],
  as: [],
  follows: 2,
  effect: true,
  items: null,
  ...given
})

it("tells an input with its nodes and what follows, and whether it had an effect", () => {
  expect(
    inputTexts([input("code", "a.ts"), input("code", "b.ts", { effect: false, follows: 0 })], 9)
  ).toEqual([
    { text: "a.ts changed (masks; 2 nodes follow)", lines: [] },
    { text: "b.ts changed (masks; no effect)", lines: [] }
  ])
})

it("names the nodes of several inputs once", () => {
  const [a, b, c] = ["a", "b", "c"].map((path) => input("parameter", path))
  expect(inputTexts([a!, b!, input("code", "d", { nodes: ["tokens"], follows: 1 }), c!], 9)).toEqual([
    { text: "masks; 2 nodes follow:", lines: ["a changed", "b changed", "c changed"] },
    { text: "d changed (tokens; 1 node follows)", lines: [] }
  ])
})

it("hides no kind behind hundreds of another", () => {
  const modules = Array.from({ length: 100 }, (_, i) => input("code", `m${i}`, { nodes: [`n${i}`] }))
  const texts = inputTexts([...modules, input("package", "sharp")], 6).map(({ text }) => text)
  expect(texts).toHaveLength(5)
  expect(texts).toContain("sharp changed (masks; 2 nodes follow)")
  expect(texts.at(-1)).toBe("… and 97 more of this kind (code): --json has all")
})

it("leaves a single name out of no list", () => {
  expect(someOf(["a", "b", "c", "d", "e"])).toBe("a, b, c, d, e")
  expect(someOf(["a", "b", "c", "d", "e", "f"])).toBe("a, b, c, d and 2 more")
})
