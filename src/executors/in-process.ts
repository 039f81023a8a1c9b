/** The executor of this process: tasks run here, one after another or side by side as the run's permits allow. */
import * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import type { Planning } from "../plan/planning.ts"
import { attemptAsync } from "../run/attempt.ts"
import { executeTask } from "../run/execute-task.ts"
import { Resources } from "../run/resources.ts"
import type { Executor, Task, TaskReport, TaskResult } from "../run/task.ts"
import { chunkMs, secondsOf, timedOut } from "./time-limit.ts"

/**
 * Others' turn, before each task: stages here may compute without a pause, one after the other, and a signal is heard
 * only between them.
 */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Gives up a task that takes longer than its stage allows; what it goes on to do is nobody's business. */
const limited = <A>(task: Task, execute: Effect.Effect<A, Problem>): Effect.Effect<A, Problem> => {
  const seconds = secondsOf(task)
  return seconds === null
    ? execute
    : Effect.timeoutOrElse(execute, {
        duration: seconds * 1000,
        orElse: () => Effect.fail(timedOut(task, seconds, "was given up"))
      })
}

/** In a scope, so that what stages have opened is closed when the run ends, however it ends. */
export const inProcessExecutor = ({ store, outside }: Planning, tasks = 1) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Resources()),
      (resources) => Effect.promise(() => resources.close())
    ),
    (resources): Executor => ({
      name: "in-process",
      tasks,
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
