/** Run records: one invocation, as its `run.json`. */
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
  /** the trace that gave it */
  readonly key: string | null
  readonly bytes: number | null
  readonly seconds: number | null
  /** why it failed or was skipped */
  readonly error: string | null
  /** what to do about that */
  readonly hint: string | null
  readonly failures: ReadonlyArray<ItemFailure>
  readonly incomplete: boolean
  readonly partial: ReadonlyArray<string>
  /** what it left out; absent where that is nothing, and in records of earlier versions */
  readonly losses?: ReadonlyArray<Lost>
  /** absent, but where its artifact was accepted and not computed under this key */
  readonly accepted?: Accepted
}
/** As records have it, and `--json`: a node that failed as a whole stands among its failed items, under its own id. */
export const recordedFailures = (
  failure: NodeFailure | null,
  failures: ReadonlyArray<ItemFailure>
): NodeRecord["failures"] => (failure === null ? failures : [{ item: failure.node, error: failure.error }])

/** The items of a node that failed. */
export const itemFailures = ({ id, artifact, failures }: NodeRecord): ReadonlyArray<ItemFailure> =>
  artifact === null ? failures.filter(({ item }) => item !== id) : failures

export interface Stopped {
  readonly reason: string
  readonly hint: string | null
}
export type RunStatus = "running" | "ok" | "failed" | "interrupted" | "planned"
export interface RunRecord {
  readonly format: 1
  readonly id: string
  readonly pipeline: string
  /** the pipeline file, absolute */
  readonly file: string
  readonly params: Readonly<Record<string, unknown>>
  readonly status: RunStatus
  readonly started: string
  readonly finished: string | null
  /** why it was cut off before its end, and what to do about that; absent in a run that came to its end */
  readonly stopped?: Stopped
  readonly version: string
  readonly pid: number
  /** which process it is, in words that another can check; absent in records of earlier versions */
  readonly process?: ProcessIdentity
  readonly nodes: ReadonlyArray<NodeRecord>
  /** the run whose views this run shows, where it has none of its own */
  readonly views?: string
  /** the pipeline's outputs: node ids by name */
  readonly outputs: Readonly<Record<string, ReadonlyArray<string>>>
  /** the nodes that were asked for, which with what they need are not all; absent where all were */
  readonly targets?: ReadonlyArray<string>
}
