/** `run`: brings a pipeline, or some of its nodes and their inputs, up to date. */
import * as os from "node:os"
import * as Effect from "effect/Effect"
import { isProblem, type Problem } from "../support/problem.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import { itemChanges } from "../plan/item-changes.ts"
import { planAll } from "../plan/plan.ts"
import { attempt, attemptAsync } from "../run/attempt.ts"
import { changedSince } from "../diff/changed-since.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { checkRunName } from "../store/runs/labels.ts"
import { oneLine } from "../support/plain-text.ts"
import { runNodes } from "./run-nodes.ts"
import { chooseNodes } from "../project/choose-nodes.ts"
import { type CommandContext, defineCommand } from "./command.ts"
import { dryRunJson, dryRunText } from "./dry-run.ts"
import { curveLines, glyphsFor } from "./curve-lines.ts"
import { drawRunPicture } from "../report/run-picture.ts"
import { openPipeline, type Opened } from "../project/open-pipeline.ts"
import { runJson } from "../inspect/run-json.ts"
import { checkReportPath, writeReport } from "./report.ts"
import { runSummary } from "./run-summary.ts"
import { pipelineWord, setOption } from "./shared-options.ts"
import { bytes } from "../support/numbers.ts"
import { outputSummaries, tellLosses } from "../inspect/hooks.ts"

export const runCommand = defineCommand({
  name: "run",
  doc: "bring a pipeline up to date",
  positionals: [pipelineWord, { name: "node", arity: "rest", doc: "only these nodes and their inputs" }],
  options: {
    "dry-run": { kind: "flag", alias: "n", doc: "show what would run and why, without running anything" },
    jobs: { kind: "count", alias: "j", value: "N", doc: "parallel tasks (default: number of cores)" },
    "keep-going": { kind: "flag", alias: "k", doc: "continue after failures, even with incomplete inputs" },
    force: { kind: "texts", alias: "f", value: "NODE", doc: "recompute a node even if it is fresh" },
    ...setOption,
    name: { kind: "text", value: "NAME", doc: "what to call the run: `show NAME`" },
    note: { kind: "text", value: "TEXT", doc: "a note on the run, for `runs`" },
    report: { kind: "text", value: "FILE.html", doc: "write a report at the end, replacing the file" },
    "retry-failed": { kind: "flag", doc: "retry earlier failures" },
    "no-lock-wait": { kind: "flag", doc: "fail at once if another run holds a lock" }
  },
  examples: [
    ["run pipelines/quickstart.ts", "compute everything that is not fresh"],
    ["run pipelines/quickstart.ts -n", "show what would run and why"],
    ["run pipelines/quickstart.ts probes/vit -S seed=8", "one node and its inputs, with another seed"],
    [
      "run pipelines/coco.ts -k --retry-failed",
      "retry failed scenes, and continue past those that fail again"
    ]
  ],
  // interruptible while it prepares and brings nodes up to date, not afterwards: the exit code must match the run's
  // record
  finishes: true,
  run: (args, context) =>
    Effect.gen(function* () {
      const { store, output } = context
      const labels = yield* attempt(() => ({
        name: args.name === null ? null : checkRunName(args.name, "--name"),
        note: args.note
      }))
      const keepGoing = args["keep-going"]
      const { report } = args
      if (report !== null) yield* attempt(() => checkReportPath(report, "--report"))
      const { opened, nodes } = yield* interruptible(async () => {
        const options = { set: args.set, store, force: args.force, retryFailed: args["retry-failed"] }
        const opened = await openPipeline(args.pipeline, options)
        return { opened, nodes: chooseNodes(opened, args.node) }
      })
      if (args["dry-run"]) {
        output.out(yield* interruptible((signal) => dryRun(opened, nodes, { keepGoing, signal }, context)))
        return 0
      }
      let problem: Problem | null = null
      const record = yield* Effect.scoped(
        runNodes(
          opened,
          nodes,
          {
            jobs: args.jobs ?? os.availableParallelism(),
            keepGoing,
            labels,
            lockWait: !args["no-lock-wait"],
            ...(nodes.length < opened.graph.nodes.length ? { targets: [...new Set(args.node)] } : {}),
            withLosses: (records) =>
              Effect.map(
                attemptAsync(() => tellLosses(opened, records)),
                (told) => {
                  problem = told.problem
                  return told.nodes
                }
              )
          },
          context
        )
      )
      yield* attemptAsync(async () => {
        try {
          await printRun(opened, record, problem, context)
        } finally {
          if (report !== null) {
            const size = await writeReport(context, record, opened, { to: report, overwrite: true })
            if (!context.json) output.out(`report: ${report} (${bytes(size)})`)
          }
        }
      })
      return record.status === "ok" ? 0 : 1
    })
})

const interruptible = <A>(act: (signal: AbortSignal) => Promise<A>) => Effect.interruptible(attemptAsync(act))

async function dryRun(
  opened: Opened,
  nodes: ReadonlyArray<GraphNode>,
  { keepGoing, signal }: { readonly keepGoing: boolean; readonly signal: AbortSignal },
  { json, output }: CommandContext
): Promise<string> {
  const plans = await planAll(nodes, opened.planning, { keepGoing, signal })
  if (json) return JSON.stringify(dryRunJson(opened, plans, keepGoing))
  const changes = await itemChanges(plans, opened.planning)
  return dryRunText(opened.name, plans, changes, keepGoing, output.paint)
}

/** @throws Problem where a stage's `losses` function failed; the run's results are still valid */
async function printRun(
  opened: Opened,
  record: RunRecord,
  problem: Problem | null,
  { json, output, store, version }: CommandContext
): Promise<void> {
  const { figure, path: picture, problem: undrawn } = await drawRunPicture(opened, record, version)
  if (undrawn !== null)
    output.err(`${output.errPaint("yellow", "warning:")} ${undrawn.message}; the results are not affected`)
  if (json) {
    if (problem !== null) throw problem
    return output.out(JSON.stringify({ ...runJson(record), picture }))
  }
  const summaries = await outputSummaries(opened, record)
  const { paint } = output
  const curve = figure?.curve === undefined ? "" : curveLines(figure.curve, glyphsFor(process.env), paint)
  output.out(runSummary(record, { paint, store, summaries, curve, picture }))
  const changed = changeOf(opened, record)
  if (changed !== null) output.out(oneLine(changed))
  if (problem !== null) throw problem
}

/** What changed since the last complete run; null if that run's record is damaged, which is no fault of this one. */
function changeOf({ planning: { store } }: Opened, record: RunRecord): string | null {
  try {
    return changedSince(store, record)
  } catch (error) {
    if (isProblem(error)) return null
    throw error
  }
}
