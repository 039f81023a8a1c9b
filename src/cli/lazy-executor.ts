/** The executor of this machine, loaded by the first task: a run in which all is fresh needs none. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { WorkerOptions } from "../executors/worker-processes.ts"
import type { Planning } from "../plan/plan.ts"
import type { Executor } from "../run/task.ts"

/** In a scope: what stages opened, and workers, end with it. */
export const lazyExecutor = (planning: Planning, workers: Omit<WorkerOptions, "store">) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const load = Effect.promise(() => import("../executors/local.ts")).pipe(
      Effect.flatMap(({ localExecutor }) => localExecutor(planning, workers)),
      Scope.provide(scope)
    )
    // tasks come side by side, and a task that is interrupted must not take the others' executor with it
    const loaded = yield* Effect.cached(Effect.uninterruptible(load))
    const executor: Executor = {
      name: "local",
      execute: (task, report) => Effect.flatMap(loaded, (local) => local.execute(task, report))
    }
    return executor
  })
