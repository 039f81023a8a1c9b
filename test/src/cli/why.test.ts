import { expect, it } from "vitest"
import { noPaint } from "../../../src/support/colour.ts"
import { whyOf, whyText } from "../../../src/cli/why.ts"
import { itemPlan, known, plans } from "./records.ts"
import { noItem } from "../../../src/project/choose-nodes.ts"

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

it("gives an item of a stale node a reason of its own, or the node's", () => {
  const cues = [{ cue: "parameter", path: "params.by", before: 3, after: 4 }] as const
  expect(whyOf(plan[2]!, "n1")).toEqual({
    node: "half/b",
    item: "n1",
    state: "stale",
    cues,
    changes: [],
    items: null
  })
  // n0 is done, n1 failed, n2 is new, n3 has another value, n4 is left for the node's reason
  const items = itemPlan(5, 1, 1)
  const joined = [{ name: "of", mode: "each" as const, reads: {}, manifest: known().manifest }]
  const [stale] = plans({
    scenes: { state: "stale", items: { ...items, joined }, cues },
    "half/a": "fresh",
    "half/b": "fresh",
    total: "fresh"
  })
  const changes = [
    {
      port: "of",
      node: "src",
      added: ["n2"],
      removed: ["n9"],
      changed: [{ item: "n3", columns: ["value"] }]
    },
    // taken as a whole: its items are not the node's
    { port: "means", node: "stats", added: ["n4"], removed: [], changed: [] }
  ]
  const why = (item: string) => whyText(whyOf(stale!, item, changes), noPaint)
  expect(why("n0")).toBe(
    "n0 of scenes is fresh\n  already computed: only the node's output has to be reassembled"
  )
  expect(why("n1")).toBe("n1 of scenes is failed\n  failed before: torn")
  expect(why("n2")).toBe("n2 of scenes is stale\n  never computed for this pipeline")
  expect(why("n3")).toBe("n3 of scenes is stale\n  the value of input of (src).value of n3 changed")
  expect(why("n4")).toBe("n4 of scenes is stale\n  parameter by: 3 → 4")
  expect(whyText(whyOf(stale!, null, changes), noPaint).split("\n")).toEqual([
    "scenes is stale",
    "  parameter by: 3 → 4",
    "  of (src): new items n2",
    "  of (src): removed items n9",
    "  of (src): value changed in n3",
    "  means (stats): new items n4",
    "  3 of 5 numbers left to compute"
  ])
})

it("says what an unknown item may have meant", () => {
  expect(noItem("half/a", "00013", ["00012", "abc"]).hint).toBe('did you mean "00012"?')
  expect(noItem("half/a", "zzzzzzz", ["a", "b", "c", "d"]).hint).toBe("it has 4: a, b, c, …")
})
