/** Pinned runs: a file `pinned` in a run's folder, and gc keeps the run and all that it reaches. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { Problem } from "../../support/problem.ts"
import type { StoreCalls } from "../store.ts"
import { storeProblem } from "../files/store-error.ts"

const pinOf = (store: StoreCalls, run: string) => path.join(store.layout.run(run), "pinned")

export const isPinned = (store: StoreCalls, run: string): boolean =>
  store.files.entry(pinOf(store, run))?.kind === "file"

/** `at`: when, ISO 8601. Pinning what is pinned changes nothing. */
export const pinRun = (store: StoreCalls, run: string, at: string): Effect.Effect<void, Problem> =>
  Effect.try({
    try: () => {
      if (isPinned(store, run)) return
      if (store.files.stat(store.layout.run(run)) === null)
        throw new Problem("RunNotFound", `run ${run} is gone`, { field: run })
      store.files.write(pinOf(store, run), `${at}\n`)
      store.files.syncFolder(store.layout.run(run))
    },
    catch: (error) => storeProblem(error, store.root, `pin run ${run}`)
  })

export const unpinRun = (store: StoreCalls, run: string): Effect.Effect<void, Problem> =>
  Effect.try({
    try: () => {
      if (isPinned(store, run)) store.files.remove(pinOf(store, run))
    },
    catch: (error) => storeProblem(error, store.root, `unpin run ${run}`)
  })
