/**
 * Executes a node: cuts its items into chunks, hands tasks to the executor, and commits what they made, objects
 * first, then the manifest, then the trace.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Lost } from "../pipeline/losses.ts"
import type { Problem } from "../support/problem.ts"
import { acceptedItems, type ItemPlan } from "../plan/items.ts"
import { type KnownArtifact, idColumnOf, type NodePlan, partialOf, type Planning } from "../plan/plan.ts"
import { revalidate } from "../plan/revalidate.ts"
import type { ItemFailure, Shard } from "../store/records/manifest.ts"
import type { Accepted, Trace } from "../store/records/trace.ts"
import { assemble, type Pieces } from "./assemble.ts"
import { executeChunks } from "./execute-chunks.ts"
import type { Executing } from "./run-options.ts"
import type { Executor, Task, TaskReport, TaskResult } from "./task.ts"

export interface Executed {
  readonly known: KnownArtifact | null
  /** failed items, or the stage's error under the node's id */
  readonly failures: ReadonlyArray<ItemFailure>
  /** what to do about the stage's error */
  readonly hint: string | null
  /** items computed now and those done before; a whole stage counts as one */
  readonly executed: number
  readonly cached: number
  /** of items done before, where some were accepted */
  readonly accepted?: Accepted
  /** what a source said that it left out */
  readonly losses?: ReadonlyArray<Lost>
  /** whether a trace says so: where the outside has failed, the next run tries again */
  readonly isKept: boolean
}

export const executeNode = (
  planned: NodePlan,
  inputs: ReadonlyMap<string, KnownArtifact>,
  given: Executing
): Effect.Effect<Executed, Problem> =>
  Effect.gen(function* () {
    const { node } = planned
    const executing = { ...given, executor: checked(given.executor, planned, given.planning) }
    const { emit, now, planning } = executing
    const from = now().getTime()
    const task = { ...taskOf(node, inputs, executing), previous: yield* previousShards(node, planning) }
    const { items } = planned
    emit({ type: "node-started", node: node.id, plan: planned, items: items?.left.length ?? null })
    const made = yield* (
      items === null ? executeOne(task, executing) : executeItemwise(task, items, executing)
    ).pipe(
      Effect.flatMap((result) =>
        Effect.map(assemble(planning.store, node, idColumnOf(node), result.pieces), (manifest) => ({
          ...result,
          manifest,
          failure: null
        }))
      ),
      Effect.catch((problem: Problem) =>
        isStageFailure(problem) ? Effect.succeed({ manifest: null, failure: problem }) : Effect.fail(problem)
      )
    )
    const mark = items === null ? {} : acceptedItems(items)
    const commit = (
      outcome: Pick<
        Trace,
        "artifact" | "error" | "hint" | "reads" | "partial" | "losses" | "incomplete" | "failed"
      >
    ) =>
      planning.store.putTrace({
        format: 1,
        key: planned.key!,
        preimage: planned.preimage!,
        ...outcome,
        run: executing.id,
        at: now().toISOString(),
        seconds: (now().getTime() - from) / 1000,
        host: executing.host,
        ...mark
      })
    if (made.manifest === null) {
      emit({ type: "node-failed", node: node.id, problem: made.failure })
      const { message: error, hint } = made.failure
      // a source's failure is the outside's: it may be mended without a change that the key can see
      if (node.stage.kind !== "source")
        yield* commit({ artifact: null, error, hint, reads: [], partial: [], incomplete: false })
      return {
        known: null,
        failures: [{ item: node.id, error }],
        hint,
        executed: 0,
        cached: 0,
        isKept: node.stage.kind !== "source"
      }
    }
    const { manifest } = made
    yield* planning.store.putManifest(manifest)
    const partial = partialOf(made.partial, inputs)
    const told = made.losses === undefined ? {} : { losses: made.losses }
    const incomplete = manifest.failed.length > 0 || [...inputs.values()].some((input) => input.incomplete)
    if (!made.outside) {
      yield* commit({
        artifact: manifest.digest,
        error: null,
        hint: null,
        reads: made.reads,
        partial,
        ...told,
        incomplete,
        ...(manifest.failed.length > 0 ? { failed: manifest.failed } : {})
      })
      planning.store.freshIndex.learn(node.stage.name, planned.key!, planned.preimage!.output, made.reads)
    }
    const cached = items?.done.size ?? 0
    const executed = node.form === "table" ? 1 : manifest.items - cached
    return {
      known: { manifest, partial, incomplete },
      failures: manifest.failed,
      hint: null,
      executed,
      cached,
      isKept: !made.outside,
      ...told,
      ...mark
    }
  })

/** What was computed, or has failed, is of the files that the key names, or it is nothing. */
const checked = (executor: Executor, { node, preimage }: NodePlan, planning: Planning): Executor => ({
  ...executor,
  execute: (task, report) =>
    Effect.flatMap(Effect.exit(executor.execute(task, report)), (exit) =>
      Exit.hasInterrupts(exit) ? exit : Effect.andThen(revalidate(node, preimage!, planning), exit)
    )
})

type Made = { readonly pieces: Pieces; readonly outside: boolean } & Pick<
  TaskResult,
  "reads" | "partial" | "losses"
>

/** A source or a whole stage: one task. */
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

/** Failures that belong to the stage and will come again; those of the store or the outside are not recorded. */
const isStageFailure = ({ _tag }: Problem) =>
  _tag === "StageFailed" ||
  _tag === "OutputInvalid" ||
  _tag === "SourceInvalid" ||
  _tag === "WorkerDied" ||
  _tag === "TimedOut"

/**
 * What a source gave before, if its rows are written in the same form now. Not where columns hold files: their paths
 * are in no digest.
 */
const previousShards = (node: GraphNode, planning: Planning): Effect.Effect<ReadonlyArray<Shard>, Problem> =>
  Effect.gen(function* () {
    if (node.stage.kind !== "source" || JSON.stringify(node.columns).includes('"file"')) return []
    const trace = yield* planning.previous(node)
    const manifest = trace?.artifact == null ? null : yield* planning.store.manifest(trace.artifact)
    const isSameForm =
      manifest !== null &&
      manifest.idColumn === idColumnOf(node) &&
      JSON.stringify(manifest.columns) === JSON.stringify(node.columns)
    return isSameForm ? manifest.shards : []
  })

function taskOf(node: GraphNode, inputs: ReadonlyMap<string, KnownArtifact>, executing: Executing): Task {
  return {
    node: node.id,
    stage: node.stage,
    address: executing.addressOf(node.stage),
    params: node.params,
    ports: Object.fromEntries(
      Object.entries(node.ports).map(([name, { mode, reads, from }]) => [
        name,
        { mode, reads, from: from.map(({ id }) => ({ node: id, manifest: inputs.get(id)!.manifest })) }
      ])
    ),
    form: node.form,
    columns: node.columns,
    idColumn: idColumnOf(node),
    items: null,
    previous: [],
    base: executing.planning.outside.base
  }
}
