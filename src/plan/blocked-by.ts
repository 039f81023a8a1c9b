/** Decides when a node's inputs stop it from being computed: the rule shared by runs and forecasts. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { PortMode } from "../pipeline/ports.ts"
import type { NodeStatus } from "../store/records/run-record.ts"
import { type KnownArtifact } from "./planning.ts"

/** How an input ended, or would end; null if unknown. */
export interface InputEnd {
  readonly status: NodeStatus
  readonly known: KnownArtifact | null
}

/** Ports that read an artifact as a whole: an incomplete one would give a result from only part of the data. */
const readsAll: ReadonlySet<PortMode> = new Set(["whole", "many", "member"])

/**
 * Why a node cannot be computed, one entry per input; empty if it can.
 *
 * An incomplete input stops a node that reads it as a whole, unless the user allows that. A port that is joined by
 * item goes on with the items that exist.
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
    return known?.incomplete === true && !keepGoing && readsWhole(node, input)
      ? `${input.id} is incomplete (--keep-going continues without the failed items)`
      : []
  })

const readsWhole = ({ ports }: GraphNode, input: GraphNode): boolean =>
  Object.values(ports).some(({ mode, from }) => readsAll.has(mode) && from.includes(input))
