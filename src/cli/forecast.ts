/**
 * What a run would do with each node, as far as a plan can know: the rules of `bringUpToDate` in `run/run.ts`,
 * without running.
 */
import { inputNodes, type NodePlan } from "../plan/plan.ts"
import type { NodeStatus } from "../store/run-record.ts"

export interface Forecast {
  /** as the run's record would have it */
  readonly status: NodeStatus
  /** false below a node that would be executed: if that gives the same values, this one stays as it is */
  readonly certain: boolean
  /** why it would be skipped */
  readonly why: string | null
}

/** By node id. `plans` has the inputs first. */
export function forecast(plans: ReadonlyArray<NodePlan>, keepGoing: boolean): ReadonlyMap<string, Forecast> {
  const forecasts = new Map<string, Forecast>()
  const planned = new Map(plans.map((plan) => [plan.node.id, plan]))
  for (const { node, state } of plans) {
    const lacking = inputNodes(node).flatMap((input) => {
      const its = forecasts.get(input.id)
      const known = planned.get(input.id)?.known ?? null
      if (its?.status === "skipped") return `${input.id} would be skipped`
      if (its?.status === "failed" && known === null) return `${input.id} failed`
      return known !== null && known.incomplete && node.stage.kind === "whole" && !keepGoing
        ? `${input.id} is incomplete (--keep-going goes on with what there is)`
        : []
    })
    forecasts.set(
      node.id,
      lacking.length > 0
        ? { status: "skipped", certain: true, why: lacking.join(", ") }
        : state === "fresh"
          ? { status: "cached", certain: true, why: null }
          : state === "failed"
            ? { status: "failed", certain: true, why: null }
            : { status: "executed", certain: state !== "unknown", why: null }
    )
  }
  return forecasts
}
