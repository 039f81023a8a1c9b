import { expect, it } from "vitest"
import { acceptJson, acceptText } from "../../../src/cli/accept.ts"
import { noPaint } from "../../../src/support/colour.ts"
import { runSummary } from "../../../src/cli/run-summary.ts"
import { artifactText } from "../../../src/cli/show-text.ts"
import { statusJson, statusText } from "../../../src/cli/status.ts"
import { whyOf, whyText } from "../../../src/cli/why.ts"
import type { Acceptances } from "../../../src/plan/accept.ts"
import type { Cue } from "../../../src/plan/cue.ts"
import { forecast } from "../../../src/plan/forecast.ts"
import type { Trace } from "../../../src/store/records/trace.ts"
import { demoGraph, known, nodeRecord, plans, runRecord } from "./records.ts"

const accepted = { key: "0123456789abcdef".repeat(4), run: "r1", at: "2026-03-04T05:06:07.000Z" }
const trace = { key: "ab", artifact: "cd", run: "r1", accepted } as Partial<Trace> as Trace
const cues: ReadonlyArray<Cue> = [{ cue: "package", path: "sharp", before: "0.35.4", after: "0.35.5" }]
const acceptances: Acceptances = {
  accepted: [{ node: demoGraph().byId.get("half/a")!, trace, items: [], cues }],
  fresh: [demoGraph().byId.get("scenes")!]
}

it("says what was accepted, and what has changed since it was computed", () => {
  expect(acceptText(acceptances, false, noPaint).split("\n")).toEqual([
    "half/a  accepted: the outputs of run r1, despite:",
    "  package sharp: 0.35.4 → 0.35.5",
    "scenes  fresh: nothing to accept"
  ])
  expect(acceptText(acceptances, true, noPaint)).toMatch(
    /would be accepted.*[^]*\(dry run: nothing was written\)$/
  )
  expect(acceptJson("demo", acceptances, false)).toMatchObject({
    pipeline: "demo",
    accepted: [{ id: "half/a", stage: "halves", artifact: "cd", key: "ab", accepted, cues }],
    fresh: ["scenes"],
    dryRun: false
  })
})

it("marks what was accepted in status, why, show and a run's summary", () => {
  const mark: Cue = { cue: "accepted", path: "r1", before: accepted.key, after: accepted.at }
  const its = plans({
    scenes: "fresh",
    "half/a": { state: "fresh", trace, known: known(), cues: [mark] },
    "half/b": "fresh",
    total: "fresh"
  })
  const forecasts = forecast(its, false)
  expect(statusText("demo", its, forecasts, noPaint, 100)).toMatch(/half\/a +fresh, accepted/)
  expect(statusJson("demo", its, forecasts).nodes.map((node) => node.accepted)).toEqual([
    null,
    accepted,
    null,
    null
  ])
  expect(whyText(whyOf(its[1]!, null), noPaint)).toContain(
    "accepted at 2026-03-04T05:06:07.000Z: computed under another key (0123456789ab) in run r1"
  )
  const record = runRecord([nodeRecord("half/a", { status: "cached", accepted }), nodeRecord("half/b")])
  const summary = runSummary(record, { paint: noPaint, store: "artifacts", summaries: [] })
  expect(summary).toMatch(/half\/a +cached, accepted/)
  expect(summary).toMatch(/half\/b +executed +/)
  const described = {
    run: "r2",
    node: "half/a",
    stage: "halves",
    artifact: "cd",
    form: "row per item",
    label: "number",
    items: 1,
    rows: 1,
    bytes: 10,
    incomplete: false,
    partial: [],
    accepted,
    failed: [],
    losses: [],
    made: null,
    columns: [],
    tensors: [],
    first: []
  }
  expect(artifactText(described, noPaint, 100)).toContain(
    "accepted: at 2026-03-04T05:06:07.000Z; computed by run r1 under another key (0123456789ab)"
  )
})
