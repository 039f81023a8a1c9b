/** Decides when a node's inputs stop it from being computed: the rule shared by runs and forecasts. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { NodeStatus } from "../store/records/run-record.ts"
import { type KnownArtifact } from "./planning.ts"

/** How an input ended, or would end; null if unknown. */
export interface InputEnd {
  readonly status: NodeStatus
  readonly known: KnownArtifact | null
}

/**
 * Why a node cannot be computed, one entry per input; empty if it can.
 *
 * Itemwise stages go on with the items that exist. A whole stage would draw conclusions from incomplete data,
 * so it goes on only if the user allows that.
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
      ? `${input.id} is incomplete (--keep-going continues without the failed items)`
      : []
  })
