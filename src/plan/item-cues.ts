/** The cues of one item of an accepted node: not all of its items need be accepted. */
import type { Cue } from "./cue.ts"
import { planItems } from "./items.ts"
import { acceptedCues, type NodePlan } from "./node-plan.ts"
import type { Planning } from "./planning.ts"
import type { ItemId } from "../store/records/manifest.ts"

/**
 * The plan, with the cues of one of its items. A plan is accepted if any of its items is; only an item's own
 * trace tells whether that item is. Reads item traces and sidecars if the plan is accepted.
 *
 * @param plans must include those of the nodes that it reads
 */
export async function withCuesOf(
  item: ItemId,
  plan: NodePlan,
  plans: ReadonlyArray<NodePlan>,
  planning: Planning
): Promise<NodePlan> {
  const { node, preimage, trace } = plan
  if (node.stage.kind !== "itemwise" || preimage === null || trace?.accepted === undefined) return plan
  const inputs = new Map(
    plans.flatMap(({ node: { id }, known }) => (known === null ? [] : [[id, known] as const]))
  )
  const { ids, done } = await planItems(node, preimage, inputs, planning)
  const cues = plan.cues.flatMap((cue): ReadonlyArray<Cue> =>
    cue.cue === "accepted" ? acceptedCues(done.acceptedAt(ids.indexOf(item))) : [cue]
  )
  return { ...plan, cues }
}
