/** The executor of this process: tasks run here, one after another or side by side as the run's permits allow. */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import type { Planning } from "../plan/plan.ts"
import { executeTask } from "../run/execute-task.ts"
import { Resources } from "../run/resources.ts"
import type { Executor, Task, TaskReport, TaskResult } from "../run/task.ts"

/** In a scope, so that what stages have opened is closed when the run ends, however it ends. */
export const inProcessExecutor = ({ store, outside }: Planning) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Resources()),
      (resources) => Effect.promise(() => resources.close())
    ),
    (resources): Executor => ({
      name: "in-process",
      execute: (task: Task, report: TaskReport): Effect.Effect<TaskResult, Problem> =>
        executeTask(task, report, { store, digests: outside.digests, resources })
    })
  )
