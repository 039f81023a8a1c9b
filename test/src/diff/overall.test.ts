/** The verdict over the nodes of two runs. */
import { describe, expect, it } from "vitest"
import type { DiffNode } from "../../../src/diff/node-diff.ts"
import { overallOf } from "../../../src/diff/overall.ts"
import type { Verdict } from "../../../src/pipeline/comparison.ts"

const node = (
  id: string,
  verdict: Verdict | null,
  by: DiffNode["by"] = "digest",
  output = true
): DiffNode => ({
  id,
  verdict,
  by,
  output,
  stage: "stage",
  a: { node: id, artifact: "a" },
  b: { node: id, artifact: "b" },
  direct: false,
  comparison: null,
  values: null,
  note: null
})
const verdictOf = (nodes: ReadonlyArray<DiffNode>, ...judged: ReadonlyArray<string>) =>
  overallOf(nodes, new Set(judged)).verdict

describe("stages decide where they compare outputs", () => {
  const values = node("activations", "different", "values")
  it.each<[ReadonlyArray<Verdict>, Verdict]>([
    [["same", "same"], "same"],
    [["same", "inconclusive"], "inconclusive"],
    [["inconclusive", "different"], "different"]
  ])("%j: %s", (verdicts, overall) => {
    const judged = verdicts.map((verdict, i) => node(`measures/${i}`, verdict, "stage"))
    expect(verdictOf([values, ...judged])).toBe(overall)
  })
  it("a judged output with equal digests counts as the same", () => {
    expect(verdictOf([values, node("measures", "same")], "measures")).toBe("same")
    expect(verdictOf([values, node("measures", "same")])).toBe("different")
  })
  it("those that are no outputs decide nothing", () => {
    expect(verdictOf([node("probes", "different", "stage", false), node("measures", "same")])).toBe("same")
  })
})

describe("without stages that compare", () => {
  it("the worst of the outputs decides", () => {
    expect(verdictOf([node("a", "same", "values"), node("b", "different", "values")])).toBe("different")
    expect(verdictOf([node("a", "same", "values"), node("b", "same")])).toBe("same")
  })
  it("an output that a side lacks leaves `same` inconclusive, and `different` as it is", () => {
    expect(verdictOf([node("a", "same"), node("b", null, null)])).toBe("inconclusive")
    expect(verdictOf([node("a", "different"), node("b", null, null)])).toBe("different")
  })
  it("runs without a common output are never the same", () => {
    expect(verdictOf([node("a", "same", "digest", false)])).toBe("inconclusive")
    expect(verdictOf([node("a", "different", "digest", false)])).toBe("different")
  })
})

it("says what the verdict rests on", () => {
  const why = (...nodes: ReadonlyArray<DiffNode>) => overallOf(nodes, new Set()).why
  expect(why(node("a", "same"), node("b", "same"))).toBe("all 2 nodes have the same values")
  expect(why(node("a", "same"))).toBe("a has the same values")
  expect(why(node("a", "same", "values"))).toBe("a is the same within the tolerance")
  expect(why(node("a", "same", "stage"))).toBe("a is the same within the thresholds")
  expect(why(node("a → b", "different", "values"))).toBe("a and b differ")
  expect(why(...["a", "b", "c", "d", "e", "f"].map((id) => node(id, "different")))).toBe(
    "a, b, c and 3 more differ"
  )
  expect(why(node("a", "different"), node("b", "same"))).toBe("1 of 2 outputs: a differs")
})
