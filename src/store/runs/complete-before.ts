/** Finds the complete runs of a pipeline: those that later runs are compared with. */
import { isCompleteRun, type RunRecord } from "../records/run-record.ts"
import { storeProblem } from "../files/store-error.ts"
import type { Store } from "../store.ts"
import { type RunOwner, runsOf } from "./runs-of.ts"

/** The last complete run of a pipeline among these; null if there is none. @param ids oldest first */
export function lastComplete(store: Store, ids: ReadonlyArray<string>, pipeline: RunOwner): RunRecord | null {
  try {
    for (const id of runsOf(store, ids, pipeline)) {
      const run = store.run(id)
      if (run?.format === 1 && isCompleteRun(run)) return run
    }
    return null
  } catch (error) {
    throw storeProblem(error, store.root, "read a run's record")
  }
}

/** The last complete run of the same pipeline that started before a run; null if there is none. */
export function completeBefore(store: Store, run: RunOwner & Pick<RunRecord, "id">): RunRecord | null {
  const ids = store.runs()
  const at = ids.indexOf(run.id)
  return lastComplete(store, at < 0 ? ids : ids.slice(0, at), run)
}
