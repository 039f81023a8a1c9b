/** When a node has to wait: the rule that runs and forecasts share. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { NodeStatus } from "../store/records/run-record.ts"
import { type KnownArtifact } from "./planning.ts"

/** How an input ended, or would end; null where that is not known. */
export interface InputEnd {
  readonly status: NodeStatus
  readonly known: KnownArtifact | null
}

/**
 * Why a node cannot be computed, an entry an input; none if it can.
 *
 * Itemwise stages go on with the items that there are; a whole stage would speak of all while some are missing, so
 * it goes on only when it is told to.
 */
export const blockedBy = (
  node: GraphNode,
  endOf: (input: GraphNode) => InputEnd | null,
  keepGoing: boolean
): ReadonlyArray<string> =>
  node.inputs.flatMap((input) => {
    const end = endOf(input)
    if (end === null) return []
    const { status, known } = end
    if (status === "skipped") return `${input.id} is skipped`
    if (status === "failed" && known === null) return `${input.id} failed`
    return known?.incomplete === true && node.stage.kind === "whole" && !keepGoing
      ? `${input.id} is incomplete (--keep-going goes on with what there is)`
      : []
  })
