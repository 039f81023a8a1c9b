import { expect, it } from "vitest"
import { noPaint } from "../../../src/support/colour.ts"
import { runId } from "../../../src/cli/run-nodes.ts"
import { runJson } from "../../../src/inspect/run-json.ts"
import { runSummary } from "../../../src/cli/run-summary.ts"
import type { RunRecord } from "../../../src/store/records/run-record.ts"
import { nodeRecord, runRecord } from "./records.ts"

const text = (run: RunRecord, summaries: Parameters<typeof runSummary>[1]["summaries"] = []) =>
  runSummary(run, { paint: noPaint, store: "artifacts", summaries })

it("prints a row a node, the outputs' tables, what was written, and how it ended", () => {
  const run = runRecord(
    [
      nodeRecord("scenes"),
      nodeRecord("probes/vit", {
        status: "cached",
        items: { total: 1, executed: 0, cached: 1, failed: 0 },
        seconds: 0,
        bytes: 123_456
      })
    ],
    { outputs: { measures: ["probes/vit"] } }
  )
  const summary = { title: "Balanced accuracy", columns: ["encoder", "A_pp"], rows: [["vit", "0.512"]] }
  expect(text(run, [summary])).toBe(
    [
      "node        status    items   time    size",
      "scenes      executed      4  1.5 s  2.0 kB",
      "probes/vit  cached        1      –  123 kB",
      "",
      "Balanced accuracy",
      "encoder   A_pp",
      "vit      0.512",
      "",
      "written",
      "  artifacts/runs/20260102-030405.006-abcd/probes/vit.parquet",
      "  artifacts/runs/latest → 20260102-030405.006-abcd",
      "",
      "demo: ok in 10 s, 1 executed, 1 cached"
    ].join("\n")
  )
})

it("says below an output's table what its columns mean, and of a wide one nothing", () => {
  const docs = { A_pp: "of the primary", n: "scenes", gone: "of no column" }
  const summary = { title: "T", columns: ["encoder", "A_pp", "n"], rows: [["vit", "0.512", 8]], docs }
  const printed = text(runRecord([nodeRecord("a")]), [summary])
  expect(printed).toContain(
    ["T", "encoder   A_pp  n", "vit      0.512  8", "  A_pp  of the primary", "  n     scenes", ""].join("\n")
  )
  const wide = { ...summary, columns: [...Array.from({ length: 10 }, (_, i) => `c${i}`), ...summary.columns] }
  expect(text(runRecord([nodeRecord("a")]), [wide])).not.toContain("of the primary")
})

it("names the first 20 failures with node, stage and cause, and counts the others", () => {
  const failures = Array.from({ length: 23 }, (_, i) => ({ item: `s${i}`, error: `torn\nJPEG ${i}` }))
  const run = runRecord(
    [
      nodeRecord("masks/vit", {
        stage: "build-object-masks",
        status: "failed",
        items: { total: 100, executed: 77, cached: 0, failed: 23 },
        failures,
        incomplete: true,
        partial: ["50 of 350 scenes"]
      }),
      nodeRecord("probes/vit", {
        status: "skipped",
        error: "masks/vit is incomplete",
        artifact: null,
        bytes: null
      })
    ],
    { status: "failed" }
  )
  const printed = text(run)
  expect(printed).toContain("failed, incomplete  100 (23 failed)")
  expect(printed).toContain("failed: 23")
  expect(printed).toMatch(/s19 +masks\/vit +build-object-masks +torn\n +JPEG 19\n/)
  expect(printed).not.toContain("s20")
  expect(printed).toContain("… and 3 more")
  expect(printed).toContain("skipped: probes/vit: masks/vit is incomplete")
  expect(printed).toContain("partial: 50 of 350 scenes")
  expect(printed).toContain("incomplete: masks/vit omits")
  expect(printed).toMatch(/demo: failed in 10 s, 1 failed, 1 skipped$/)
})

it("prints an error of several lines once, line by line, below its first", () => {
  const failure = (error: string) => ({
    ...nodeRecord("sum", { status: "failed", artifact: null, bytes: null }),
    error,
    failures: [{ item: "sum", error }]
  })
  const printed = text(runRecord([failure("no parse:\n  3 | a +\n        ^")], { status: "failed" }))
  expect(printed).toContain(
    [
      "  item       node  stage  cause",
      "  the stage  sum   slow   no parse:",
      "                            3 | a +",
      "                                  ^"
    ].join("\n")
  )
  expect(printed).not.toContain("⏎")
  expect(printed.split("no parse").length).toBe(2)
  const long = Array.from({ length: 15 }, (_, i) => `line ${i}`).join("\n")
  expect(text(runRecord([failure(long)]))).toMatch(/line 11\n +… 3 more lines, in the run's log\.ndjson/)
})

it("names a stage that failed as a whole, and what to do", () => {
  const failed = nodeRecord("scenes", {
    status: "failed",
    artifact: null,
    bytes: null,
    error: "there is no file x.json",
    hint: "check the path",
    failures: [{ item: "scenes", error: "there is no file x.json" }]
  })
  const printed = text(runRecord([failed], { status: "failed" }))
  expect(printed).toMatch(/the stage +scenes +slow +there is no file x\.json/)
  expect(printed).toContain("hint: check the path")
  expect(printed).not.toContain("written")
})

it("says that all was fresh, and that an interrupted run goes on", () => {
  const cached = nodeRecord("a", { status: "cached" })
  expect(text(runRecord([cached]))).toContain("demo: ok in 10 s, everything was fresh (1 node)")
  const interrupted = text(runRecord([cached], { status: "interrupted" }))
  expect(interrupted).toContain("interrupted in 10 s, 1 cached\nfinished work is kept")
  expect(interrupted).not.toContain("latest")
})

it("keeps the contract of run --json", () => {
  const json = JSON.parse(JSON.stringify(runJson(runRecord([nodeRecord("a", { bytes: null })]))))
  expect(json).toMatchObject({ run: "20260102-030405.006-abcd", pipeline: "demo", status: "ok" })
  expect(json.nodes[0]).toMatchObject({
    id: "a",
    stage: "slow",
    status: "executed",
    items: { total: 4, executed: 4, cached: 0, failed: 0 },
    artifact: "ab".repeat(32),
    bytes: null,
    seconds: 1.5
  })
})

it("gives runs ids that sort by time and tell apart those that began together", () => {
  const at = (iso: string, mark: string) => runId(new Date(iso), mark)
  expect(at("2026-01-02T03:04:05.006Z", "abcd")).toBe("20260102-030405.006-abcd")
  expect(at("2026-01-02T03:04:05.006Z", "ffff") < at("2026-01-02T03:04:05.007Z", "0000")).toBe(true)
  expect(runId(new Date(0))).toMatch(/^19700101-000000\.000-[0-9a-f]{4}$/)
})
