import * as Scope from "effect/Scope"
/** `run`: brings a pipeline, or some of its nodes and what they need, up to date. */
import { randomBytes } from "node:crypto"
import * as os from "node:os"
import * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import { itemChanges } from "../plan/item-changes.ts"
import { planAll } from "../plan/plan.ts"
import type { Planning } from "../plan/planning.ts"
import type { RunEvent } from "../run/events.ts"
import { logFile } from "../run/log-file.ts"
import { attempt, attemptAsync } from "../run/attempt.ts"
import { runGraph } from "../run/run.ts"
import type { RunOptions } from "../run/run-options.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { watchInterrupts } from "./interrupt-thread.ts"
import { captureOutput, writingAsNobody } from "../support/stage-output.ts"
import { chooseNodes } from "../project/choose-nodes.ts"
import { type CommandContext, defineCommand } from "./command.ts"
import { dryRunJson, dryRunText } from "./dry-run.ts"
import { openPipeline, type Opened } from "../project/open-pipeline.ts"
import { showProgress } from "./progress.ts"
import { runJson } from "../inspect/run-json.ts"
import { runSummary } from "./run-summary.ts"
import { pipelineWord, setOption } from "./shared-options.ts"
import { outputSummaries, tellLosses } from "../inspect/hooks.ts"
import { chunkMs } from "../executors/time-limit.ts"
import type { WorkerOptions } from "../executors/worker-processes.ts"
import type { Executor } from "../run/task.ts"

export const runCommand = defineCommand({
  name: "run",
  doc: "bring a pipeline up to date",
  positionals: [pipelineWord, { name: "node", arity: "rest", doc: "only these nodes, and what they need" }],
  options: {
    "dry-run": { kind: "flag", alias: "n", doc: "say what would run, and why, and run nothing" },
    jobs: { kind: "count", alias: "j", value: "N", doc: "tasks at a time (as many as there are cores)" },
    "keep-going": { kind: "flag", alias: "k", doc: "go on after a failure, and on what is incomplete" },
    force: { kind: "texts", alias: "f", value: "node", doc: "compute a node again, whatever is known of it" },
    ...setOption,
    "retry-failed": { kind: "flag", doc: "try again what is known to have failed" },
    "no-lock-wait": { kind: "flag", doc: "fail at once where another run holds a lock" }
  },
  examples: [
    ["run pipelines/quickstart.ts", "compute what is not fresh"],
    ["run pipelines/quickstart.ts -n", "say what would run, and why"],
    ["run pipelines/quickstart.ts probes/vit -S seed=8", "one node and what it needs, with another seed"],
    ["run pipelines/coco.ts -k --retry-failed", "try failed scenes again, and go on beside those that fail"]
  ],
  // interrupted while it makes ready or brings nodes up to date, and not after that: the exit code is what the run's
  // record says
  finishes: true,
  run: (args, context) =>
    Effect.gen(function* () {
      const { store, output } = context
      const keepGoing = args["keep-going"]
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
        bringUpToDate(
          opened,
          nodes,
          {
            jobs: args.jobs ?? os.availableParallelism(),
            keepGoing,
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
      yield* attemptAsync(() => printRun(opened, record, problem, context))
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

/** @throws the problem of a stage that could not say what it left out: the run's results are valid all the same */
async function printRun(
  opened: Opened,
  record: RunRecord,
  problem: Problem | null,
  { json, output, store }: CommandContext
): Promise<void> {
  if (json) {
    if (problem !== null) throw problem
    return output.out(JSON.stringify(runJson(record)))
  }
  const summaries = await outputSummaries(opened, record)
  output.out(runSummary(record, { paint: output.paint, store, summaries }))
  if (problem !== null) throw problem
}

const bringUpToDate = (
  opened: Opened,
  nodes: ReadonlyArray<GraphNode>,
  {
    jobs,
    ...told
  }: Pick<RunOptions, "keepGoing" | "lockWait" | "targets" | "withLosses"> & {
    readonly jobs: number
  },
  context: CommandContext
) =>
  Effect.gen(function* () {
    const { planning } = opened
    const { output, now, json, store } = context
    const id = runId(now())
    const log = logFile(planning.store, id, now)
    const progress = showProgress(output, () => now().getTime(), context.debug)
    yield* Effect.addFinalizer(() => Effect.sync(() => progress.stop()))
    const emit = (event: RunEvent) =>
      writingAsNobody(() => {
        log(event)
        progress.emit(event)
      })
    const onOutput = (node: string | null, line: string) => emit({ type: "node-output", node, line })
    yield* Effect.acquireRelease(
      Effect.sync(() => captureOutput(onOutput)),
      (release) => Effect.sync(release)
    )
    const executor = yield* lazyExecutor(planning, jobs, { entry: context.worker, onOutput })
    const options: RunOptions = {
      pipeline: opened.name,
      file: opened.file,
      params: opened.params,
      nodes,
      outputs: outputsOf(opened, nodes),
      planning: {
        ...planning,
        fetching: {
          fetchers: context.fetchers ?? {},
          log: (node, message) => emit({ type: "node-log", node, message })
        }
      },
      executor,
      addressOf: opened.addressOf,
      ...told,
      emit,
      id,
      now,
      version: context.version,
      stopped: context.stopped ?? (() => null),
      host: { cpu: os.cpus()[0]?.model ?? "unknown", host: os.hostname(), node: process.version }
    }
    const interrupted = Effect.map(
      Effect.orElseSucceed(
        attempt(() => planning.store.run(id)),
        () => null
      ),
      (record: RunRecord | null) => {
        progress.stop()
        if (record === null) return
        if (json) output.out(JSON.stringify(runJson(record)))
        else output.out(runSummary(record, { paint: output.paint, store, summaries: [] }))
      }
    )
    return yield* runGraph(options).pipe(Effect.onInterrupt(() => interrupted))
  })

/** The pipeline's outputs that these nodes make. */
function outputsOf({ graph }: Opened, nodes: ReadonlyArray<GraphNode>): RunRecord["outputs"] {
  const chosen = new Set(nodes)
  return Object.fromEntries(
    Object.entries(graph.outputs).flatMap(([name, made]) => {
      const ids = made.filter((node) => chosen.has(node)).map((node) => node.id)
      return ids.length === 0 ? [] : [[name, ids]]
    })
  )
}

/** Ids sort as the runs began (UTC, to the millisecond); four digits keep apart those that began together. */
export const runId = (now: Date, mark = randomBytes(2).toString("hex")): string =>
  `${now.toISOString().replace(/[-:Z]/g, "").replace("T", "-")}-${mark}`

/** In a scope: what stages opened, workers, and the watch for Ctrl-C end with it. */
const lazyExecutor = (planning: Planning, tasks: number, workers: Omit<WorkerOptions, "store">) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const watch = Effect.acquireRelease(Effect.sync(watchInterrupts), (end) => Effect.promise(end))
    const load = Effect.andThen(
      watch,
      Effect.promise(() => import("../executors/local.ts"))
    ).pipe(
      Effect.flatMap(({ localExecutor }) => localExecutor(planning, tasks, workers)),
      Scope.provide(scope)
    )
    // tasks come side by side, and a task that is interrupted must not take the others' executor with it
    const loaded = yield* Effect.cached(Effect.uninterruptible(load))
    const executor: Executor = {
      name: "local",
      tasks,
      chunkMs,
      execute: (task, report) => Effect.flatMap(loaded, (local) => local.execute(task, report))
    }
    return executor
  })
