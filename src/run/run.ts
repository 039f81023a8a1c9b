/**
 * Runs a graph: every node waits for its inputs, is planned with their artifacts in hand, and is computed only if
 * no trace answers its key. So a change that yields the same values stops where it does (early cutoff).
 */
import * as path from "node:path"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import type { GraphNode } from "../pipeline/graph.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import type { Planning } from "../plan/plan.ts"
import { lastMark } from "../store/files/gc-mark.ts"
import { isGcUnderWay } from "../store/gc/under-way.ts"
import { thisProcess } from "../store/files/process-identity.ts"
import type { StoreCalls } from "../store/store.ts"
import type { NodeRecord, RunRecord, Stopped } from "../store/records/run-record.ts"
import { storeProblem } from "../store/files/store-error.ts"
import { bringUpToDate, type Running } from "./bring-node.ts"
import { checkOwn } from "./check-own.ts"
import { freshNodes } from "./fresh-nodes.ts"
import { type Outcome, skipped } from "./outcome.ts"
import type { Emit } from "./events.ts"
import type { RunOptions } from "./run-options.ts"
import { Views } from "./views.ts"
import { touchingStore } from "../store/touching-store.ts"

/** Can be interrupted while it brings nodes up to date; how that ended is written down whatever comes. */
export const runGraph = Effect.fn("run.graph")(function* (given: RunOptions) {
  const { files } = given.planning.store
  // a gc beside this run leaves what the run has found
  const store = touchingStore(given.planning.store)
  const begunNodes = new Set<string>()
  const emit: Emit = (event) => {
    if (event.type === "node-started") begunNodes.add(event.node)
    given.emit(event)
  }
  const options: RunOptions = { ...given, emit, planning: { ...given.planning, store } }
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
        records.get(node.id) ?? skipped(node, notMade(status === "running", begunNodes.has(node.id))).record
    ),
    outputs: options.outputs,
    ...(options.targets === undefined ? {} : { targets: options.targets })
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
      if (finished !== written)
        yield* Effect.tapError(write(finished), (problem) =>
          // the log, which may have room for a line more, says what the record cannot
          Effect.sync(() => options.emit({ type: "run-finished", run: unwritten(finished, problem) }))
        )
      if (finished.status !== "interrupted")
        yield* Effect.try({
          try: () => store.files.symlink(options.id, store.layout.latest),
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
  const tellLosses = Effect.gen(function* () {
    if (options.withLosses === undefined) return
    for (const record of yield* options.withLosses([...records.values()])) records.set(record.id, record)
  })
  /**
   * The nodes that are fresh, written into the run's record: with that in hand a gc beside this run leaves what they
   * made. Renewing each of 10,000 took 60 ms, so it is done only where a gc is under way, or came in between.
   */
  const freshNow = Effect.gen(function* () {
    const mark = lastMark(files, store.layout)
    const hasGcCome = () => lastMark(files, store.layout) !== mark
    const look = (planning: Planning) =>
      Effect.gen(function* () {
        const fresh = yield* freshNodes(options.nodes, planning, views)
        records.clear()
        for (const [id, { record }] of fresh) records.set(id, record)
        if (fresh.size === options.nodes.length) yield* tellLosses
        yield* write(recordOf(fresh.size === options.nodes.length ? "ok" : "running"))
        return fresh
      })
    if (!isGcUnderWay(files, store.layout)) {
      const fresh = yield* look(given.planning).pipe(
        // what was found may be gone by now
        Effect.catch((problem) => (hasGcCome() ? Effect.succeed(null) : Effect.fail(problem)))
      )
      if (fresh !== null && !hasGcCome()) return fresh
    }
    yield* Effect.try({
      try: () => views.clear(store),
      catch: (error) => storeProblem(error, store.root, "take back the views of what is gone")
    })
    return yield* look(options.planning)
  })
  const bringAll = Effect.gen(function* () {
    const fresh = yield* freshNow
    for (const outcome of fresh.values()) settle(outcome)
    const others = options.nodes.filter((node) => !fresh.has(node.id))
    if (others.length === 0) return
    yield* checkOwn(others, options)
    for (const node of options.nodes) {
      const deferred = yield* Deferred.make<Outcome, Problem>()
      done.set(node.id, deferred)
      const outcome = fresh.get(node.id)
      if (outcome !== undefined) yield* Deferred.succeed(deferred, outcome)
    }
    yield* Effect.forEach(others, bring, { concurrency: "unbounded", discard: true })
    yield* tellLosses
  })
  return yield* Effect.interruptible(bringAll).pipe(
    Effect.onExit((exit) => {
      options.planning.outside.digests.save()
      options.planning.identities.save()
      store.freshIndex.save()
      if (Exit.isSuccess(exit)) return Effect.void
      removeDamaged(store, Cause.squash(exit.cause))
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

/** An object that is not what its name says goes, so that the next run finds it missing and computes it again. */
function removeDamaged({ files, root }: StoreCalls, error: unknown): void {
  if (!isProblem(error) || error._tag !== "StoreCorrupt" || error.file === null) return
  try {
    if (path.dirname(path.dirname(error.file)) === path.join(root, "objects")) files.remove(error.file)
  } catch {
    // `probeline verify` says what is to be done
  }
}

/** How a run ended whose record cannot be written: by that, if by nothing else. */
const unwritten = (run: RunRecord, { message, hint }: Problem): RunRecord => ({
  ...run,
  status: run.status === "interrupted" ? "interrupted" : "failed",
  stopped: run.stopped ?? { reason: message, hint }
})

/** Why a run ends before its end: a problem that is no node's alone, a defect, or somebody who interrupts it. */
function whyStopped(cause: Cause.Cause<Problem>, { stopped }: RunOptions): Stopped {
  if (Cause.hasInterruptsOnly(cause)) return stopped?.() ?? { reason: "it was interrupted", hint: null }
  const error = Cause.squash(cause)
  return {
    reason: error instanceof Error ? error.message : String(error),
    hint: isProblem(error) ? error.hint : null
  }
}

/** Why there is nothing of a node yet, or in the end. */
function notMade(goesOn: boolean, isBegun: boolean): string {
  if (goesOn) return isBegun ? "is being computed" : "not yet"
  return isBegun
    ? "the run ended while it was computed: what was finished is kept"
    : "the run ended before it"
}
