/**
 * Brings one node up to date: waits for its inputs, plans it with their artifacts, and executes it under its
 * lock.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../support/problem.ts"
import { blockedBy } from "../plan/blocked-by.ts"
import type { NodePlan } from "../plan/node-plan.ts"
import { failsAlone, lockName } from "../plan/plan.ts"
import type { KnownArtifact } from "../plan/planning.ts"
import { describeHolder } from "../store/lock/holder.ts"
import { withLock } from "../store/lock/lock.ts"
import { cached, executedOutcome, type Outcome, refused, skipped } from "./outcome.ts"
import { attemptAsync } from "./attempt.ts"
import type { RunOptions } from "./run-options.ts"
import type { Views } from "./views.ts"
import { planNode, planWithItems } from "../plan/plan-node.ts"

/** State shared by the nodes of one run. */
export interface Running {
  readonly options: RunOptions
  /** how each node ends, by id */
  readonly outcomes: ReadonlyMap<string, Deferred.Deferred<Outcome, Problem>>
  /** the first look's plans of nodes that are not fresh */
  readonly plans: ReadonlyMap<string, NodePlan>
  /** limits the tasks that the executor runs at once */
  readonly permits: Semaphore.Semaphore
  /**
   * one per lock: nodes of one run with the same work wait for each other, even if the run may not wait for
   * other runs
   */
  readonly lockQueues: Map<string, Semaphore.Semaphore>
  readonly views: Views
  /** set by the first node that failed as a whole if the run does not keep going */
  stopped: boolean
}

type Inputs = ReadonlyMap<string, KnownArtifact>

export const bringUpToDate = Effect.fn("run.bringUpToDate")(function* (node: GraphNode, running: Running) {
  const { options, views } = running
  const ends = new Map<GraphNode, Outcome>()
  for (const input of node.inputs) ends.set(input, yield* Deferred.await(running.outcomes.get(input.id)!))
  const blocked = blockedBy(
    node,
    (input) => ({ status: ends.get(input)!.record.status, known: ends.get(input)!.known }),
    options.keepGoing
  )
  if (blocked.length > 0) return skipped(node, blocked.join(", "))
  if (running.stopped) return skipped(node, "the run stops at the first failure (--keep-going goes on)")

  const inputs = new Map([...ends].map(([input, { known }]) => [input.id, known!]))
  const outcome = yield* bring(node, inputs, running).pipe(
    Effect.catchIf(
      (problem) => failsAlone(problem, options.keepGoing),
      (problem) => refuse(node, problem, running)
    )
  )
  // if only items failed, each downstream node's ports decide whether it runs
  if (outcome.record.status === "failed" && outcome.known === null && !options.keepGoing)
    running.stopped = true
  if (outcome.known !== null) {
    const { manifest } = outcome.known
    yield* attemptAsync(() => views.publish(options.planning.store, node.id, manifest))
  }
  return outcome
})

/** Plans a node again that was stale or missing at the first look, now that its inputs are known. */
const bring = Effect.fn("run.bring")(function* (node: GraphNode, inputs: Inputs, running: Running) {
  const { planning } = running.options
  const looked = running.plans.get(node.id)
  const wouldRun = looked?.state === "stale" || looked?.state === "missing"
  const planned = wouldRun
    ? looked
    : yield* attemptAsync((signal) => planNode(node, inputs, planning, signal))
  return isKnown(planned) ? cached(planned) : yield* executeUnderLock(planned, inputs, running)
})

const isKnown = ({ state }: NodePlan) => state === "fresh" || state === "failed"

/**
 * Executes while holding the lock of the node's work. An earlier holder, in this run or another, may have
 * done some or all of that work, so the rest is planned again under the lock.
 */
const executeUnderLock = (
  planned: NodePlan,
  inputs: Inputs,
  running: Running
): Effect.Effect<Outcome, Problem> => {
  const { options } = running
  const { node } = planned
  const log = (message: string) => options.emit({ type: "node-log", node: node.id, message })
  const name = lockName(planned)
  const lock = withLock(options.planning.store, name, {
    wait: options.lockWait,
    onWait: (holder) => log(`waiting for ${describeHolder(holder)}`),
    now: () => options.now().getTime(),
    run: options.id,
    note: log
  })
  const work = Effect.gen(function* () {
    const again = yield* attemptAsync((signal) => planWithItems(node, inputs, options.planning, signal))
    return isKnown(again) ? cached(again) : yield* execute(again, inputs, running)
  })
  return Effect.gen(function* () {
    const fresh = yield* Semaphore.make(1)
    const queue = running.lockQueues.get(name) ?? fresh
    running.lockQueues.set(name, queue)
    return yield* queue.withPermits(1)(lock(work))
  }).pipe(Effect.catchIf(isExternal, (problem) => refuse(node, problem, running)))
}

const refuse = (node: GraphNode, problem: Problem, { options }: Running): Effect.Effect<Outcome> =>
  Effect.sync(() => {
    options.emit({ type: "node-failed", node: node.id, problem })
    return refused(node, problem)
  })

/** Failures of the node's inputs or of the machine: the node fails this time, and the failure is not cached. */
const isExternal = ({ _tag }: Problem) =>
  _tag === "InputChanged" || _tag === "WorkerKilled" || _tag === "SystemRefused"

const execute = Effect.fn("run.execute")(function* (
  planned: NodePlan,
  inputs: Inputs,
  { options, permits }: Running
) {
  const from = options.now().getTime()
  // execution imports Parquet and Arrow, which load slowly: a run in which everything is fresh avoids that
  const { executeNode } = yield* Effect.promise(() => import("./execute-node.ts"))
  const executed = yield* executeNode(planned, inputs, { ...options, permits })
  return executedOutcome(planned, executed, (options.now().getTime() - from) / 1000)
})
