/** The pipelines of runs, loaded with the parameters of the runs: they bring the stages' `compare`. */
import type { Opened } from "../project/open-pipeline.ts"
import { openRun } from "../project/open-run.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import type { Store } from "../store/store.ts"
import { isProblem, type Problem } from "../support/problem.ts"

export type OpenedRun =
  | { readonly opened: Opened; readonly problem: null }
  | { readonly opened: null; readonly problem: Problem }

/** Loads each pipeline once, when it is first needed. */
export class OpenedRuns {
  readonly #known = new Map<string, Promise<OpenedRun>>()

  /** @returns a `problem` if the file no longer gives the run's pipeline */
  of(run: RunRecord, store: Store): Promise<OpenedRun> {
    const key = `${store.root}\n${run.id}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const opening = open(run, store)
    this.#known.set(key, opening)
    return opening
  }
}

async function open(run: RunRecord, store: Store): Promise<OpenedRun> {
  try {
    return { opened: await openRun(store, run), problem: null }
  } catch (error) {
    if (!isProblem(error) || error.exitCode !== 2) throw error
    return { opened: null, problem: error }
  }
}
