/** How many items of each node are fresh, stale, missing or failed. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { NodePlan } from "../plan/node-plan.ts"

/** A whole stage that gives a table counts as one item; null if unknown until other nodes have run. */
export interface ItemCounts {
  readonly total: number | null
  readonly fresh: number | null
  readonly stale: number | null
  readonly missing: number | null
  readonly failed: number | null
}

/** By node id. `plans` must have inputs first. */
export function itemCounts(plans: ReadonlyArray<NodePlan>): ReadonlyMap<string, ItemCounts> {
  const known = new Map(
    plans.flatMap(({ node, known: its }) => (its === null ? [] : [[node.id, its.manifest]]))
  )
  return new Map(plans.map((plan) => [plan.node.id, countsOf(plan, known)]))
}

const none = { total: null, fresh: 0, stale: 0, missing: 0, failed: 0 }

function countsOf(
  { node, state, known, items, failure, failures }: NodePlan,
  inputs: ReadonlyMap<string, Manifest>
): ItemCounts {
  if (items !== null)
    return {
      ...none,
      total: items.ids.length,
      fresh: items.done.size,
      failed: items.failed.size,
      [state]: items.left.length
    }
  const total = node.form === "table" ? 1 : null
  if (state === "unknown") return { ...none, total: total ?? joinedItems(node, inputs) }
  // the number of items of a source is unknown before it has run
  if (state === "stale" || state === "missing") return { ...none, total, [state]: total }
  if (known === null) return failure === null ? none : { ...none, total: 1, failed: 1 }
  const fresh = node.form === "table" ? 1 : known.manifest.items
  return { ...none, total: fresh + failures.length, fresh, failed: failures.length }
}

/** The number of items of an itemwise node whose other inputs are unknown; null if its items are unknown too. */
function joinedItems({ ports }: GraphNode, inputs: ReadonlyMap<string, Manifest>): number | null {
  const joined = Object.values(ports).flatMap(({ mode, from }) =>
    mode === "each" || mode === "group" ? [inputs.get(from[0]!.id) ?? null] : []
  )
  const [first] = joined
  return first != null && joined.every((one) => one?.ids === first.ids) ? first.items : null
}
