/** What changed in a node's inputs, and how much of it is left to compute, as lines: for `why` and `run --dry-run`. */
import type { ItemChanges } from "../plan/item-changes.ts"

/** Items that are named in a line, columns that are, and inputs that have lines of their own. */
const named = 5
const namedColumns = 8
const namedInputs = 8

/** A line a kind of change and input. */
export function changeLines(changes: ReadonlyArray<ItemChanges>): ReadonlyArray<string> {
  const more = changes.length - namedInputs
  return [
    ...changes.slice(0, namedInputs).flatMap(linesOf),
    ...(more > 0 ? [`… and items of ${more} more ${more === 1 ? "input" : "inputs"}`] : [])
  ]
}

function linesOf({ port, node, added, removed, changed }: ItemChanges): ReadonlyArray<string> {
  const columns = [...new Set(changed.flatMap((one) => one.columns))]
  return [
    ...(added.length > 0 ? [`${port} (${node}): new items ${some(added)}`] : []),
    ...(removed.length > 0 ? [`${port} (${node}): items gone ${some(removed)}`] : []),
    ...(changed.length > 0
      ? [
          `${port} (${node}): ${some(columns, namedColumns)} changed of ${some(changed.map(({ item }) => item))}`
        ]
      : [])
  ]
}

/** Of an itemwise node. */
export const leftLine = ({ left, total }: { readonly left: number; readonly total: number }): string =>
  `${left} of ${total} items are left to compute`

const some = (names: ReadonlyArray<string>, most = named) =>
  `${names.slice(0, most).join(", ")}${names.length > most ? `, … (${names.length})` : ""}`
