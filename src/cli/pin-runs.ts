/** `runs pin` and `runs unpin`. */
import { didYouMean, usage } from "../support/problem.ts"
import { pinRun, unpinRun } from "../store/gc/pin.ts"
import type { Store } from "../store/store.ts"
import { resolveReference } from "../project/reference.ts"
const words: Readonly<Record<string, string>> = { pin: "pinned", unpin: "unpinned" }

/**
 * Resolves all references before it changes any run.
 *
 * @param at the time, ISO 8601
 * @throws Problem Usage or RunNotFound
 */
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
      `unknown action: ${action}; use \`runs\`, \`runs pin RUN\` or \`runs unpin RUN\``,
      action,
      didYouMean(action, Object.keys(words)) ??
        (action.startsWith("@") || action === "latest"
          ? `probeline show ${action}`
          : "`probeline runs` lists the runs")
    )
  if (references.length === 0) throw usage(`no run given to ${action}`, action, `probeline runs ${action} @1`)
  const ids: Array<string> = []
  for (const reference of references) {
    const referred = resolveReference(store, reference)
    if (referred.kind !== "run")
      throw usage(`"${reference}" is an artifact: only runs can be pinned`, reference, "give only the run")
    ids.push(referred.run.id)
  }
  const pinned = action === "pin"
  for (const id of ids)
    if (pinned) pinRun(store, id, at)
    else unpinRun(store, id)
  return { word, runs: ids.map((run) => ({ run, pinned })) }
}
