/**
 * Executes a node: hands its tasks to the executor and commits the results, objects first, then the manifest,
 * then the trace.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type GraphNode, inputIds } from "../pipeline/graph.ts"
import { isFileColumn } from "../pipeline/columns.ts"
import type { Problem } from "../support/problem.ts"
import { acceptedItems, type ItemPlan } from "../plan/items.ts"
import { knownOf, type NodePlan } from "../plan/node-plan.ts"
import { idColumnOf } from "../plan/node-preimage.ts"
import type { KnownArtifact, Planning } from "../plan/planning.ts"
import { revalidate } from "../plan/revalidate.ts"
import type { Manifest, Shard } from "../store/records/manifest.ts"
import type { Trace } from "../store/records/trace.ts"
import { assemble, type Pieces } from "./assemble.ts"
import { attempt } from "./attempt.ts"
import { executeChunks } from "./execute-chunks.ts"
import type { Executed } from "./outcome.ts"
import type { Executing } from "./run-options.ts"
import type { Executor, Task, TaskPort, TaskReport, TaskResult } from "./task.ts"

type Inputs = ReadonlyMap<string, KnownArtifact>

export const executeNode = Effect.fn("run.executeNode")(function* (
  planned: NodePlan,
  inputs: Inputs,
  given: Executing
) {
  const { node, items } = planned
  const { emit, now, planning } = given
  const executing = { ...given, executor: revalidating(given.executor, planned, planning) }
  const started = now().getTime()
  const task = yield* attempt(() => taskOf(node, inputs, executing))
  emit({ type: "node-started", node: node.id, plan: planned, items: items?.left.length ?? null })
  const made = yield* (
    items === null ? executeOne(task, executing) : executeItemwise(task, items, executing)
  ).pipe(
    Effect.flatMap((result) =>
      attempt(() => ({
        ...result,
        manifest: assemble(planning.store, node, idColumnOf(node), result.pieces)
      }))
    ),
    Effect.catch((problem) => (isStageFailure(problem) ? Effect.succeed(problem) : Effect.fail(problem)))
  )
  const seconds = (now().getTime() - started) / 1000
  return yield* attempt(() =>
    "manifest" in made
      ? commit(planned, inputs, made, seconds, executing)
      : commitFailure(planned, made, seconds, executing)
  )
})

/** Discards results and failures if a file named by the key changed during the work. */
const revalidating = (executor: Executor, { node, preimage }: NodePlan, planning: Planning): Executor => ({
  ...executor,
  execute: (task, report) =>
    Effect.flatMap(Effect.exit(executor.execute(task, report)), (exit) =>
      Exit.hasInterrupts(exit)
        ? exit
        : Effect.andThen(
            attempt(() => revalidate(node, preimage!, planning)),
            exit
          )
    )
})

interface Made extends Pick<TaskResult, "reads" | "partial" | "losses"> {
  readonly pieces: Pieces
  /** some item failed for an external cause: no trace is written for the node, so the next run tries again */
  readonly outside: boolean
}

function commit(
  planned: NodePlan,
  inputs: Inputs,
  { manifest, reads, partial, losses, outside }: Made & { readonly manifest: Manifest },
  seconds: number,
  executing: Executing
): Executed {
  const { node, items } = planned
  const { store } = executing.planning
  store.putManifest(manifest)
  const known = knownOf(
    manifest,
    { partial },
    node.inputs.map(({ id }) => inputs.get(id)!)
  )
  const told = losses === undefined ? {} : { losses }
  if (!outside) {
    store.putTrace({
      ...traceHead(planned, seconds, executing),
      artifact: manifest.digest,
      error: null,
      hint: null,
      reads,
      partial: known.partial,
      ...told,
      incomplete: known.incomplete,
      ...(manifest.failed.length > 0 ? { failed: manifest.failed } : {})
    })
    store.freshIndex.learn(node.stage.name, planned.key!, planned.preimage!.output, reads)
  }
  const cached = items?.done.size ?? 0
  return {
    known,
    failures: manifest.failed,
    failure: null,
    hint: null,
    executed: node.form === "table" ? 1 : manifest.items - cached,
    cached,
    isKept: !outside,
    ...told,
    ...acceptedOf(planned)
  }
}

function commitFailure(planned: NodePlan, problem: Problem, seconds: number, executing: Executing): Executed {
  const { node } = planned
  const { message: error, hint } = problem
  executing.emit({ type: "node-failed", node: node.id, problem })
  // a source's failure has an external cause: it may be fixed without a change that the key can see
  const isKept = node.stage.kind !== "source"
  if (isKept)
    executing.planning.store.putTrace({
      ...traceHead(planned, seconds, executing),
      artifact: null,
      error,
      hint,
      reads: [],
      partial: [],
      incomplete: false
    })
  return {
    known: null,
    failures: [],
    failure: { node: node.id, error },
    hint,
    executed: 0,
    cached: 0,
    isKept
  }
}

const traceHead = (
  planned: NodePlan,
  seconds: number,
  { id, now, host }: Executing
): Pick<Trace, "format" | "key" | "preimage" | "run" | "at" | "seconds" | "host" | "accepted"> => ({
  format: 1,
  key: planned.key!,
  preimage: planned.preimage!,
  run: id,
  at: now().toISOString(),
  seconds,
  host,
  ...acceptedOf(planned)
})
const acceptedOf = ({ items }: NodePlan) => (items === null ? {} : acceptedItems(items))

/** Executes a source or a whole stage as one task. */
const executeOne = (task: Task, { executor, permits, emit }: Executing): Effect.Effect<Made, Problem> => {
  const report: TaskReport = {
    log: (message) => emit({ type: "node-log", node: task.node, message }),
    progress: (done, total) => emit({ type: "node-progress", node: task.node, done, total })
  }
  return Effect.map(permits.withPermits(1)(executor.execute(task, report)), ({ shards, failed, ...rest }) => {
    for (const failure of failed) emit({ type: "item-failed", node: task.node, failure })
    return {
      pieces: {
        shards: shards.map(({ shard }) => shard),
        places: null,
        table: shards[0]?.table ?? null,
        failed: failed.map(({ item, error }) => ({ item, error }))
      },
      outside: failed.some(({ outside }) => outside === true),
      ...rest
    }
  })
}
const executeItemwise = (task: Task, items: ItemPlan, executing: Executing): Effect.Effect<Made, Problem> =>
  Effect.map(executeChunks(task, items, executing), ({ outside, ...pieces }) => ({
    pieces,
    outside,
    reads: [],
    partial: []
  }))

/**
 * Failures of the stage itself, which would recur; those of the store or with an external cause are not
 * cached.
 */
const isStageFailure = ({ _tag }: Problem) =>
  _tag === "StageFailed" ||
  _tag === "OutputInvalid" ||
  _tag === "SourceInvalid" ||
  _tag === "WorkerDied" ||
  _tag === "TimedOut"

/** The task for a whole node; for some items of an itemwise node, `executeChunks` adds their rows. */
function taskOf(node: GraphNode, inputs: Inputs, { addressOf, executor, planning }: Executing): Task {
  const ports = Object.entries(node.ports).flatMap(([name, { mode, reads, from, by }]) => {
    const artifacts = from.map(({ id }) => ({ node: id, manifest: inputs.get(id)!.manifest }))
    const port: TaskPort | null =
      mode === "each" || mode === "group"
        ? null
        : mode === "member"
          ? { mode, reads, by: by!, manifest: artifacts[0]!.manifest }
          : { mode, reads, from: artifacts }
    return port === null ? [] : [[name, port] as const]
  })
  return {
    node: node.id,
    stage: node.stage,
    address: addressOf(node.stage),
    params: node.params,
    ports: Object.fromEntries(ports),
    inputs: inputIds(node),
    form: node.form,
    columns: node.columns,
    idColumn: idColumnOf(node),
    items: null,
    previous: previousShards(node, planning),
    base: planning.outside.base,
    threads: executor.threads,
    chunkMs: executor.chunkMs
  }
}

/**
 * The earlier shards of a stage that makes items, if its rows are still written in the same form. Not if columns hold
 * files: their paths are in no digest.
 */
function previousShards(node: GraphNode, { previous, store }: Planning): ReadonlyArray<Shard> {
  if (node.itemRoot !== node || Object.values(node.columns).some(isFileColumn)) return []
  const artifact = previous(node)?.artifact ?? null
  const manifest = artifact === null ? null : store.manifest(artifact)
  const isSameForm =
    manifest !== null &&
    manifest.idColumn === idColumnOf(node) &&
    JSON.stringify(manifest.columns) === JSON.stringify(node.columns)
  return isSameForm ? manifest.shards : []
}
