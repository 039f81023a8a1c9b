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
import { inputNodes, type Known, lockName, type NodePlan, planFresh, planNode } from "../plan/plan.ts"
import { thisProcess } from "../store/lock/process-identity.ts"
import { renewing } from "../store/renew.ts"
import type { NodeRecord, RunRecord, Stopped } from "../store/run-record.ts"
import { storeProblem } from "../store/store-error.ts"
import { describeHolder } from "../store/lock/holder.ts"
import { withLock } from "../store/lock/lock.ts"
import { publishView } from "../store/view.ts"
import type { RunOptions } from "./run-options.ts"

/** How a node ended: what it made, for those that read it, or null. */
interface Outcome {
  readonly record: NodeRecord
  readonly known: Known | null
}
/** What the nodes of one run share. */
interface Running {
  readonly options: RunOptions
  readonly done: ReadonlyMap<string, Deferred.Deferred<Outcome, Problem>>
  readonly permits: Semaphore.Semaphore
  /** a turn a lock: nodes of one run that share work wait for each other, also where the run may not wait for others */
  readonly turns: Map<string, Semaphore.Semaphore>
  /** of the run's views, that are there */
  readonly folders: Set<string>
  /** set by the first failure when the run does not keep going */
  stopped: boolean
}

export const runGraph = Effect.fn("run.graph")(function* (given: RunOptions) {
  const { files } = given.planning.store
  // a gc beside this run leaves what the run has found
  const store = renewing(given.planning.store)
  const options: RunOptions = { ...given, planning: { ...given.planning, store } }
  const me = thisProcess(files)
  yield* store.prepare
  const done = new Map<string, Deferred.Deferred<Outcome, Problem>>()
  const permits = yield* Semaphore.make(options.jobs)
  const running: Running = { options, done, permits, turns: new Map(), folders: new Set(), stopped: false }
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

  /** Publishes how the run ended. `runs/latest` is the last that came to an end by itself, be that a failure. */
  const end = (finished: RunRecord) =>
    Effect.gen(function* () {
      yield* store.putRun(finished)
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
  const bringAll = Effect.gen(function* () {
    const fresh = yield* freshNodes(running, settle)
    const others = options.nodes.filter((node) => !fresh.has(node.id))
    if (others.length === 0) return
    yield* store.putRun(recordOf("running"))
    for (const node of options.nodes) {
      const deferred = yield* Deferred.make<Outcome, Problem>()
      done.set(node.id, deferred)
      const outcome = fresh.get(node.id)
      if (outcome !== undefined) yield* Deferred.succeed(deferred, outcome)
    }
    yield* Effect.forEach(others, bring, { concurrency: "unbounded", discard: true })
  })
  return yield* bringAll.pipe(
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
      return end(recordOf(failed ? "failed" : "ok"))
    })
  )
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

/** Nodes between which others get their turn: a signal, above all. */
const turn = 64

/**
 * The nodes that are fresh, and all above them: they wait for nobody and need no fiber.
 *
 * What is incomplete is left to the ordinary way, which knows who may go on from there.
 */
const freshNodes = (
  { options: { nodes, planning, id }, folders }: Running,
  settle: (outcome: Outcome) => void
): Effect.Effect<ReadonlyMap<string, Outcome>, Problem> =>
  Effect.gen(function* () {
    const fresh = new Map<string, Outcome>()
    const artifacts = new Map<string, Known>()
    for (const [i, node] of nodes.entries()) {
      if (i % turn === turn - 1) yield* Effect.yieldNow
      const planned = planFresh(node, artifacts, planning)
      if (planned === null || planned.known.incomplete) continue
      yield* publishView(planning.store, id, node.id, planned.known.manifest, folders)
      artifacts.set(node.id, planned.known)
      const outcome = cached(planned)
      fresh.set(node.id, outcome)
      settle(outcome)
    }
    return fresh
  })

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
      // a file that is missing or an encoder that is none: its node fails, and others go on where they may
      Effect.catch((problem: Problem) =>
        problem._tag === "ParameterInvalid" && options.keepGoing
          ? Effect.succeed(problem)
          : Effect.fail(problem)
      )
    )
    if (planned instanceof Problem) return refused(node, planned)
    const outcome = isKnown(planned) ? cached(planned) : yield* once(planned, inputs, running)
    if (outcome.record.status === "failed" && !options.keepGoing) running.stopped = true
    if (outcome.known !== null)
      yield* publishView(options.planning.store, options.id, node.id, outcome.known.manifest, running.folders)
    return outcome
  })

/** A node that could not be planned: it fails, and nothing is remembered of that. */
const refused = (node: GraphNode, { message, hint }: Problem): Outcome => ({
  record: {
    ...blank(node),
    status: "failed",
    items: { total: 1, executed: 0, cached: 0, failed: 1 },
    error: message,
    hint,
    failures: [{ item: node.id, error: message }]
  },
  known: null
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

const cached = (planned: NodePlan): Outcome => {
  const { known, failures, node } = planned
  const total = known === null ? 1 : itemCount(node, known)
  const record: NodeRecord = {
    ...blank(node),
    status: planned.state === "failed" ? "failed" : "cached",
    items: { total, executed: 0, cached: total - failures.length, failed: failures.length },
    ...made(planned, known),
    seconds: 0,
    error: known === null ? (failures[0]?.error ?? null) : null,
    hint: planned.trace?.hint ?? null,
    failures,
    ...(planned.trace?.accepted === undefined ? {} : { accepted: planned.trace.accepted })
  }
  return { record, known }
}

/** Items of an itemwise node or a source of items, failed ones included; a whole stage counts as one. */
const itemCount = (node: GraphNode, { manifest }: Known) =>
  node.form === "table" ? 1 : manifest.items + manifest.failed.length

const skipped = (node: GraphNode, why: string): Outcome => ({
  record: { ...blank(node), status: "skipped", error: why },
  known: null
})
const made = (planned: NodePlan, known: Known | null) => ({
  artifact: known?.manifest.digest ?? null,
  key: planned.key,
  bytes: known?.manifest.bytes ?? null,
  incomplete: known?.incomplete ?? false,
  partial: known?.partial ?? []
})
const blank = (node: GraphNode): NodeRecord => ({
  id: node.id,
  stage: node.stage.name,
  status: "skipped",
  items: { total: null, executed: 0, cached: 0, failed: 0 },
  artifact: null,
  key: null,
  bytes: null,
  seconds: null,
  error: null,
  hint: null,
  failures: [],
  incomplete: false,
  partial: []
})
