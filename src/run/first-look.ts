/**
 * The first look of a run: plans all nodes before anything is computed. Nodes that are fresh, with everything
 * upstream of them, are then finished, and invalid parameters of any node are reported before a long run and
 * not at its end.
 */
import * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import type { NodePlan } from "../plan/node-plan.ts"
import { planAll } from "../plan/plan.ts"
import type { KnownArtifact, Planning } from "../plan/planning.ts"
import { lastMark } from "../store/files/gc-mark.ts"
import { storeProblem } from "../store/files/store-error.ts"
import { isGcUnderWay } from "../store/gc/under-way.ts"
import { attempt, attemptAsync } from "./attempt.ts"
import { cached, type Outcome } from "./outcome.ts"
import type { RunOptions } from "./run-options.ts"
import type { RunRecorder } from "./run-recorder.ts"
import type { Views } from "./views.ts"

export interface FirstLook {
  /** fresh nodes, with their views in the run's folder */
  readonly fresh: ReadonlyMap<string, Outcome>
  /** plans of the other nodes */
  readonly plans: ReadonlyMap<string, NodePlan>
}

/**
 * Writes the fresh nodes into the run's record, which makes a concurrent gc leave their artifacts. Touching
 * every file of 10,000 nodes took 60 ms, so that is done only if a gc is running, or started in between.
 *
 * @param planning uses the plain store; that of the options touches what it finds
 */
export const firstLook = Effect.fn("run.firstLook")(function* (
  options: RunOptions,
  planning: Planning,
  recorder: RunRecorder,
  views: Views
) {
  const { store } = options.planning
  const mark = lastMark(store.files, store.layout)
  const hasGcCome = () => lastMark(store.files, store.layout) !== mark
  if (!isGcUnderWay(store.files, store.layout)) {
    const found = yield* look(options, planning, recorder, views).pipe(
      // gc may have deleted what was found
      Effect.catch((problem) => (hasGcCome() ? Effect.succeed(null) : Effect.fail(problem)))
    )
    if (found !== null && !hasGcCome()) return found
  }
  yield* attempt(() => clear(views, options.planning))
  return yield* look(options, options.planning, recorder, views)
})

const look = Effect.fn("run.look")(function* (
  options: RunOptions,
  planning: Planning,
  recorder: RunRecorder,
  views: Views
) {
  // downloads happen in a node's turn, not now
  const { fetching: _, ...looking } = planning
  const planned = yield* attemptAsync((signal) =>
    planAll(options.nodes, looking, { keepGoing: true, withItems: false, signal })
  )
  const fresh = new Map<string, Outcome>()
  const plans = new Map<string, NodePlan>()
  const artifacts = new Map<string, KnownArtifact>()
  for (const plan of planned) {
    // whether a node may go on from incomplete inputs is decided in its turn
    if (plan.state === "fresh" && !plan.known!.incomplete) {
      fresh.set(plan.node.id, cached(plan))
      artifacts.set(plan.node.id, plan.known!)
    } else plans.set(plan.node.id, plan)
  }
  if (fresh.size < planned.length || !views.show(planning.store, artifacts))
    yield* attemptAsync((signal) => views.publishAll(planning.store, artifacts, signal))
  recorder.found(fresh)
  const isAll = fresh.size === planned.length
  if (isAll) yield* recordLosses(options, recorder)
  yield* attempt(() => recorder.save(isAll ? "ok" : "running"))
  return { fresh, plans }
})

/** Asks the stages of finished nodes what they left out. */
export const recordLosses = (
  { withLosses }: RunOptions,
  recorder: RunRecorder
): Effect.Effect<void, Problem> =>
  withLosses === undefined
    ? Effect.void
    : Effect.map(withLosses(recorder.records), (records) => recorder.replace(records))

function clear(views: Views, { store }: Planning): void {
  try {
    views.clear(store)
  } catch (error) {
    throw storeProblem(error, store.root, "remove views of missing artifacts")
  }
}
