/** Run records: one invocation, as its `run.json`. */
import type { FailedItem } from "./manifest.ts"

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
  readonly failures: ReadonlyArray<FailedItem>
  readonly incomplete: boolean
  readonly partial: ReadonlyArray<string>
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
  readonly version: string
  readonly pid: number
  readonly nodes: ReadonlyArray<NodeRecord>
  /** the pipeline's outputs: node ids by name */
  readonly outputs: Readonly<Record<string, ReadonlyArray<string>>>
}
