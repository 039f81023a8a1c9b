/** The executor of one machine: native code in worker processes, everything else in this process. */
import * as Effect from "effect/Effect"
import type { Planning } from "../plan/plan.ts"
import type { Executor } from "../run/task.ts"
import { inProcessExecutor } from "./in-process.ts"
import { watchful } from "./watchful.ts"
import { workerProcesses, type WorkerOptions } from "./worker-processes.ts"

export const localExecutor = (planning: Planning, workers: Omit<WorkerOptions, "store">) =>
  Effect.gen(function* () {
    const here = yield* inProcessExecutor(planning)
    const apart = yield* workerProcesses({ ...workers, store: planning.store.root })
    const executor: Executor = {
      name: "local",
      execute: (task, report) =>
        (task.stage.spec.isolate === true && task.address !== null ? apart : here).execute(task, report)
    }
    return watchful(executor)
  })
