import { describe, expect, it } from "vitest"
import { noPaint } from "../../../src/support/colour.ts"
import { dryRunJson, dryRunText } from "../../../src/cli/dry-run.ts"
import { forecast } from "../../../src/plan/forecast.ts"
import { itemCounts } from "../../../src/inspect/item-counts.ts"
import { checkCode, statusJson, statusText } from "../../../src/cli/status.ts"
import type { NodePlan } from "../../../src/plan/node-plan.ts"
import { itemPlan, known, plans } from "./records.ts"

const fresh = { scenes: "fresh", "half/a": "fresh", "half/b": "fresh", total: "fresh" } as const
const changed = plans({
  ...fresh,
  "half/b": {
    state: "stale",
    items: itemPlan(4, 1),
    cues: [{ cue: "parameter", path: "params.by", before: 3, after: 4 }]
  },
  total: { state: "unknown", cues: [{ cue: "upstream", path: "half/b", before: null, after: null }] }
})
const failed = [{ item: "n2", error: "torn" }]
const withFailed = {
  ...fresh,
  "half/a": {
    state: "failed",
    known: known({ items: 3, failed }),
    failures: failed,
    cues: [
      { cue: "fresh", path: "r1", before: "then", after: null },
      { cue: "failed", path: "n2", before: "torn", after: "r1" }
    ]
  }
} as const

const statuses = (of: ReadonlyArray<NodePlan>, keepGoing = false) =>
  Object.fromEntries(
    [...forecast(of, keepGoing)].map(([id, { status, certain }]) => [id, certain ? status : `${status}?`])
  )

describe("the forecast follows the rules of a run", () => {
  it("runs what is stale, and perhaps what is below", () => {
    expect(statuses(changed)).toEqual({
      scenes: "cached",
      "half/a": "cached",
      "half/b": "executed",
      total: "executed?"
    })
  })
  it("skips whole stages over what is incomplete, unless it keeps going", () => {
    const below = plans({ ...withFailed, total: "missing" })
    expect(statuses(below)).toMatchObject({ "half/a": "failed", "half/b": "cached", total: "skipped" })
    expect(statuses(below, true)).toMatchObject({ total: "executed" })
  })
  it("skips all below a stage that failed as a whole", () => {
    const dead = plans({
      scenes: { state: "failed", failures: failed },
      "half/a": "unknown",
      "half/b": "unknown",
      total: "unknown"
    })
    expect(statuses(dead, true)).toEqual({
      scenes: "failed",
      "half/a": "skipped",
      "half/b": "skipped",
      total: "skipped"
    })
  })
})

describe("items are counted", () => {
  const counts = (of: ReadonlyArray<NodePlan>, id: string) => itemCounts(of).get(id)
  it("by state; a whole stage is one item", () => {
    expect(counts(plans(fresh), "scenes")).toEqual({ total: 4, fresh: 4, stale: 0, missing: 0, failed: 0 })
    expect(
      counts(plans({ ...fresh, total: { state: "fresh", known: known({ form: "table" }) } }), "total")
    ).toMatchObject({ total: 1, fresh: 1 })
    expect(counts(plans(withFailed), "half/a")).toEqual({
      total: 4,
      fresh: 3,
      stale: 0,
      missing: 0,
      failed: 1
    })
  })
  it("of a stale node by what is done already, what failed before, and what is left", () => {
    expect(counts(changed, "half/b")).toEqual({ total: 4, fresh: 1, stale: 3, missing: 0, failed: 0 })
    const lost = plans({ ...withFailed, "half/b": { state: "missing", items: itemPlan(3, 0, 1) } })
    expect(counts(lost, "half/b")).toEqual({ total: 3, fresh: 0, stale: 0, missing: 2, failed: 1 })
  })
  it("as null where they are not known before other nodes have run", () => {
    const none = plans({ scenes: "missing", "half/a": "unknown", "half/b": "unknown", total: "unknown" })
    expect(counts(none, "scenes")).toMatchObject({ total: null, missing: null })
    expect(counts(none, "half/a")).toMatchObject({ total: null, fresh: 0 })
  })
})

describe("status", () => {
  const print = (of: ReadonlyArray<NodePlan>) => statusText("demo", of, forecast(of, false), noPaint, 100)
  it("prints a row a node, with the first reason", () => {
    expect(print(changed).split("\n")).toEqual([
      "node    state    items          size",
      "scenes  fresh    4            2.0 kB",
      "half/a  fresh    4            2.0 kB",
      "half/b  stale    1 of 4 done       –  parameter by: 3 → 4",
      "total   unknown  1                 –  unknown until half/b has run",
      "",
      "demo: 1 would run, 1 may run after that, 2 are fresh"
    ])
  })
  it("says what failed before, and when everything is fresh", () => {
    expect(print(plans({ ...withFailed, total: "missing" }))).toMatch(
      /half\/a +failed +3 of 4 done, 1 failed +2\.0 kB +n2 failed before: torn/
    )
    expect(print(plans(fresh))).toMatch(/demo: everything is fresh$/)
  })
  it("exits 3 if anything would run, 1 if something failed, 0 otherwise", () => {
    const code = (of: ReadonlyArray<NodePlan>) => checkCode(forecast(of, false))
    expect(code(plans(fresh))).toBe(0)
    expect(code(changed)).toBe(3)
    expect(code(plans(withFailed))).toBe(1)
  })
  it("keeps the contract of --json", () => {
    const json = statusJson("demo", changed, forecast(changed, false))
    expect(json.pipeline).toBe("demo")
    expect(json.nodes[2]).toMatchObject({
      id: "half/b",
      stage: "halves",
      state: "stale",
      items: { total: 4, fresh: 1, stale: 3, missing: 0, failed: 0 },
      cues: [{ cue: "parameter", path: "params.by", before: 3, after: 4 }]
    })
  })
})

describe("a dry run", () => {
  it("says of each node what would run and why", () => {
    expect(dryRunText("demo", changed, new Map(), false, noPaint).split("\n")).toEqual([
      "scenes  fresh",
      "half/a  fresh",
      "half/b  run       parameter by: 3 → 4",
      "                  3 of 4 numbers left to compute",
      "total   may run   unknown until half/b has run",
      "",
      "demo: 1 would run, 1 may run after that, 2 are fresh (dry run: nothing was run)"
    ])
  })
  it("names the items that changed, as why does, and says how many are left; a few of many", () => {
    const value = (i: number) => ({ item: `n${i}`, columns: ["value"] })
    const of = { port: "numbers", node: "half/a", added: ["n9"], removed: [], changed: [value(1)] }
    const many = Array.from({ length: 30 }, (_, i) => ({
      ...of,
      port: `parts[${i}]`,
      added: [],
      changed: Array.from({ length: 100 }, (__, n) => value(n))
    }))
    const changes = new Map([
      ["half/b", [of]],
      ["total", many]
    ])
    const lines = dryRunText("demo", changed, changes, false, noPaint).split("\n")
    expect(lines.slice(2, 6)).toEqual([
      "half/b  run       parameter by: 3 → 4",
      "                  numbers (half/a): new items n9",
      "                  numbers (half/a): value changed in n1",
      "                  3 of 4 numbers left to compute"
    ])
    expect(lines.slice(6, -2)).toHaveLength(1 + 8 + 1)
    expect(lines[7]!.trim()).toBe("parts[0] (half/a): value changed in n0, n1, n2, n3, n4, … (100)")
    expect(lines.at(-3)!.trim()).toBe("… and 22 more inputs")
  })
  it("keeps the contract of run --json, with state and cues", () => {
    const json = dryRunJson({ name: "demo", file: "/demo.ts", params: {} }, changed, false)
    expect(json).toMatchObject({ run: null, pipeline: "demo", status: "planned" })
    expect(json.nodes.map(({ status, state }) => [status, state])).toEqual([
      ["cached", "fresh"],
      ["cached", "fresh"],
      ["executed", "stale"],
      ["executed", "unknown"]
    ])
    expect(json.nodes.every(({ items, seconds }) => items.executed === 0 && seconds === null)).toBe(true)
  })
})
