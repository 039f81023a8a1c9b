/**
 * Executes the items of an itemwise node that are left, in chunks. A chunk's trace is written when it is finished,
 * so that nothing finished is computed again, however the run ends.
 */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import type { ItemPlan } from "../plan/items.ts"
import { readSidecar } from "../store/item-index.ts"
import type { FailedItem, Shard } from "../store/manifest.ts"
import { SegmentList, selectItems } from "../store/segments.ts"
import type { StoreCalls } from "../store/store.ts"
import type { WrittenShard } from "../store/write-shard.ts"
import type { Pieces } from "./assemble.ts"
import type { Executing } from "./execute-node.ts"
import type { Task, TaskReport, TaskResult } from "./task.ts"

/** Items of a chunk, unless the stage says otherwise. */
const usualChunk = 64
/** A chunk is larger where there are very many items: each costs a few files. */
const mostChunks = 256

/** Everything that the node's artifact consists of, what was done before and what is done now. */
export const executeChunks = (
  task: Task,
  items: ItemPlan,
  executing: Executing
): Effect.Effect<Pieces, Problem> =>
  Effect.gen(function* () {
    const size = Math.max(task.stage.spec.chunk ?? usualChunk, Math.ceil(items.left.length / mostChunks))
    const meter = progressMeter(task, items.left.length, executing)
    const results = yield* Effect.forEach(
      chunksOf(items.left, size),
      (chunk) => {
        const report = meter()
        return (
          executing.permits
            // a chunk's task is put together when its turn comes
            .withPermits(1)(Effect.suspend(() => attempt(task, items, chunk, report, executing)))
            .pipe(
              Effect.tap((result) => finish(task, items, chunk, result, executing)),
              Effect.tap(() => Effect.sync(() => report.progress(chunk.length, chunk.length)))
            )
        )
      },
      { concurrency: "unbounded" }
    )
    return yield* piecesOf(executing.planning.store, items, results)
  })

/** Publishes a chunk's outcome: from here on its items are done. */
const finish = (
  task: Task,
  items: ItemPlan,
  chunk: ReadonlyArray<number>,
  { shards, failed }: TaskResult,
  { planning, emit, id, now }: Executing
) =>
  Effect.gen(function* () {
    const keyOf = new Map(chunk.map((i) => [items.ids[i]!, items.keys[i]!]))
    const common = {
      format: 1,
      stage: task.stage.name,
      shared: items.shared,
      run: id,
      at: now().toISOString()
    } as const
    for (const { shard, ids } of shards)
      yield* planning.store.putItemTrace({
        ...common,
        shard,
        keys: ids.map((one) => keyOf.get(one)!),
        failed: []
      })
    if (failed.length > 0)
      yield* planning.store.putItemTrace({
        ...common,
        shard: null,
        keys: [],
        failed: failed.map((failure) => ({ ...failure, key: keyOf.get(failure.item)! }))
      })
    for (const failure of failed) emit({ type: "item-failed", node: task.node, failure })
  })

/** A worker that dies, or time that runs out, costs its chunk: tried again in halves, until the item that does it is found. */
const attempt = (
  task: Task,
  items: ItemPlan,
  chunk: ReadonlyArray<number>,
  report: TaskReport,
  executing: Executing
): Effect.Effect<TaskResult, Problem> =>
  Effect.catch(executing.executor.execute(taskOf(task, items, chunk), report), (problem: Problem) => {
    if (problem._tag !== "WorkerDied" && problem._tag !== "TimedOut") return Effect.fail(problem)
    if (chunk.length === 1) {
      const failed = [{ item: items.ids[chunk[0]!]!, error: problem.message }]
      return Effect.succeed({ shards: [], failed, reads: [], partial: [] })
    }
    const half = chunk.length >> 1
    return Effect.map(
      Effect.forEach([chunk.slice(0, half), chunk.slice(half)], (some) =>
        attempt(task, items, some, report, executing)
      ),
      (results) => ({
        shards: results.flatMap((result) => result.shards),
        failed: results.flatMap((result) => result.failed),
        reads: [],
        partial: []
      })
    )
  })

/** The task of some items: their ids, and of each joined input what belongs to them. */
function taskOf(task: Task, items: ItemPlan, chunk: ReadonlyArray<number>): Task {
  const places = chunk.map(items.places)
  const ports = { ...task.ports }
  items.joined.forEach(({ name, manifest }, p) => {
    const port = task.ports[name]!
    const selected = selectItems(
      manifest,
      places.map((of) => of[p]!)
    )
    ports[name] = { ...port, from: [{ node: port.from[0]!.node, manifest: selected }] }
  })
  return { ...task, ports, items: chunk.map((i) => items.ids[i]!) }
}

/** Shards, new ones and old, in the order in which the artifact first needs them, and where its items lie among them. */
const piecesOf = (
  store: StoreCalls,
  items: ItemPlan,
  results: ReadonlyArray<TaskResult>
): Effect.Effect<Pieces, Problem> =>
  Effect.gen(function* () {
    const fresh = new Map<string, readonly [shard: WrittenShard, item: number]>()
    for (const { shards } of results)
      for (const shard of shards) shard.ids.forEach((id, i) => fresh.set(id, [shard, i]))
    const failedNow = new Map(
      results.flatMap((result) => result.failed).map((failure) => [failure.item, failure])
    )
    const shards: Array<WrittenShard> = []
    const index = new Map<Shard, number>()
    const list = new SegmentList()
    const failed: Array<FailedItem> = []
    for (const [i, id] of items.ids.entries()) {
      const failure = failedNow.get(id) ?? items.failed.get(i)
      if (failure !== undefined) {
        failed.push(failure)
        continue
      }
      const done = items.done.get(i)
      const [written, item] = done === undefined ? fresh.get(id)! : [null, done.item]
      const shard = written?.shard ?? done!.shard
      let s = index.get(shard)
      if (s === undefined) {
        s = shards.length
        index.set(shard, s)
        shards.push(written ?? (yield* readShard(store, shard)))
      }
      list.add(s, item)
    }
    return { shards, segments: list.segments, failed }
  })

const readShard = (store: StoreCalls, shard: Shard): Effect.Effect<WrittenShard, Problem> =>
  Effect.map(readSidecar(store, shard), ({ items, rows, digests }) => ({ shard, ids: items, rows, digests }))

/** Adds up what chunks say of themselves. */
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

function chunksOf<A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}
