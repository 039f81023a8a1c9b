/**
 * The first look of a run: plans all nodes before anything is computed. Nodes that are fresh, and all above them, are
 * done with that; what is wrong with the parameters of any node is told before a long run and not at its end.
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
  /** nodes that are fresh, with their views in the run's folder */
  readonly fresh: ReadonlyMap<string, Outcome>
  /** plans of the others */
  readonly plans: ReadonlyMap<string, NodePlan>
}

/**
 * Writes the fresh nodes into the run's record: with that in hand a gc beside this run leaves what they made. Touching
 * every file of 10,000 nodes took 60 ms, so it is done only where a gc is under way, or came in between.
 *
 * @param planning of the store as it is; that of the options touches what it finds
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
      // what was found may be gone by now
      Effect.catch((problem) => (hasGcCome() ? Effect.succeed(null) : Effect.fail(problem)))
    )
    if (found !== null && !hasGcCome()) return found
  }
  yield* attempt(() => clear(views, options.planning))
  return yield* look(options, options.planning, recorder, views)
})

const look = (
  options: RunOptions,
  planning: Planning,
  recorder: RunRecorder,
  views: Views
): Effect.Effect<FirstLook, Problem> =>
  Effect.gen(function* () {
    // what is not on this machine is fetched in its node's turn, and not now
    const { fetching: _, ...looking } = planning
    const planned = yield* attemptAsync((signal) =>
      planAll(options.nodes, looking, { keepGoing: true, withItems: false, signal })
    )
    const fresh = new Map<string, Outcome>()
    const plans = new Map<string, NodePlan>()
    const artifacts = new Map<string, KnownArtifact>()
    for (const plan of planned) {
      // who may go on from what is incomplete is decided in its node's turn
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

/** Asks the stages of nodes that have ended what they left out. */
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
    throw storeProblem(error, store.root, "take back the views of what is gone")
  }
}
