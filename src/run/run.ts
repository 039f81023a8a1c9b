/**
 * Runs a graph: every node waits for its inputs, is planned with their artifacts, and is computed only if no
 * trace matches its key. So a change that yields the same values stops there (early cutoff).
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import type { GraphNode } from "../pipeline/graph.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import type { Stopped } from "../store/records/run-record.ts"
import type { Store } from "../store/store.ts"
import { touchingStore } from "../store/touching-store.ts"
import { attempt } from "./attempt.ts"
import { bringUpToDate, type Running } from "./bring-node.ts"
import { type FirstLook, firstLook, recordLosses } from "./first-look.ts"
import type { Outcome } from "./outcome.ts"
import type { RunOptions } from "./run-options.ts"
import { RunRecorder } from "./run-recorder.ts"
import { Views } from "./views.ts"

/** Interruptible while it brings nodes up to date; how the run ended is always recorded. */
export const runGraph = Effect.fn("run.graph")(function* (given: RunOptions) {
  // makes a concurrent gc leave what the run has found
  const store = touchingStore(given.planning.store)
  const views = new Views(given.id)
  yield* attempt(() => store.prepare())
  const recorder = new RunRecorder(given, store, views)
  const options = { ...given, emit: recorder.emit, planning: { ...given.planning, store } }
  yield* attempt(() => recorder.begin())
  const bringAll = Effect.gen(function* () {
    const { fresh, plans } = yield* firstLook(options, given.planning, recorder, views)
    for (const outcome of fresh.values()) recorder.settle(outcome)
    if (fresh.size === options.nodes.length) return
    yield* bringOthers(options, { fresh, plans }, recorder, views)
    yield* recordLosses(options, recorder)
  })
  return yield* Effect.interruptible(bringAll).pipe(
    Effect.onExit((exit) => {
      saveCaches(options)
      if (Exit.isSuccess(exit)) return Effect.void
      discardDamaged(store, Cause.squash(exit.cause))
      // as the command line chooses the exit code: a problem takes precedence over an interruption
      const status = Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "failed"
      // the caller reports the failure; the record is for later readers
      return Effect.ignore(attempt(() => recorder.end(status, whyStopped(exit.cause, options))))
    }),
    Effect.flatMap(() =>
      attempt(() => {
        const { records } = recorder
        views.note(store, records)
        return recorder.end(records.some(({ status }) => status === "failed") ? "failed" : "ok")
      })
    )
  )
}, Effect.uninterruptible)

/** Brings up to date the nodes that the first look did not find fresh, each when its inputs are ready. */
const bringOthers = Effect.fn("run.bringOthers")(function* (
  options: RunOptions,
  { fresh, plans }: FirstLook,
  recorder: RunRecorder,
  views: Views
) {
  const refused = [...plans.values()].find(({ refusal }) => refusal !== null)
  if (refused !== undefined && !options.keepGoing) return yield* Effect.fail(refused.refusal!)
  const outcomes = new Map<string, Deferred.Deferred<Outcome, Problem>>()
  for (const { id } of options.nodes) {
    const outcome = yield* Deferred.make<Outcome, Problem>()
    outcomes.set(id, outcome)
    if (fresh.has(id)) yield* Deferred.succeed(outcome, fresh.get(id)!)
  }
  const permits = yield* Semaphore.make(options.executor.tasks)
  const running: Running = {
    options,
    outcomes,
    plans,
    permits,
    lockQueues: new Map(),
    views,
    stopped: false
  }
  const bring = (node: GraphNode) =>
    bringUpToDate(node, running).pipe(
      Effect.tap((outcome) => Effect.sync(() => recorder.settle(outcome))),
      Effect.onExit((exit) => Deferred.done(outcomes.get(node.id)!, exit))
    )
  const others = options.nodes.filter((node) => !fresh.has(node.id))
  yield* Effect.forEach(others, bring, { concurrency: "unbounded", discard: true })
})

function saveCaches({ planning: { outside, identities, store } }: RunOptions): void {
  outside.digests.save()
  identities.save()
  store.freshIndex.save()
}

/** Removes a damaged object, so that the next run finds it missing and computes it again. */
function discardDamaged({ objects }: Store, error: unknown): void {
  if (!isProblem(error) || error._tag !== "StoreCorrupt" || error.file === null) return
  try {
    objects.discard(error.file)
  } catch {
    // `probeline verify` reports what to do
  }
}

/** Why a run ended early: a problem beyond a single node, a defect, or an interruption. */
function whyStopped(cause: Cause.Cause<Problem>, { stopped }: RunOptions): Stopped {
  if (Cause.hasInterruptsOnly(cause)) return stopped?.() ?? { reason: "it was interrupted", hint: null }
  const error = Cause.squash(cause)
  return {
    reason: error instanceof Error ? error.message : String(error),
    hint: isProblem(error) ? error.hint : null
  }
}
