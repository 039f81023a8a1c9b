/** `runs pin` and `runs unpin`. */
import * as Effect from "effect/Effect"
import { didYouMean, type Problem, usage } from "../support/problem.ts"
import { pinRun, unpinRun } from "../store/gc/pin.ts"
import type { StoreCalls } from "../store/store.ts"
import { resolveReference } from "../project/reference.ts"
const words: Readonly<Record<string, string>> = { pin: "pinned", unpin: "unpinned" }

/** All references are looked up before any run is touched. `at`: when, ISO 8601. Fails with Usage or RunNotFound. */
export const pinRuns = (
  store: StoreCalls,
  action: string,
  references: ReadonlyArray<string>,
  at: string
): Effect.Effect<
  { readonly word: string; readonly runs: ReadonlyArray<{ readonly run: string; readonly pinned: boolean }> },
  Problem
> =>
  Effect.gen(function* () {
    const word = words[action]
    if (word === undefined)
      return yield* Effect.fail(
        usage(
          `"${action}" is nothing that runs can do: there are \`runs\`, \`runs pin RUN\` and \`runs unpin RUN\``,
          action,
          didYouMean(action, Object.keys(words)) ??
            (action.startsWith("@") || action === "latest"
              ? `probeline show ${action}`
              : "runs alone lists them")
        )
      )
    if (references.length === 0)
      return yield* Effect.fail(usage(`no run is named to ${action}`, action, `probeline runs ${action} @1`))
    const ids: Array<string> = []
    for (const reference of references) {
      const referred = yield* resolveReference(store, reference)
      if (referred.kind !== "run")
        return yield* Effect.fail(
          usage(`"${reference}" is an artifact, and runs are what is pinned`, reference, "name the run alone")
        )
      ids.push(referred.run.id)
    }
    const pinned = action === "pin"
    for (const id of ids) yield* pinned ? pinRun(store, id, at) : unpinRun(store, id)
    return { word, runs: ids.map((run) => ({ run, pinned })) }
  })
