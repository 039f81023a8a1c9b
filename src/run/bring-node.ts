/** Brings one node up to date: waits for its inputs, plans it with their artifacts, and executes it under its lock. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { GraphNode } from "../pipeline/graph.ts"
import { Problem } from "../support/problem.ts"
import { blockedBy } from "../plan/blocked-by.ts"
import { failsAlone, type KnownArtifact, lockName, type NodePlan, planNode } from "../plan/plan.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import { describeHolder } from "../store/lock/holder.ts"
import { withLock } from "../store/lock/lock.ts"
import { blank, cached, itemCount, made, type Outcome, refused, skipped } from "./outcome.ts"
import type { RunOptions } from "./run-options.ts"
import type { Views } from "./views.ts"

/** What the nodes of one run share. */
export interface Running {
  readonly options: RunOptions
  readonly done: ReadonlyMap<string, Deferred.Deferred<Outcome, Problem>>
  readonly permits: Semaphore.Semaphore
  /** a turn a lock: nodes of one run that share work wait for each other, also where the run may not wait for others */
  readonly turns: Map<string, Semaphore.Semaphore>
  readonly views: Views
  /** set by the first failure when the run does not keep going */
  stopped: boolean
}

export const bringUpToDate = (node: GraphNode, running: Running): Effect.Effect<Outcome, Problem> =>
  Effect.gen(function* () {
    const { options } = running
    const ends = new Map<GraphNode, Outcome>()
    for (const input of node.inputs) ends.set(input, yield* Deferred.await(running.done.get(input.id)!))
    const without = blockedBy(
      node,
      (input) => ({ status: ends.get(input)!.record.status, known: ends.get(input)!.known }),
      options.keepGoing
    )
    if (without.length > 0) return skipped(node, without.join(", "))
    if (running.stopped) return skipped(node, "the run stops at the first failure (--keep-going goes on)")

    const inputs = new Map([...ends].map(([input, { known }]) => [input.id, known!]))
    const planned = yield* planNode(node, inputs, options.planning, false).pipe(
      Effect.catch((problem: Problem) =>
        failsAlone(problem, options.keepGoing) ? Effect.succeed(problem) : Effect.fail(problem)
      )
    )
    const refuse = (problem: Problem) => {
      options.emit({ type: "node-failed", node: node.id, problem })
      return refused(node, problem)
    }
    if (planned instanceof Problem) return refuse(planned)
    const outcome = isKnown(planned)
      ? cached(planned)
      : yield* once(planned, inputs, running).pipe(
          Effect.catchIf(
            // the outside's or the machine's: the node fails this time, and nothing remembers it
            ({ _tag }) => _tag === "InputChanged" || _tag === "WorkerKilled" || _tag === "SystemRefused",
            (problem) => Effect.sync(() => refuse(problem))
          )
        )
    if (outcome.record.status === "failed" && !options.keepGoing) running.stopped = true
    if (outcome.known !== null)
      yield* running.views.publish(options.planning.store, node.id, outcome.known.manifest)
    return outcome
  })

const isKnown = ({ state }: NodePlan) => state === "fresh" || state === "failed"

/**
 * Executes while holding the lock of the node's work. Whoever held it before, a node of this run or another run, may
 * have done some of it or all: so what is left is planned again under the lock.
 */
const once = (
  { node, ...planned }: NodePlan,
  inputs: ReadonlyMap<string, KnownArtifact>,
  running: Running
): Effect.Effect<Outcome, Problem> => {
  const { options } = running
  const log = (message: string) => options.emit({ type: "node-log", node: node.id, message })
  const name = lockName({ node, ...planned })
  const lock = withLock(options.planning.store, name, {
    wait: options.lockWait,
    onWait: (holder) => log(`waiting for ${describeHolder(holder)}`),
    now: () => options.now().getTime(),
    run: options.id,
    note: log
  })
  const work = Effect.gen(function* () {
    const again = yield* planNode(node, inputs, options.planning)
    return isKnown(again) ? cached(again) : yield* execute(again, inputs, running)
  })
  return Effect.gen(function* () {
    const fresh = yield* Semaphore.make(1)
    const turn = running.turns.get(name) ?? fresh
    running.turns.set(name, turn)
    return yield* turn.withPermits(1)(lock(work))
  })
}

const execute = (planned: NodePlan, inputs: ReadonlyMap<string, KnownArtifact>, running: Running) =>
  Effect.gen(function* () {
    const { options, permits } = running
    const from = options.now().getTime()
    // what executing needs (Parquet, Arrow) is heavy: a run in which all is fresh does without
    const { executeNode } = yield* Effect.promise(() => import("./execute-node.ts"))
    const executed = yield* executeNode(planned, inputs, { ...options, permits })
    const seconds = (options.now().getTime() - from) / 1000
    const { known, failures, executed: count, cached: before } = executed
    const isFailed = failures.length > 0 || known === null
    const record: NodeRecord = {
      ...blank(planned.node),
      // where all items were done before, by another node or for another selection, nothing ran
      status: isFailed ? "failed" : count === 0 && before > 0 ? "cached" : "executed",
      items: {
        total: known === null ? 1 : itemCount(planned.node, known),
        executed: count,
        cached: before,
        failed: failures.length
      },
      ...made(planned, known),
      // what no trace says is no "before" of a later plan
      ...(executed.isKept ? {} : { key: null }),
      seconds,
      error: known === null ? (failures[0]?.error ?? null) : null,
      hint: executed.hint,
      failures,
      ...(executed.losses === undefined ? {} : { losses: executed.losses }),
      ...(executed.accepted === undefined ? {} : { accepted: executed.accepted })
    }
    return { record, known }
  })
