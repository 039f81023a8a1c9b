/** Executes tasks in this process, as many in parallel as the run permits. */
import * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import type { Planning } from "../plan/planning.ts"
import { attemptAsync } from "../run/attempt.ts"
import { executeTask } from "../run/execute-task.ts"
import { Resources } from "../run/resources.ts"
import type { Executor, Task, TaskReport, TaskResult } from "../run/task.ts"
import { chunkMs, secondsOf, timedOut, threadsOf } from "./limits.ts"

/**
 * Yields before each task: stages may compute without a pause, one after another, and signals are handled only between
 * them.
 */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Abandons a task that exceeds its stage's time limit; whatever it does afterwards is ignored. */
const limited = <A>(task: Task, execute: Effect.Effect<A, Problem>): Effect.Effect<A, Problem> => {
  const seconds = secondsOf(task)
  return seconds === null
    ? execute
    : Effect.timeoutOrElse(execute, {
        duration: seconds * 1000,
        orElse: () => Effect.fail(timedOut(task, seconds, "was abandoned"))
      })
}

/** Scoped, so that resources opened by stages are closed however the run ends. */
export const inProcessExecutor = ({ store, outside }: Planning, tasks = 1) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Resources()),
      (resources) => Effect.promise(() => resources.close())
    ),
    (resources): Executor => ({
      name: "in-process",
      tasks,
      threads: threadsOf(tasks),
      chunkMs,
      execute: (task: Task, report: TaskReport): Effect.Effect<TaskResult, Problem> =>
        Effect.andThen(
          turn,
          limited(
            task,
            attemptAsync((signal) =>
              executeTask(task, report, { store, digests: outside.digests, resources }, signal)
            )
          )
        )
    })
  )
