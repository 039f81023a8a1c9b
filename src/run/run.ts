/**
 * Runs a graph: every node waits for its inputs, is planned with their artifacts in hand, and is computed only if
 * no trace answers its key. So a change that yields the same values stops where it does (early cutoff).
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import type { GraphNode } from "../pipeline/graph.ts"
import { isProblem, Problem } from "../pipeline/problem.ts"
import { lacking } from "../plan/lacking.ts"
import { inputNodes, type Known, lockName, type NodePlan, planNode, type Planning } from "../plan/plan.ts"
import { lastMark } from "../store/gc/gc-mark.ts"
import { thisProcess } from "../store/lock/process-identity.ts"
import { renewing } from "../store/renew.ts"
import type { NodeRecord, RunRecord, Stopped } from "../store/run-record.ts"
import { storeProblem } from "../store/store-error.ts"
import { describeHolder } from "../store/lock/holder.ts"
import { withLock } from "../store/lock/lock.ts"
import { freshNodes } from "./fresh-nodes.ts"
import { cached, blank, itemCount, made, type Outcome, refused, skipped } from "./outcome.ts"
import type { RunOptions } from "./run-options.ts"
import { Views } from "./views.ts"

/** What the nodes of one run share. */
interface Running {
  readonly options: RunOptions
  readonly done: ReadonlyMap<string, Deferred.Deferred<Outcome, Problem>>
  readonly permits: Semaphore.Semaphore
  /** a turn a lock: nodes of one run that share work wait for each other, also where the run may not wait for others */
  readonly turns: Map<string, Semaphore.Semaphore>
  readonly views: Views
  /** set by the first failure when the run does not keep going */
  stopped: boolean
}

/** Can be interrupted while it brings nodes up to date; how that ended is written down whatever comes. */
export const runGraph = Effect.fn("run.graph")(function* (given: RunOptions) {
  const { files } = given.planning.store
  // a gc beside this run leaves what the run has found
  const store = renewing(given.planning.store)
  const options: RunOptions = { ...given, planning: { ...given.planning, store } }
  const me = thisProcess(files)
  yield* store.prepare
  const done = new Map<string, Deferred.Deferred<Outcome, Problem>>()
  const permits = yield* Semaphore.make(options.jobs)
  const views = new Views(options.id)
  const running: Running = { options, done, permits, turns: new Map(), views, stopped: false }
  const records = new Map<string, NodeRecord>()
  const recordOf = (status: RunRecord["status"], nodes = options.nodes, stopped?: Stopped): RunRecord => ({
    format: 1,
    id: options.id,
    pipeline: options.pipeline,
    file: options.file,
    params: options.params,
    status,
    started,
    finished: status === "running" ? null : options.now().toISOString(),
    ...(stopped === undefined ? {} : { stopped }),
    ...(views.of === null ? {} : { views: views.of }),
    version: options.version,
    pid: process.pid,
    process: me,
    nodes: nodes.map(
      (node) =>
        records.get(node.id) ??
        skipped(node, status === "running" ? "not yet" : "the run ended before it").record
    ),
    outputs: options.outputs
  })
  const started = options.now().toISOString()
  // a gc beside this run has to see it; of nodes there is nothing to say before it is known which are fresh
  const begun = recordOf("running", [])
  yield* store.putRun(begun)
  options.emit({ type: "run-started", run: begun, nodes: options.nodes.map((node) => node.id) })

  let written = begun
  const write = (record: RunRecord) => {
    written = record
    return store.putRun(record)
  }
  /** Publishes how the run ended. `runs/latest` is the last that came to an end by itself, be that a failure. */
  const end = (finished: RunRecord) =>
    Effect.gen(function* () {
      if (finished !== written) yield* write(finished)
      if (finished.status !== "interrupted")
        yield* Effect.try({
          try: () => store.files.pointer(options.id, store.layout.latest),
          catch: (error) => storeProblem(error, store.root, "point runs/latest at the run")
        })
      options.emit({ type: "run-finished", run: finished })
      return finished
    })
  const settle = ({ record }: Outcome) => {
    records.set(record.id, record)
    options.emit({ type: "node-finished", record })
  }
  const bring = (node: GraphNode) =>
    bringUpToDate(node, running).pipe(
      Effect.tap((outcome) => Effect.sync(() => settle(outcome))),
      Effect.onExit((exit) => Deferred.done(done.get(node.id)!, exit))
    )
  /**
   * The nodes that are fresh, written into the run's record: with that in hand a gc beside this run leaves what they
   * made. Renewing each of 10,000 took 60 ms, so it is done only where a gc came in between.
   */
  const freshNow = Effect.gen(function* () {
    const mark = lastMark(files, store.layout)
    const look = (planning: Planning) =>
      Effect.gen(function* () {
        const fresh = yield* freshNodes(options.nodes, planning, views)
        records.clear()
        for (const [id, { record }] of fresh) records.set(id, record)
        yield* write(recordOf(fresh.size === options.nodes.length ? "ok" : "running"))
        return fresh
      })
    const fresh = yield* look(given.planning)
    return lastMark(files, store.layout) === mark ? fresh : yield* look(options.planning)
  })
  const bringAll = Effect.gen(function* () {
    const fresh = yield* freshNow
    for (const outcome of fresh.values()) settle(outcome)
    const others = options.nodes.filter((node) => !fresh.has(node.id))
    if (others.length === 0) return
    for (const node of options.nodes) {
      const deferred = yield* Deferred.make<Outcome, Problem>()
      done.set(node.id, deferred)
      const outcome = fresh.get(node.id)
      if (outcome !== undefined) yield* Deferred.succeed(deferred, outcome)
    }
    yield* Effect.forEach(others, bring, { concurrency: "unbounded", discard: true })
  })
  return yield* Effect.interruptible(bringAll).pipe(
    Effect.onExit((exit) => {
      options.planning.outside.digests.save()
      options.planning.identities.save()
      store.answers.save()
      if (Exit.isSuccess(exit)) return Effect.void
      // as the command line tells the exit code: where a problem came too, it is the problem's
      const status = Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "failed"
      // whoever hears of the failure says it; the record is for those who ask later
      return Effect.ignore(end(recordOf(status, options.nodes, whyStopped(exit.cause, options))))
    }),
    Effect.flatMap(() => {
      const failed = [...records.values()].some((record) => record.status === "failed")
      const finished = written.status === "ok" ? written : recordOf(failed ? "failed" : "ok")
      views.note(store, finished.nodes)
      return end(finished)
    })
  )
}, Effect.uninterruptible)

/** Why a run ends before its end: a problem that is no node's alone, a defect, or somebody who interrupts it. */
function whyStopped(cause: Cause.Cause<Problem>, { stopped }: RunOptions): Stopped {
  if (Cause.hasInterruptsOnly(cause)) return stopped?.() ?? { reason: "it was interrupted", hint: null }
  const error = Cause.squash(cause)
  return {
    reason: error instanceof Error ? error.message : String(error),
    hint: isProblem(error) ? error.hint : null
  }
}

const bringUpToDate = (node: GraphNode, running: Running): Effect.Effect<Outcome, Problem> =>
  Effect.gen(function* () {
    const { options } = running
    const ends = new Map<GraphNode, Outcome>()
    for (const input of inputNodes(node)) ends.set(input, yield* Deferred.await(running.done.get(input.id)!))
    const without = lacking(
      node,
      (input) => ({ status: ends.get(input)!.record.status, known: ends.get(input)!.known }),
      options.keepGoing
    )
    if (without.length > 0) return skipped(node, without.join(", "))
    if (running.stopped) return skipped(node, "the run stops at the first failure (--keep-going goes on)")

    const inputs = new Map([...ends].map(([input, { known }]) => [input.id, known!]))
    const planned = yield* planNode(node, inputs, options.planning, false).pipe(
      // a file that is missing, an encoder that is none, a hub that is down: its node fails, others go on where they may
      Effect.catch((problem: Problem) =>
        (problem._tag === "ParameterInvalid" || problem._tag === "FetchFailed") && options.keepGoing
          ? Effect.succeed(problem)
          : Effect.fail(problem)
      )
    )
    if (planned instanceof Problem) return refused(node, planned)
    const outcome = isKnown(planned)
      ? cached(planned)
      : yield* once(planned, inputs, running).pipe(
          Effect.catchIf(
            ({ _tag }) => _tag === "InputChanged",
            (problem) => Effect.succeed(refused(node, problem))
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
  inputs: ReadonlyMap<string, Known>,
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

const execute = (planned: NodePlan, inputs: ReadonlyMap<string, Known>, running: Running) =>
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
      seconds,
      error: known === null ? (failures[0]?.error ?? null) : null,
      hint: executed.hint,
      failures,
      ...(executed.accepted === undefined ? {} : { accepted: executed.accepted })
    }
    return { record, known }
  })
