/** Cues of a plan as lines: `sentence` with the failed item in front. */
import { type Cue, sentence } from "../plan/cue.ts"
import type { NodePlan } from "../plan/node-plan.ts"

/** @param item the item that the user asked about, if any */
export function cueLine(
  cue: Cue,
  { node, state }: Pick<NodePlan, "state"> & { readonly node: string },
  item: string | null = null
): string {
  if (cue.cue === "failed" && cue.path !== node && cue.path !== item) return `${cue.path} ${sentence(cue)}`
  return cue.cue === "fresh" && state === "failed"
    ? sentence(cue).replace(/^fresh since/, "tried at")
    : sentence(cue)
}
