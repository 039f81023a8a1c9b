import { expect, it } from "vitest"
import { noPaint } from "../../../src/cli/colour.ts"
import { noItem, whyOf, whyText } from "../../../src/cli/why.ts"
import { known, plans } from "./records.ts"

const failures = [
  { item: "n2", error: "torn" },
  { item: "n3", error: "empty" }
]
const plan = plans({
  scenes: "fresh",
  "half/a": {
    state: "failed",
    known: known({ items: 2, failed: failures }),
    failures,
    cues: [
      { cue: "fresh", path: "r1", before: "2026-01-02", after: null },
      { cue: "failed", path: "n2", before: "torn", after: "r1" }
    ]
  },
  "half/b": { state: "stale", cues: [{ cue: "parameter", path: "params.by", before: 3, after: 4 }] },
  total: "unknown"
})

it("gives a node's cues as sentences", () => {
  expect(whyText(whyOf(plan[2]!, null), noPaint)).toBe("half/b is stale\n  parameter by: 3 → 4")
  expect(whyText(whyOf(plan[1]!, null), noPaint).split("\n")).toEqual([
    "half/a is failed",
    "  tried at 2026-01-02 (run r1)",
    "  n2 failed before: torn"
  ])
})

it("tells an item that failed from those beside it", () => {
  expect(whyText(whyOf(plan[1]!, "n2"), noPaint)).toBe("n2 of half/a is failed\n  failed before: torn")
  expect(whyOf(plan[1]!, "n3")).toMatchObject({
    state: "failed",
    cues: [{ cue: "failed", path: "n3", before: "empty" }]
  })
  expect(whyOf(plan[1]!, "n1")).toMatchObject({ state: "fresh", cues: [{ cue: "fresh" }] })
})

it("gives an item of a stale node the node's cues", () => {
  expect(whyOf(plan[2]!, "n1")).toEqual({
    node: "half/b",
    item: "n1",
    state: "stale",
    cues: [{ cue: "parameter", path: "params.by", before: 3, after: 4 }]
  })
})

it("says what an unknown item may have meant", () => {
  expect(noItem("half/a", "00013", ["00012", "abc"]).hint).toBe('did you mean "00012"?')
  expect(noItem("half/a", "zzzzzzz", ["a", "b", "c", "d"]).hint).toBe("it has 4: a, b, c, …")
})
