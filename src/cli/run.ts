import * as Scope from "effect/Scope"
/** `run`: brings a pipeline, or some of its nodes and what they need, up to date. */
import { randomBytes } from "node:crypto"
import * as os from "node:os"
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import { itemChanges } from "../plan/item-changes.ts"
import { planAll, type Planning } from "../plan/plan.ts"
import type { RunEvent } from "../run/events.ts"
import { logFile } from "../run/log-file.ts"
import { runGraph } from "../run/run.ts"
import type { RunOptions } from "../run/run-options.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { chooseNodes } from "../project/choose-nodes.ts"
import { watchInterrupts } from "./interrupt-thread.ts"
import { type CommandContext, defineCommand } from "./command.ts"
import { dryRunJson, dryRunText } from "./dry-run.ts"
import { lossesOf } from "../inspect/losses.ts"
import { openPipeline, type Opened } from "../project/open-pipeline.ts"
import { showProgress } from "./progress.ts"
import { runJson } from "../inspect/run-json.ts"
import { runSummary } from "./run-summary.ts"
import { pipelineWord, setOption } from "./shared-options.ts"
import { outputSummaries } from "../inspect/summaries.ts"
import type { WorkerOptions } from "../executors/worker-processes.ts"
import { captureOutput, writingAsNobody } from "../support/stage-output.ts"
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
      const { store, json, output } = context
      const open = Effect.gen(function* () {
        const options = { set: args.set, store, force: args.force, retryFailed: args["retry-failed"] }
        const opened = yield* openPipeline(args.pipeline, options)
        return { opened, nodes: yield* chooseNodes(opened, args.node) }
      })
      const { opened, nodes } = yield* Effect.interruptible(open)
      const keepGoing = args["keep-going"]
      if (args["dry-run"]) {
        const plans = yield* Effect.interruptible(planAll(nodes, opened.planning, keepGoing))
        if (json) {
          output.out(JSON.stringify(dryRunJson(opened, plans, keepGoing)))
          return 0
        }
        const changes = yield* Effect.interruptible(itemChanges(plans, opened.planning))
        output.out(dryRunText(opened.name, plans, changes, keepGoing, output.paint))
        return 0
      }
      const jobs = args.jobs ?? os.availableParallelism()
      const isPart = nodes.length < opened.graph.nodes.length
      const told = {
        jobs,
        keepGoing,
        lockWait: !args["no-lock-wait"],
        ...(isPart ? { targets: [...new Set(args.node)] } : {})
      }
      const losses = lossesOf(opened)
      const record = yield* Effect.scoped(
        bringUpToDate(opened, nodes, { ...told, withLosses: losses.tell }, context)
      )
      const problem = losses.problem()
      if (json && problem !== null) return yield* Effect.fail(problem)
      if (json) output.out(JSON.stringify(runJson(record)))
      else {
        const summaries = yield* outputSummaries(opened, record)
        output.out(runSummary(record, { paint: output.paint, store, summaries }))
        if (problem !== null) return yield* Effect.fail(problem)
      }
      return record.status === "ok" ? 0 : 1
    })
})

const bringUpToDate = (
  opened: Opened,
  nodes: ReadonlyArray<GraphNode>,
  told: Pick<RunOptions, "jobs" | "keepGoing" | "lockWait" | "targets" | "withLosses">,
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
    const executor = yield* lazyExecutor(planning, { entry: context.worker, onOutput })
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
      Effect.orElseSucceed(planning.store.run(id), () => null),
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
const lazyExecutor = (planning: Planning, workers: Omit<WorkerOptions, "store">) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const watch = Effect.acquireRelease(Effect.sync(watchInterrupts), (end) => Effect.promise(end))
    const load = Effect.andThen(
      watch,
      Effect.promise(() => import("../executors/local.ts"))
    ).pipe(
      Effect.flatMap(({ localExecutor }) => localExecutor(planning, workers)),
      Scope.provide(scope)
    )
    // tasks come side by side, and a task that is interrupted must not take the others' executor with it
    const loaded = yield* Effect.cached(Effect.uninterruptible(load))
    const executor: Executor = {
      name: "local",
      execute: (task, report) => Effect.flatMap(loaded, (local) => local.execute(task, report))
    }
    return executor
  })
