/** Lines for `why` and `run --dry-run`: what changed in a node's inputs, and how many items left to compute. */
import type { ItemChanges } from "../plan/item-changes.ts"
import { count, counted } from "../support/numbers.ts"

/** At most this many items and columns are named in a line, and inputs get lines of their own. */
const named = 5
const namedColumns = 8
const namedInputs = 8

/** One line per input and kind of change. */
export function changeLines(changes: ReadonlyArray<ItemChanges>): ReadonlyArray<string> {
  const more = changes.length - namedInputs
  return [
    ...changes.slice(0, namedInputs).flatMap(linesOf),
    ...(more > 0 ? [`… and ${more} more ${more === 1 ? "input" : "inputs"}`] : [])
  ]
}

function linesOf({ port, node, added, removed, changed }: ItemChanges): ReadonlyArray<string> {
  const columns = [...new Set(changed.flatMap((one) => one.columns))]
  return [
    ...(added.length > 0 ? [`${port} (${node}): new items ${some(added)}`] : []),
    ...(removed.length > 0 ? [`${port} (${node}): removed items ${some(removed)}`] : []),
    ...(changed.length > 0
      ? [
          `${port} (${node}): ${some(columns, namedColumns)} changed in ${some(changed.map(({ item }) => item))}`
        ]
      : [])
  ]
}

/** For an itemwise node. @param left null if unknown. @param kind of its items, such as "scene" */
export const leftLine = (
  { left, total }: { readonly left: number | null; readonly total: number },
  kind: string | null
): string =>
  left === null
    ? `at most ${counted(total, kind ?? "item")} to compute`
    : `${count(left)} of ${counted(total, kind ?? "item")} left to compute`

const some = (names: ReadonlyArray<string>, most = named) =>
  `${names.slice(0, most).join(", ")}${names.length > most ? `, … (${names.length})` : ""}`
