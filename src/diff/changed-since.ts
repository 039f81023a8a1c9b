/** What a run changed against the last complete run of its pipeline before it, from their records alone. */
import type { RunRecord } from "../store/records/run-record.ts"
import { completeBefore } from "../store/runs/complete-before.ts"
import { labelsOf } from "../store/runs/labels.ts"
import type { Store } from "../store/store.ts"
import { count, counted } from "../support/numbers.ts"
import { changedParams, changedText } from "./changed-params.ts"
import { isOther, pairById } from "./pairs.ts"

/** Parameters that the line names. */
const mostParams = 4

/**
 * A line for the end of a run, such as `changed since 20261128-… (baseline): seed 1 → 2; 14 of 29 artifacts differ
 * (probeline diff @2 @1)`. Null if there is no complete run before it, or the run itself did not end well.
 */
export function changedSince(store: Store, run: RunRecord): string | null {
  if (run.status !== "ok") return null
  const before = completeBefore(store, run)
  if (before === null) return null
  const { name } = labelsOf(store, before.id)
  const called = `${before.id}${name === null ? "" : ` (${name})`}`
  const { pairs, onlyA, onlyB } = pairById(before, run)
  const differ = pairs.filter(isOther).length
  const params = changedParams(run, before)
  const more = params.length - mostParams
  const parts = [
    ...(params.length === 0
      ? []
      : [
          `${changedText(params.slice(0, mostParams))}${more > 0 ? ` and ${counted(more, "more parameter")}` : ""}`
        ]),
    // a run of some nodes has the others still
    ...(run.targets !== undefined || onlyA.length === 0 ? [] : [`${counted(onlyA.length, "node")} gone`]),
    ...(onlyB.length === 0 ? [] : [`${counted(onlyB.length, "node")} new`]),
    differ === 0
      ? "no artifact differs"
      : `${count(differ)} of ${counted(pairs.length, "artifact")} ${differ === 1 ? "differs" : "differ"}`
  ]
  if (parts.length === 1 && differ === 0) return `unchanged since ${called}`
  const hint = differ === 0 ? "" : ` (probeline diff ${referencesOf(store, before.id, run.id).join(" ")})`
  return `changed since ${called}: ${parts.join("; ")}${hint}`
}

/** `@2 @1`, as they are now. */
function referencesOf(store: Store, ...ids: ReadonlyArray<string>): ReadonlyArray<string> {
  const all = store.runs()
  return ids.map((id) => `@${all.length - all.indexOf(id)}`)
}
