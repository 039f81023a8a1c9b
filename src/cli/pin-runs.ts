/** `runs pin` and `runs unpin`. */
import { didYouMean, usage } from "../support/problem.ts"
import { pinRun, unpinRun } from "../store/gc/pin.ts"
import type { Store } from "../store/store.ts"
import { resolveReference } from "../project/reference.ts"
const words: Readonly<Record<string, string>> = { pin: "pinned", unpin: "unpinned" }

/** All references are looked up before any run is touched. `at`: when, ISO 8601. Fails with Usage or RunNotFound. */
export function pinRuns(
  store: Store,
  action: string,
  references: ReadonlyArray<string>,
  at: string
): {
  readonly word: string
  readonly runs: ReadonlyArray<{ readonly run: string; readonly pinned: boolean }>
} {
  const word = words[action]
  if (word === undefined)
    throw usage(
      `"${action}" is nothing that runs can do: there are \`runs\`, \`runs pin RUN\` and \`runs unpin RUN\``,
      action,
      didYouMean(action, Object.keys(words)) ??
        (action.startsWith("@") || action === "latest" ? `probeline show ${action}` : "runs alone lists them")
    )
  if (references.length === 0)
    throw usage(`no run is named to ${action}`, action, `probeline runs ${action} @1`)
  const ids: Array<string> = []
  for (const reference of references) {
    const referred = resolveReference(store, reference)
    if (referred.kind !== "run")
      throw usage(
        `"${reference}" is an artifact, and runs are what is pinned`,
        reference,
        "name the run alone"
      )
    ids.push(referred.run.id)
  }
  const pinned = action === "pin"
  for (const id of ids)
    if (pinned) pinRun(store, id, at)
    else unpinRun(store, id)
  return { word, runs: ids.map((run) => ({ run, pinned })) }
}
