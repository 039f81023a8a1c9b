/** How a node ended: its line in the run's record, and what it made. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { Lost } from "../pipeline/losses.ts"
import type { ItemFailure, NodeFailure } from "../store/records/manifest.ts"
import type { Accepted } from "../store/records/trace.ts"
import type { Problem } from "../support/problem.ts"
import type { NodePlan } from "../plan/node-plan.ts"
import type { KnownArtifact } from "../plan/planning.ts"
import { type NodeRecord, recordedFailures } from "../store/records/run-record.ts"

/** The result of executing a node. */
export interface Executed {
  readonly known: KnownArtifact | null
  readonly failures: ReadonlyArray<ItemFailure>
  /** why the stage failed as a whole */
  readonly failure: NodeFailure | null
  /** what to do about the failure */
  readonly hint: string | null
  /** items computed now and those done before; a table counts as one */
  readonly executed: number
  readonly cached: number
  /** set if some of the items done before were accepted */
  readonly accepted?: Accepted
  /** what a source reported leaving out */
  readonly losses?: ReadonlyArray<Lost>
  /** whether a trace records it: a failure with an external cause is tried again by the next run */
  readonly isKept: boolean
}

/** `known` is what the node made, for the nodes that read it; null if it made nothing. */
export interface Outcome {
  readonly record: NodeRecord
  readonly known: KnownArtifact | null
}

/** A node that could not be planned: it fails, and the failure is not cached. */
export const refused = (node: GraphNode, { message, hint }: Problem): Outcome => ({
  record: {
    ...blank(node),
    status: "failed",
    items: { total: 1, executed: 0, cached: 0, failed: 1 },
    error: message,
    hint,
    failures: recordedFailures({ node: node.id, error: message }, [])
  },
  known: null
})

export const cached = (planned: NodePlan): Outcome => {
  const { known, failure, failures, node } = planned
  const total = known === null ? 1 : itemCount(node, known)
  const failed = failure === null ? failures.length : 1
  const { key, trace } = planned
  // one object literal: building it from parts is noticeably slower for 10,000 fresh nodes
  const record: NodeRecord = {
    id: node.id,
    stage: node.stage.name,
    status: planned.state === "failed" ? "failed" : "cached",
    items: { total, executed: 0, cached: total - failed, failed },
    artifact: known?.manifest.digest ?? null,
    key,
    bytes: known?.manifest.bytes ?? null,
    seconds: 0,
    error: failure?.error ?? null,
    hint: trace?.hint ?? null,
    failures: recordedFailures(failure, failures),
    incomplete: known?.incomplete ?? false,
    partial: known?.partial ?? []
  }
  const { losses, accepted } = trace ?? {}
  if (losses === undefined && accepted === undefined) return { record, known }
  return {
    record: {
      ...record,
      ...(losses === undefined ? {} : { losses }),
      ...(accepted === undefined ? {} : { accepted })
    },
    known
  }
}

/** Its items, failed ones included; a table counts as one. */
const itemCount = (node: GraphNode, { manifest }: KnownArtifact) =>
  node.form === "table" ? 1 : manifest.items + manifest.failed.length

export const skipped = (node: GraphNode, why: string): Outcome => ({
  record: { ...blank(node), status: "skipped", error: why },
  known: null
})
/** How an executed node ended. */
export function executedOutcome(planned: NodePlan, executed: Executed, seconds: number): Outcome {
  const { known, failure, failures, executed: count, cached: before, losses, accepted } = executed
  const isFailed = failure !== null || failures.length > 0
  const record: NodeRecord = {
    ...blank(planned.node),
    // if all items were done before, by another node or for another selection, nothing ran
    status: isFailed ? "failed" : count === 0 && before > 0 ? "cached" : "executed",
    items: {
      total: known === null ? 1 : itemCount(planned.node, known),
      executed: count,
      cached: before,
      failed: failure === null ? failures.length : 1
    },
    artifact: known?.manifest.digest ?? null,
    // a key without a trace cannot be the "before" of a later plan
    key: executed.isKept ? planned.key : null,
    bytes: known?.manifest.bytes ?? null,
    seconds,
    error: failure?.error ?? null,
    hint: executed.hint,
    failures: recordedFailures(failure, failures),
    incomplete: known?.incomplete ?? false,
    partial: known?.partial ?? [],
    ...(losses === undefined ? {} : { losses }),
    ...(accepted === undefined ? {} : { accepted })
  }
  return { record, known }
}

const blank = (node: GraphNode): NodeRecord => ({
  id: node.id,
  stage: node.stage.name,
  status: "skipped",
  items: { total: null, executed: 0, cached: 0, failed: 0 },
  artifact: null,
  key: null,
  bytes: null,
  seconds: null,
  error: null,
  hint: null,
  failures: [],
  incomplete: false,
  partial: []
})
