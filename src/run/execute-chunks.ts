/**
 * Executes the remaining items of an itemwise node, in chunks. A chunk's trace is written when it is
 * finished, so finished work is never repeated, however the run ends.
 */
import * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import type { ItemPlan } from "../plan/items.ts"
import type { ItemId } from "../store/records/manifest.ts"
import { selectItems } from "../store/items/segments.ts"
import { ChunkResults } from "./chunk-results.ts"
import { ChunkSizes } from "./chunk-sizes.ts"
import type { Task, TaskPort, TaskReport, TaskResult } from "./task.ts"
import { attempt } from "./attempt.ts"
import type { Executing } from "./run-options.ts"

/** Chunks in progress per task of the executor: while one is published, the next is executed. */
const lanesOfTask = 2

/** All parts of the node's artifact, those computed before and those computed now. */
export const executeChunks = Effect.fn("run.executeChunks")(function* (
  task: Task,
  items: ItemPlan,
  executing: Executing
) {
  const { left } = items
  const { executor, now, permits } = executing
  const sizes = new ChunkSizes(left.length, task.stage.spec.chunk, executor)
  const meter = progressMeter(task, left.length, executing)
  const results = new ChunkResults(items)
  let start = 0
  /** indices of items that chunks returned unstarted */
  let returned: ReadonlyArray<number> = []
  const remaining = () => returned.length + left.length - start
  /** Cuts a chunk when it is due, sized by how long earlier ones took. Null if nothing is left. */
  const nextChunk = (report: TaskReport) =>
    Effect.suspend(() => {
      if (remaining() === 0) return Effect.succeed(null)
      const size = sizes.next(remaining())
      const again = returned.slice(0, size)
      returned = returned.slice(size)
      const chunk = [...again, ...left.slice(start, (start += size - again.length))]
      const indexOf = new Map(chunk.map((i) => [items.ids.at(i), i]))
      const from = now().getTime()
      return Effect.map(executeChunk(task, items, chunk, report, executing), (result) => {
        for (const id of result.left ?? []) {
          returned = [...returned, indexOf.get(id)!]
          indexOf.delete(id)
        }
        sizes.took(indexOf.size, now().getTime() - from)
        return { indexOf, result }
      })
    })
  const lane = Effect.gen(function* () {
    while (remaining() > 0) {
      const report = meter()
      const executed = yield* permits.withPermits(1)(nextChunk(report))
      if (executed === null) return
      const { indexOf, result } = executed
      yield* attempt(() => publish(task, items, indexOf, result, executing))
      results.add(indexOf, result)
      report.progress(indexOf.size, indexOf.size)
    }
  })
  yield* Effect.forEach(Array.from({ length: lanesOfTask * executor.tasks }), () => lane, {
    concurrency: "unbounded",
    discard: true
  })
  return results.pieces()
})

/** Publishes a chunk's result: from here on its items are done. */
function publish(
  task: Task,
  items: ItemPlan,
  indexOf: ReadonlyMap<ItemId, number>,
  { shards, failed }: TaskResult,
  { planning: { store }, emit, id, now }: Executing
): void {
  const keyOf = (item: ItemId) => items.keys.at(indexOf.get(item)!)
  const common = {
    format: 1,
    stage: task.stage.name,
    shared: items.shared,
    run: id,
    at: now().toISOString()
  } as const
  for (const { shard, ids } of shards)
    store.putItemTrace({ ...common, shard, keys: ids.map(keyOf), failed: [] })
  const own = failed.filter(({ outside }) => outside !== true)
  if (own.length > 0)
    store.putItemTrace({
      ...common,
      shard: null,
      keys: [],
      failed: own.map(({ item, error }) => ({ item, error, key: keyOf(item) }))
    })
  for (const failure of failed) emit({ type: "item-failed", node: task.node, failure })
}

/**
 * If a worker dies or time runs out, the chunk is retried in halves until the guilty item is found. If the
 * machine killed the worker, the item's failure is reported but not cached: memory may suffice next time.
 */
const executeChunk = (
  task: Task,
  items: ItemPlan,
  chunk: ReadonlyArray<number>,
  report: TaskReport,
  executing: Executing
): Effect.Effect<TaskResult, Problem> =>
  Effect.catch(executing.executor.execute(taskOf(task, items, chunk), report), (problem: Problem) => {
    if (!isLost(problem)) return Effect.fail(problem)
    if (chunk.length === 1) {
      const outside = problem._tag === "WorkerKilled" ? ({ outside: true } as const) : {}
      const failed = [{ item: items.ids.at(chunk[0]!), error: problem.message, ...outside }]
      return Effect.succeed<TaskResult>({ shards: [], failed, reads: [], partial: [] })
    }
    const half = chunk.length >> 1
    return Effect.map(
      Effect.forEach([chunk.slice(0, half), chunk.slice(half)], (some) =>
        executeChunk(task, items, some, report, executing)
      ),
      (results) => ({
        shards: results.flatMap((result) => result.shards),
        failed: results.flatMap((result) => result.failed),
        left: results.flatMap((result) => result.left ?? []),
        reads: [],
        partial: []
      })
    )
  })

const isLost = ({ _tag }: Problem) => _tag === "WorkerDied" || _tag === "WorkerKilled" || _tag === "TimedOut"

/** The task for some items: their ids, and their rows of each joined input. */
function taskOf(task: Task, items: ItemPlan, chunk: ReadonlyArray<number>): Task {
  const places = chunk.map(items.places)
  const joined = items.joined.map(({ name, mode, reads, manifest }, p): [string, TaskPort] => [
    name,
    {
      mode,
      reads,
      items: selectItems(
        manifest,
        places.map((of) => of[p]!)
      )
    }
  ])
  const ports = { ...task.ports, ...Object.fromEntries(joined) }
  return { ...task, ports, items: chunk.map((i) => items.ids.at(i)) }
}

/** Adds up the progress of all chunks. */
function progressMeter(task: Task, total: number, { emit }: Executing): () => TaskReport {
  let done = 0
  return () => {
    let within = 0
    return {
      log: (message) => emit({ type: "node-log", node: task.node, message }),
      progress: (some) => {
        done += some - within
        within = some
        emit({ type: "node-progress", node: task.node, done, total })
      }
    }
  }
}
