/** The line at the end of a run: what changed since the last complete run before it. */
import { afterEach, beforeEach, expect, it } from "vitest"
import { changedSince } from "../../../src/diff/changed-since.ts"
import type { NodeRecord, RunRecord } from "../../../src/store/records/run-record.ts"
import { nodeRecord, runRecord } from "../cli/records.ts"
import { Lab } from "../run/lab.ts"
import { storeOf } from "../store/gc/worlds.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

const ids = ["20260101-000000.000-aaaa", "20260102-000000.000-bbbb", "20260103-000000.000-cccc"]
const nodes = (...digits: ReadonlyArray<string>): ReadonlyArray<NodeRecord> =>
  digits.map((digit, i) => nodeRecord(`n${i}`, { artifact: digit.repeat(64) }))
/** Writes the runs, the oldest first, and tells of the last. */
function lineOf(...runs: ReadonlyArray<Partial<RunRecord> & Pick<RunRecord, "nodes">>) {
  const store = storeOf(lab)
  store.prepare()
  const records = runs.map((given, i) => runRecord(given.nodes, { ...given, id: ids[i]! }))
  for (const record of records) store.putRun(record)
  return changedSince(store, records.at(-1)!)
}

it("is none for the first run, and for one that did not end well", () => {
  expect(lineOf({ nodes: nodes("a") })).toBeNull()
  expect(lineOf({ nodes: nodes("a") }, { nodes: nodes("b"), status: "failed" })).toBeNull()
})

it("counts artifacts that differ, and nodes that came and went", () => {
  expect(lineOf({ nodes: nodes("a", "b") }, { nodes: nodes("a", "c", "d") })).toBe(
    `changed since ${ids[0]}: 1 node new; 1 of 2 artifacts differs (probeline diff @2 @1)`
  )
})

it("passes over runs that are not complete", () => {
  const partial = nodes("b").map((node) => ({ ...node, partial: ["1 of 2 scenes"] }))
  expect(lineOf({ nodes: nodes("a") }, { nodes: partial }, { nodes: nodes("a") })).toBe(
    `unchanged since ${ids[0]}`
  )
})

it("names at most four parameters", () => {
  const params = (value: number) =>
    Object.fromEntries(["p", "q", "r", "s", "t", "u"].map((name) => [name, value]))
  expect(lineOf({ nodes: nodes("a"), params: params(1) }, { nodes: nodes("a"), params: params(2) })).toBe(
    `changed since ${ids[0]}: p 1 → 2, q 1 → 2, r 1 → 2, s 1 → 2 and 2 more parameters; no artifact differs`
  )
})

it("compares also a run that found everything as an earlier one left it: another may lie between", () => {
  const again = { nodes: nodes("a"), params: { seed: 7 }, views: ids[0]! }
  expect(lineOf({ nodes: nodes("a") }, { nodes: nodes("b"), params: { seed: 7, p: 2 } }, again)).toBe(
    `changed since ${ids[1]}: p 2 → null; 1 of 1 artifact differs (probeline diff @2 @1)`
  )
})
