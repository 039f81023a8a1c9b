/** Forecasts what a run would do with each node, as far as a plan can tell without running. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { NodeStatus } from "../store/records/run-record.ts"
import { blockedBy } from "./blocked-by.ts"
import type { NodePlan } from "./node-plan.ts"

export interface Forecast {
  /** the status that the run's record would have */
  readonly status: NodeStatus
  /**
   * false below a node that would be executed: if that gives the same values, or the names of members that are expected
   * of it, this node stays as it is
   */
  readonly certain: boolean
  /** why it would be skipped, or fail before it is computed; null if it failed in an earlier run */
  readonly why: string | null
}

/** By node id. `plans` must have inputs first. */
export function forecast(plans: ReadonlyArray<NodePlan>, keepGoing: boolean): ReadonlyMap<string, Forecast> {
  const forecasts = new Map<string, Forecast>()
  const planned = new Map(plans.map((plan) => [plan.node.id, plan]))
  const wouldRun = ({ id }: GraphNode) => forecasts.get(id)?.status === "executed"
  for (const { node, state, cues } of plans) {
    const without = blockedBy(
      node,
      (input) => {
        const its = forecasts.get(input.id)
        return its === undefined ? null : { status: its.status, known: planned.get(input.id)!.known }
      },
      keepGoing
    )
    forecasts.set(
      node.id,
      without.length > 0
        ? { status: "skipped", certain: true, why: without.join(", ") }
        : state === "fresh"
          ? { status: "cached", certain: !node.inputs.some(wouldRun), why: null }
          : state === "failed"
            ? { status: "failed", certain: true, why: refusal(cues) }
            : { status: "executed", certain: state !== "unknown", why: null }
    )
  }
  return forecasts
}

const refusal = (cues: NodePlan["cues"]): string | null => {
  const refused = cues.find(({ cue }) => cue === "refused")
  return refused === undefined ? null : String(refused.before)
}
