/** How many items of each node are fresh, stale, missing or failed. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { NodePlan } from "../plan/plan.ts"

/** A whole stage counts as one item; null where it is not known before other nodes have run. */
export interface ItemCounts {
  readonly total: number | null
  readonly fresh: number | null
  readonly stale: number | null
  readonly missing: number | null
  readonly failed: number | null
}

/** By node id. */
export function itemCounts(plans: ReadonlyArray<NodePlan>): ReadonlyMap<string, ItemCounts> {
  const planned = new Map(plans.map((plan) => [plan.node.id, plan]))
  return new Map(plans.map((plan) => [plan.node.id, countsOf(plan, planned)]))
}

type Planned = ReadonlyMap<string, NodePlan>
const none = { total: null, fresh: 0, stale: 0, missing: 0, failed: 0 }

function countsOf(plan: NodePlan, planned: Planned): ItemCounts {
  const { state, known, failures } = plan
  if (state === "unknown") return { ...none, ...(plan.node.form === "table" ? { total: 1 } : {}) }
  if (state === "stale" || state === "missing") {
    const total = expected(plan.node, planned)
    return { ...none, total, [state]: total }
  }
  if (known === null) return { ...none, total: failures.length, failed: failures.length }
  const fresh = plan.node.form === "table" ? 1 : known.manifest.items
  return { ...none, total: fresh + failures.length, fresh, failed: failures.length }
}

/** Items that a node would be given: its sample's, less those that failed on the way to it. */
function expected(node: GraphNode, planned: Planned): number | null {
  if (node.form === "table") return 1
  if (node.stage.kind === "source" || node.sample === null) return null
  const sample = planned.get(node.sample.id)?.known
  if (sample == null) return null
  const lost = new Set<string>()
  for (const input of joinedInputs(node)) if (!addLost(input, planned, lost)) return null
  return sample.manifest.items - lost.size
}

/** False where an input's artifact is not known. */
function addLost(node: GraphNode, planned: Planned, lost: Set<string>): boolean {
  const known = planned.get(node.id)?.known
  if (known == null) return false
  for (const { item } of known.manifest.failed) lost.add(item)
  return joinedInputs(node).every((input) => addLost(input, planned, lost))
}

const joinedInputs = (node: GraphNode): ReadonlyArray<GraphNode> =>
  Object.values(node.ports)
    .filter(({ take }) => take === "each" || take === "group")
    .flatMap(({ from }) => from)
