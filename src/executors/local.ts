/** The executor for one machine: native code runs in worker processes, everything else in this process. */
import * as Effect from "effect/Effect"
import type { Planning } from "../plan/planning.ts"
import type { Executor, TaskReport } from "../run/task.ts"
import { inProcessExecutor } from "./in-process.ts"
import { chunkMs, threadsOf } from "./limits.ts"
import { workerProcesses, type WorkerOptions } from "./worker-processes.ts"

/** @param tasks number of parallel tasks */
export const localExecutor = Effect.fn("executors.localExecutor")(function* (
  planning: Planning,
  tasks: number,
  workers: Omit<WorkerOptions, "store">
) {
  const here = yield* inProcessExecutor(planning, tasks)
  const apart = yield* workerProcesses({ ...workers, store: planning.store.root }, tasks)
  const executor: Executor = {
    name: "local",
    tasks,
    threads: threadsOf(tasks),
    chunkMs,
    execute: (task, report) =>
      (task.stage.spec.isolate === true && task.address !== null ? apart : here).execute(task, report)
  }
  return watchful(executor)
})

/** Seconds without a sign of life (result, log line, progress) after which to warn, each once per node. */
const silences = [60, 600, 3600]

/** The same executor, but it logs a line if a task is silent. */
export function watchful(executor: Executor): Executor {
  /** the longest silence reported so far, by node */
  const told = new Map<string, number>()
  return {
    ...executor,
    execute: (task, report) => {
      let words = 0
      const heard: TaskReport = {
        log: (message) => {
          words++
          report.log(message)
        },
        progress: (done, total) => {
          words++
          report.progress(done, total)
        }
      }
      const watch = Effect.gen(function* () {
        for (let silent = 0, next = 0; next < silences.length;) {
          const before = words
          yield* Effect.sleep((silences[next]! - silent) * 1000)
          if (words !== before) {
            silent = next = 0
            continue
          }
          silent = silences[next++]!
          if ((told.get(task.node) ?? 0) >= silent) continue
          told.set(task.node, silent)
          report.log(
            `stage "${task.stage.name}" has been silent for ${silent} s: it may be busy, or stuck (Ctrl-C stops the run; finished work is kept)`
          )
        }
        return yield* Effect.never
      })
      return Effect.raceFirst(executor.execute(task, heard), watch)
    }
  }
}
