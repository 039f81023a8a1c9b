/** The local executor, loaded with the first task: a run in which everything is fresh does not load it. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Planning } from "../plan/planning.ts"
import type { Executor } from "../run/task.ts"
import { chunkMs, threadsOf } from "./limits.ts"
import type { WorkerOptions } from "./worker-processes.ts"

/**
 * Scoped: resources of stages and workers end with the scope.
 *
 * @param tasks number of parallel tasks
 * @param first runs before the first task, in the same scope
 */
export const lazyLocalExecutor = Effect.fn("executors.lazyLocalExecutor")(function* (
  planning: Planning,
  tasks: number,
  workers: Omit<WorkerOptions, "store">,
  first: Effect.Effect<unknown, never, Scope.Scope>
) {
  const scope = yield* Effect.scope
  const load = Effect.andThen(
    first,
    Effect.promise(() => import("./local.ts"))
  ).pipe(
    Effect.flatMap(({ localExecutor }) => localExecutor(planning, tasks, workers)),
    Scope.provide(scope)
  )
  // tasks run in parallel: interrupting one must not interrupt the load of the executor that all share
  const loaded = yield* Effect.cached(Effect.uninterruptible(load))
  const executor: Executor = {
    name: "local",
    tasks,
    threads: threadsOf(tasks),
    chunkMs,
    execute: (task, report) => Effect.flatMap(loaded, (local) => local.execute(task, report))
  }
  return executor
})
