/** Finds the complete runs of a pipeline: those that later runs are compared with. */
import * as path from "node:path"
import { isProblem, Problem } from "../../support/problem.ts"
import { isCompleteRun, type RunRecord } from "../records/run-record.ts"
import { storeProblem } from "../files/store-error.ts"
import type { Store } from "../store.ts"
import { type RunOwner, runsOf } from "./runs-of.ts"

/** The last complete run of a pipeline among these; null if there is none. @param ids oldest first */
export function lastComplete(store: Store, ids: ReadonlyArray<string>, pipeline: RunOwner): RunRecord | null {
  try {
    for (const id of runsOf(store, ids, pipeline)) {
      const run = store.run(id)
      if (run === null && store.files.readIfPresent(recordFile(store, id)) !== null)
        throw unreadableRecord(store, id)
      if (run?.format === 1 && isCompleteRun(run)) return run
    }
    return null
  } catch (error) {
    if (isProblem(error)) throw error
    throw storeProblem(error, store.root, "read a run's record")
  }
}

const recordFile = ({ layout }: Store, id: string) => path.join(layout.run(id), "run.json")

/** The problem with a run whose record cannot be read: it is damaged, or the run was interrupted before it wrote one. */
export function unreadableRecord(store: Store, id: string): Problem {
  const file = recordFile(store, id)
  return store.files.readIfPresent(file) === null
    ? new Problem("RunNotFound", `run ${id} has no record`, {
        file,
        hint: "the run was interrupted at its start: delete its folder"
      })
    : new Problem("StoreCorrupt", `the record of run ${id} is damaged`, {
        file,
        hint: "its artifacts may be whole: `probeline verify` tells; if you have no copy of the record, delete the run's folder"
      })
}

/** The last complete run of the same pipeline that started before a run; null if there is none. */
export function completeBefore(store: Store, run: RunOwner & Pick<RunRecord, "id">): RunRecord | null {
  const ids = store.runs()
  const at = ids.indexOf(run.id)
  return lastComplete(store, at < 0 ? ids : ids.slice(0, at), run)
}
