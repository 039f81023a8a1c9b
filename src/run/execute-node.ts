/**
 * Executes a node: cuts its items into chunks, hands tasks to the executor, and commits what they made, objects
 * first, then the manifest, then the trace.
 */
import * as Effect from "effect/Effect"
import type * as Semaphore from "effect/Semaphore"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../pipeline/problem.ts"
import { type Known, labelOf, type NodePlan, partialOf } from "../plan/plan.ts"
import type { FailedItem } from "../store/manifest.ts"
import type { Trace } from "../store/trace.ts"
import { assemble } from "./assemble.ts"
import { joinedItems } from "./join.ts"
import type { RunOptions } from "./run-options.ts"
import type { Executor, Task, TaskReport, TaskResult } from "./task.ts"

/** Items of a chunk, unless the stage says otherwise. */
const usualChunk = 64

export interface Executed {
  readonly known: Known | null
  /** failed items, or the stage's error under the node's id */
  readonly failures: ReadonlyArray<FailedItem>
  /** what to do about the stage's error */
  readonly hint: string | null
  /** items computed; a whole stage counts as one */
  readonly executed: number
}
type Executing = RunOptions & { readonly permits: Semaphore.Semaphore }

export const executeNode = (
  planned: NodePlan,
  inputs: ReadonlyMap<string, Known>,
  executing: Executing
): Effect.Effect<Executed, Problem> =>
  Effect.gen(function* () {
    const { node } = planned
    const { emit, now, planning } = executing
    const from = now().getTime()
    const task = taskOf(node, inputs, executing)
    const ids = node.stage.kind === "itemwise" ? yield* joinedItems(planning.store, task.ports) : null
    emit({ type: "node-started", node: node.id, plan: planned, items: ids?.length ?? null })
    const attempt = yield* runTasks(task, ids, executing).pipe(
      Effect.map((results) => ({ results, failure: null })),
      Effect.catch((problem: Problem) =>
        isStageFailure(problem) ? Effect.succeed({ results: null, failure: problem }) : Effect.fail(problem)
      )
    )
    const commit = (made: Pick<Trace, "artifact" | "error" | "hint" | "reads" | "partial" | "incomplete">) =>
      planning.store.putTrace({
        format: 1,
        key: planned.key!,
        preimage: planned.preimage!,
        ...made,
        run: executing.id,
        at: now().toISOString(),
        seconds: (now().getTime() - from) / 1000,
        host: executing.host
      })
    if (attempt.results === null) {
      const { message: error, hint } = attempt.failure
      // a source's failure is the outside's: it may be mended without a change that the key can see
      if (node.stage.kind !== "source")
        yield* commit({ artifact: null, error, hint, reads: [], partial: [], incomplete: false })
      return { known: null, failures: [{ item: node.id, error }], hint, executed: 0 }
    }
    const { results } = attempt
    const manifest = assemble(node, labelOf(node), results)
    yield* planning.store.putManifest(manifest)
    const partial = partialOf(
      results.flatMap((result) => result.partial),
      inputs
    )
    const incomplete = manifest.failed.length > 0 || [...inputs.values()].some((input) => input.incomplete)
    const reads = results.flatMap((result) => result.reads)
    yield* commit({ artifact: manifest.digest, error: null, hint: null, reads, partial, incomplete })
    const known: Known = { manifest, partial, incomplete }
    return {
      known,
      failures: manifest.failed,
      hint: null,
      executed: node.form === "table" ? 1 : manifest.items
    }
  })

/** Failures that belong to the stage and will come again; those of the store or the outside are not recorded. */
const isStageFailure = ({ _tag }: Problem) =>
  _tag === "StageFailed" || _tag === "OutputInvalid" || _tag === "SourceInvalid" || _tag === "WorkerDied"

function taskOf(node: GraphNode, inputs: ReadonlyMap<string, Known>, executing: Executing): Task {
  return {
    node: node.id,
    stage: node.stage,
    address: executing.addressOf(node.stage),
    params: node.params,
    ports: Object.fromEntries(
      Object.entries(node.ports).map(([name, { take, reads, from }]) => [
        name,
        { take, reads, from: from.map(({ id }) => ({ node: id, manifest: inputs.get(id)!.manifest })) }
      ])
    ),
    form: node.form,
    columns: node.columns,
    label: labelOf(node),
    items: null,
    base: executing.planning.outside.base
  }
}

/** All tasks of a node, at most as many at a time as the run allows; results in the items' order. */
const runTasks = (
  task: Task,
  ids: ReadonlyArray<string> | null,
  { executor, permits, emit }: Executing
): Effect.Effect<ReadonlyArray<TaskResult>, Problem> => {
  const log = (message: string) => emit({ type: "node-log", node: task.node, message })
  const tell = (done: number, total: number) => emit({ type: "node-progress", node: task.node, done, total })
  const run = (one: Task, report: TaskReport) => permits.withPermits(1)(attempt(executor, one, report))
  if (ids === null) return Effect.map(run(task, { log, progress: tell }), (result) => [result])
  let done = 0
  const chunks = chunksOf(ids, task.stage.spec.chunk ?? usualChunk)
  return Effect.forEach(
    chunks,
    (items) => {
      let within = 0
      const progress = (some: number) => {
        done += some - within
        within = some
        tell(done, ids.length)
      }
      return run({ ...task, items }, { log, progress }).pipe(
        Effect.tap((result) =>
          Effect.sync(() => {
            progress(items.length)
            for (const failure of result.failed) emit({ type: "item-failed", node: task.node, failure })
          })
        )
      )
    },
    { concurrency: "unbounded" }
  )
}

/** A worker that dies costs its chunk: tried again in halves, until the item that kills it is found. */
const attempt = (executor: Executor, task: Task, report: TaskReport): Effect.Effect<TaskResult, Problem> =>
  Effect.catch(executor.execute(task, report), (problem: Problem) => {
    if (problem._tag !== "WorkerDied" || task.items === null) return Effect.fail(problem)
    if (task.items.length === 1) {
      const failed = [{ item: task.items[0]!, error: problem.message }]
      return Effect.succeed({ shards: [], failed, reads: [], partial: [] })
    }
    const half = task.items.length >> 1
    const halves = [task.items.slice(0, half), task.items.slice(half)]
    return Effect.map(
      Effect.forEach(halves, (items) => attempt(executor, { ...task, items }, report)),
      (results) => ({
        shards: results.flatMap((result) => result.shards),
        failed: results.flatMap((result) => result.failed),
        reads: [],
        partial: []
      })
    )
  })

function chunksOf<A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}
