import { describe, expect, it } from "vitest"
import { noPaint } from "../../../src/support/colour.ts"
import { lossesInFull, lossesOfNodes, lossLines } from "../../../src/cli/loss-lines.ts"
import { runJson } from "../../../src/inspect/run-json.ts"
import { runSummary } from "../../../src/cli/run-summary.ts"
import type { Lost } from "../../../src/pipeline/losses.ts"
import { nodeRecord, runRecord } from "./records.ts"

const lost = (given: Partial<Lost> = {}): Lost => ({
  what: "objects",
  reason: "no token",
  count: 24,
  total: 36,
  examples: ["1/0", "1/1", "2/0", "2/1", "3/0"],
  ...given
})
const node = (id: string, losses: ReadonlyArray<Lost>, stage = id.split("/")[0]!) =>
  nodeRecord(id, { stage, losses })
const linesOf = (...nodes: Parameters<typeof lossLines>[0]) => lossLines(nodes, noPaint).split("\n").slice(1)

describe("what was left out, at the end of a run", () => {
  it("is a line a stage and kind of thing: how many of how many, and the reasons", () => {
    const losses = [
      lost({ verb: "asked about" }),
      lost({ verb: "asked about", reason: "a crowd", count: 2, examples: ["4/0", "5/0"] })
    ]
    expect(lossLines([nodeRecord("scenes"), node("examples", losses)], noPaint)).toBe(
      [
        "left out  (details: probeline show @1, or show @1:examples for one node)",
        "  examples  asked about 10 of 36 objects; left out: no token 24, a crowd 2 (4/0, 5/0)"
      ].join("\n")
    )
  })
  it("says how many there are where what was kept is not counted", () => {
    const twice = lost({
      what: "images listed twice",
      reason: "two ids, one image",
      count: 2,
      total: null,
      examples: ["1 and 13"]
    })
    expect(linesOf(node("scenes", [twice]))).toEqual([
      "  scenes  2 images listed twice: two ids, one image (1 and 13, …)"
    ])
  })
  it("is nothing where nothing is lost", () => {
    expect(lossLines([nodeRecord("a"), node("b", [])], noPaint)).toBe("")
    expect(lossesOfNodes([nodeRecord("a")], noPaint)).toBe("")
    const text = runSummary(runRecord([nodeRecord("a")]), { paint: noPaint, store: "s", summaries: [] })
    expect(text).not.toContain("left out")
  })
  it("puts the nodes of one stage into one line, with ranges where they differ", () => {
    const nodes = ["vit", "clip", "blip", "flava"].map((name, i) =>
      node(`tokens/${name}`, [lost({ count: 20 + i, reason: "too small" })])
    )
    expect(linesOf(...nodes)).toEqual([
      "  tokens/vit, tokens/clip and 2 more  kept 13–16 of 36 objects; left out: too small 20–23"
    ])
    expect(
      linesOf(...nodes.slice(0, 1), node("tokens/same", [lost({ count: 20, reason: "too small" })]))
    ).toEqual(["  tokens/vit, tokens/same  kept 16 of 36 objects; left out: too small 20"])
  })
  it("says 0 for a reason that one of the nodes does not have", () => {
    expect(
      linesOf(node("a/1", [lost(), lost({ reason: "a crowd", count: 1 })]), node("a/2", [lost()]))
    ).toEqual(["  a/1, a/2  kept 11–12 of 36 objects; left out: no token 24, a crowd 0–1"])
  })
  it("has at most ten lines, four reasons a line, and no control characters", () => {
    const nodes = Array.from({ length: 14 }, (_, i) => node(`n${i}`, [lost({ what: `things ${i}` })]))
    const lines = linesOf(...nodes)
    expect(lines).toHaveLength(11)
    expect(lines.at(-1)).toBe("  … and 4 more lines: probeline show @1")
    const reasons = Array.from({ length: 6 }, (_, i) =>
      lost({ reason: `reason\u001b[31m ${i}`, count: 9 - i })
    )
    const [line] = linesOf(node("a", reasons))
    expect(line).toMatch(/, and 2 more reasons$/)
    expect(line).not.toContain("\u001b")
  })
})

describe("what was left out, in full", () => {
  const losses = [
    lost({ verb: "asked about" }),
    lost({ verb: "asked about", reason: "a crowd", count: 2, examples: ["4/0", "5/0"] }),
    lost({ what: "images", reason: "missing", total: null, count: 3, examples: [] })
  ]
  const full = [
    "  asked about 10 of 36 objects",
    "    24  no token (1/0, 1/1, 2/0, 2/1, 3/0, …)",
    "    2  a crowd (4/0, 5/0)",
    "  3 images",
    "    3  missing"
  ]
  it("has a line a reason, with its examples", () => {
    expect(lossesInFull(losses, noPaint)).toBe(["left out", ...full].join("\n"))
  })
  it("is told of every node of a run that `show` shows", () => {
    const run = runRecord([node("examples", losses), nodeRecord("other"), node("more", losses.slice(2))])
    const text = runSummary(run, { paint: noPaint, store: "s", summaries: [], past: true })
    expect(text).toContain(
      ["left out", "  examples", ...full.map((line) => `  ${line}`), "  more", "    3 images"].join("\n")
    )
  })
  it("is in the JSON of a run, beside the nodes; a run without losses has an empty list", () => {
    const run = runRecord([node("examples", losses.slice(1, 2))])
    const json = runJson(run)
    expect(json.losses).toEqual([
      {
        node: "examples",
        what: "objects",
        reason: "a crowd",
        count: 2,
        total: 36,
        examples: ["4/0", "5/0"],
        verb: "asked about"
      }
    ])
    expect(json.nodes[0]).not.toHaveProperty("losses")
    expect(runJson(runRecord([nodeRecord("a")])).losses).toEqual([])
  })
})
