/** How a node ended: its line of the run's record, and what it made. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../support/problem.ts"
import type { KnownArtifact, NodePlan } from "../plan/plan.ts"
import type { NodeRecord } from "../store/records/run-record.ts"

/** What a node made is for those that read it; null where it made nothing. */
export interface Outcome {
  readonly record: NodeRecord
  readonly known: KnownArtifact | null
}

/** A node that could not be planned: it fails, and nothing is remembered of that. */
export const refused = (node: GraphNode, { message, hint }: Problem): Outcome => ({
  record: {
    ...blank(node),
    status: "failed",
    items: { total: 1, executed: 0, cached: 0, failed: 1 },
    error: message,
    hint,
    failures: [{ item: node.id, error: message }]
  },
  known: null
})

export const cached = (planned: NodePlan): Outcome => {
  const { known, failures, node } = planned
  const total = known === null ? 1 : itemCount(node, known)
  const { key, trace } = planned
  // in one piece: putting it together of parts is felt where 10,000 nodes are fresh
  const record: NodeRecord = {
    id: node.id,
    stage: node.stage.name,
    status: planned.state === "failed" ? "failed" : "cached",
    items: { total, executed: 0, cached: total - failures.length, failed: failures.length },
    artifact: known?.manifest.digest ?? null,
    key,
    bytes: known?.manifest.bytes ?? null,
    seconds: 0,
    error: known === null ? (failures[0]?.error ?? null) : null,
    hint: trace?.hint ?? null,
    failures,
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

/** Items of an itemwise node or a source of items, failed ones included; a whole stage counts as one. */
export const itemCount = (node: GraphNode, { manifest }: KnownArtifact) =>
  node.form === "table" ? 1 : manifest.items + manifest.failed.length

export const skipped = (node: GraphNode, why: string): Outcome => ({
  record: { ...blank(node), status: "skipped", error: why },
  known: null
})
export const made = (planned: NodePlan, known: KnownArtifact | null) => ({
  artifact: known?.manifest.digest ?? null,
  key: planned.key,
  bytes: known?.manifest.bytes ?? null,
  incomplete: known?.incomplete ?? false,
  partial: known?.partial ?? []
})
export const blank = (node: GraphNode): NodeRecord => ({
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
