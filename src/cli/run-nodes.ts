/** Brings nodes up to date, with progress on stderr, a log, and a record of the run. */
import { randomBytes } from "node:crypto"
import * as os from "node:os"
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import { lazyLocalExecutor } from "../executors/lazy-local.ts"
import { runJson } from "../inspect/run-json.ts"
import type { Opened } from "../project/open-pipeline.ts"
import { attempt } from "../run/attempt.ts"
import type { RunEvent } from "../run/events.ts"
import { logFile } from "../run/log-file.ts"
import { runGraph } from "../run/run.ts"
import type { RunOptions } from "../run/run-options.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { captureOutput, writingAsNobody } from "../support/stage-output.ts"
import type { CommandContext } from "./command.ts"
import { watchInterrupts } from "./interrupt-thread.ts"
import { showProgress } from "./progress.ts"
import { runSummary } from "./run-summary.ts"

export const runNodes = (
  opened: Opened,
  nodes: ReadonlyArray<GraphNode>,
  {
    jobs,
    ...told
  }: Pick<RunOptions, "keepGoing" | "labels" | "lockWait" | "mixture" | "targets" | "withLosses"> & {
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
    const watch = Effect.acquireRelease(Effect.sync(watchInterrupts), (end) => Effect.promise(end))
    const executor = yield* lazyLocalExecutor(planning, jobs, { entry: context.worker, onOutput }, watch)
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

/** The pipeline outputs that these nodes produce. */
function outputsOf({ graph }: Opened, nodes: ReadonlyArray<GraphNode>): RunRecord["outputs"] {
  const chosen = new Set(nodes)
  return Object.fromEntries(
    Object.entries(graph.outputs).flatMap(([name, made]) => {
      const ids = made.filter((node) => chosen.has(node)).map((node) => node.id)
      return ids.length === 0 ? [] : [[name, ids]]
    })
  )
}

/** Ids sort by start time (UTC, in milliseconds); four hex digits tell apart runs of the same millisecond. */
export const runId = (now: Date, mark = randomBytes(2).toString("hex")): string =>
  `${now.toISOString().replace(/[-:Z]/g, "").replace("T", "-")}-${mark}`
