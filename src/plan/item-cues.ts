/** The cues of one item of a node that is accepted: not all of its items need be. */
import type { Cue } from "./cue.ts"
import { planItems } from "./items.ts"
import { acceptedCues, type NodePlan } from "./node-plan.ts"
import type { Planning } from "./planning.ts"
import type { ItemId } from "../store/records/manifest.ts"

/**
 * The plan with the cues of one of its items. An artifact with items that were accepted is accepted itself, and so
 * says its plan; of an item only its own trace can. Reads traces of items and sidecars, where the plan is accepted.
 *
 * @param plans those of the nodes that it reads among them
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
