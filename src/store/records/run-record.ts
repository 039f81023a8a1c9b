/** Run records: one invocation, stored as its `run.json`. */
import type { Lost } from "../../pipeline/losses.ts"
import type { ProcessIdentity } from "../files/process-identity.ts"
import type { ItemFailure, NodeFailure } from "./manifest.ts"
import type { Accepted } from "./trace.ts"

export type NodeStatus = "executed" | "cached" | "failed" | "skipped"
export interface NodeRecord {
  readonly id: string
  readonly stage: string
  readonly status: NodeStatus
  readonly items: {
    readonly total: number | null
    readonly executed: number
    readonly cached: number
    readonly failed: number
  }
  /** the artifact's digest */
  readonly artifact: string | null
  /** key of the trace that gave the artifact */
  readonly key: string | null
  readonly bytes: number | null
  readonly seconds: number | null
  /** why it failed or was skipped */
  readonly error: string | null
  /** what to do about the error */
  readonly hint: string | null
  readonly failures: ReadonlyArray<ItemFailure>
  readonly incomplete: boolean
  readonly partial: ReadonlyArray<string>
  /** what it left out; absent if nothing, and in records of earlier versions */
  readonly losses?: ReadonlyArray<Lost>
  /** present only if its artifact was accepted and not computed under this key */
  readonly accepted?: Accepted
}
/**
 * As in records and `--json`: a node that failed as a whole appears among its failed items, under its own id.
 */
export const recordedFailures = (
  failure: NodeFailure | null,
  failures: ReadonlyArray<ItemFailure>
): NodeRecord["failures"] => (failure === null ? failures : [{ item: failure.node, error: failure.error }])

export interface Stopped {
  readonly reason: string
  readonly hint: string | null
}
export type RunStatus = "running" | "ok" | "failed" | "interrupted" | "planned"
export interface RunRecord {
  readonly format: 1
  readonly id: string
  readonly pipeline: string
  /** absolute path of the pipeline file */
  readonly file: string
  readonly params: Readonly<Record<string, unknown>>
  readonly status: RunStatus
  readonly started: string
  readonly finished: string | null
  /** why it was cut off, and what to do about that; absent in a run that finished */
  readonly stopped?: Stopped
  readonly version: string
  readonly pid: number
  /** identifies its process so that others can check on it; absent in records of earlier versions */
  readonly process?: ProcessIdentity
  readonly nodes: ReadonlyArray<NodeRecord>
  /** the run that has the views shown by this run, if it has none of its own */
  readonly views?: string
  /** the pipeline's outputs: node ids by name */
  readonly outputs: Readonly<Record<string, ReadonlyArray<string>>>
  /** the requested nodes, if they and their dependencies are not the whole pipeline; absent otherwise */
  readonly targets?: ReadonlyArray<string>
  /** a run that `diff --attribute` made, which displaces no other in `gc` */
  readonly mixture?: true
}

/** Whether the run made every output of its pipeline: nothing failed, no node was left out, and no source was limited. */
export const isCompleteRun = ({ status, targets, nodes }: RunRecord): boolean =>
  status === "ok" &&
  targets === undefined &&
  nodes.every(
    ({ artifact, incomplete, partial, failures }) =>
      artifact !== null && !incomplete && partial.length === 0 && failures.length === 0
  )
