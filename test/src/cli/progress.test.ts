import { expect, it } from "vitest"
import { amounts, progressLine } from "../../../src/cli/node-progress.ts"
import { memoryOutput } from "../../../src/cli/output.ts"
import { plainProgress } from "../../../src/cli/plain-progress.ts"
import { nodeRecord, plans } from "./records.ts"

it("gives count, rate and time left", () => {
  const progress = { node: "a", started: 0, done: 100, total: 400 }
  expect(amounts(progress, 10_000)).toBe("100 of 400, 10/s, 30 s left")
  expect(amounts({ ...progress, done: 400 }, 10_000)).toBe("400 of 400, 40/s")
  expect(amounts({ ...progress, done: 0 }, 500)).toBe("0 of 400")
  expect(amounts({ ...progress, total: null }, 5_000)).toBe("5.0 s")
  expect(progressLine(progress, 10_000, 4)).toBe("a    █████░░░░░░░░░░░░░░░ 100 of 400, 10/s, 30 s left")
})

it("prints a line when a node begins, every ten seconds, and when it ends", () => {
  const output = memoryOutput()
  let clock = 0
  const emit = plainProgress(output, () => clock, { steps: true, debug: false })
  const plan = plans({
    scenes: "fresh",
    "half/a": { state: "stale", cues: [{ cue: "parameter", path: "params.by", before: 2, after: 3 }] },
    "half/b": "unknown",
    total: "unknown"
  })[1]!
  emit({ type: "node-started", node: "half/a", plan, items: 400 })
  for (clock = 1000; clock <= 21_000; clock += 1000)
    emit({ type: "node-progress", node: "half/a", done: clock / 100, total: 400 })
  emit({ type: "node-log", node: "half/a", message: "one\ntwo\u001b[2J" })
  emit({ type: "node-finished", record: nodeRecord("half/a", { seconds: 40 }) })
  emit({ type: "node-finished", record: nodeRecord("half/b", { status: "cached" }) })
  const error = "no parse:\n  3 | a +"
  emit({ type: "node-finished", record: nodeRecord("half/c", { status: "failed", error, seconds: 2 }) })
  emit({ type: "node-finished", record: nodeRecord("total", { status: "skipped", error: "half/b failed" }) })
  expect(output.stderr().split("\n")).toEqual([
    "half/a: 400 numbers; parameter by: 2 → 3",
    "half/a: 100 of 400, 10/s, 30 s left",
    "half/a: 200 of 400, 10/s, 20 s left",
    "half/a: one",
    "two\\u001b[2J",
    "half/a: executed: 4 numbers (40 s)",
    "half/c: failed: details below and in log.ndjson (2.0 s)",
    "total: skipped: half/b failed"
  ])
  expect(output.stdout()).toBe("")
})

it("names twenty causes of failures as they come, each once, and leaves the rest to the end", () => {
  const output = memoryOutput()
  const emit = plainProgress(output, () => 0, { steps: true, debug: false })
  const [plan] = plans({ scenes: "missing", "half/a": "unknown", "half/b": "unknown", total: "unknown" })
  emit({ type: "node-started", node: "scenes", plan: plan!, items: null })
  for (let i = 0; i < 30; i++)
    for (const item of [`s${i}`, `t${i}`])
      emit({ type: "item-failed", node: "scenes", failure: { item, error: `${item} is torn at ${i}` } })
  const lines = output.stderr().split("\n")
  expect(lines[1]).toBe("scenes: failed s0: s0 is torn at 0")
  expect(lines).toHaveLength(22)
  expect(lines.at(-1)).toContain("further failures")
})
