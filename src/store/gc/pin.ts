/** Pinned runs: a file `pinned` in a run's folder makes gc keep the run and everything that it reaches. */
import * as path from "node:path"
import { Problem } from "../../support/problem.ts"
import type { Store } from "../store.ts"
import { storeProblem } from "../files/store-error.ts"

const pinOf = (store: Store, run: string) => path.join(store.layout.run(run), "pinned")

export const isPinned = (store: Store, run: string): boolean =>
  store.files.entry(pinOf(store, run))?.kind === "file"

/** `at`: when, ISO 8601. Pinning a pinned run is a no-op. */
export function pinRun(store: Store, run: string, at: string): void {
  try {
    if (isPinned(store, run)) return
    if (store.files.stat(store.layout.run(run)) === null)
      throw new Problem("RunNotFound", `run ${run} is gone`, { field: run })
    store.files.write(pinOf(store, run), `${at}\n`)
    store.files.syncFolder(store.layout.run(run))
  } catch (error) {
    throw storeProblem(error, store.root, `pin run ${run}`)
  }
}

export function unpinRun(store: Store, run: string): void {
  try {
    if (isPinned(store, run)) store.files.remove(pinOf(store, run))
  } catch (error) {
    throw storeProblem(error, store.root, `unpin run ${run}`)
  }
}
