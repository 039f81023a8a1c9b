/**
 * Events: everything a run reports, as one union. The command line renders them and makes no decisions.
 */
import type { Problem } from "../support/problem.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import type { NodePlan } from "../plan/node-plan.ts"
import type { FailedNow } from "./task.ts"

export type RunEvent =
  /** The run starts: its record, with no node done. */
  | { readonly type: "run-started"; readonly run: RunRecord; readonly nodes: ReadonlyArray<string> }
  /** A node is not fresh and is being computed; `plan` says why. */
  | {
      readonly type: "node-started"
      readonly node: string
      readonly plan: NodePlan
      readonly items: number | null
    }
  /** Part of a node's work is done; the stage chooses the unit (items, fits). */
  | { readonly type: "node-progress"; readonly node: string; readonly done: number; readonly total: number }
  /** An item failed, and the others go on. */
  | { readonly type: "item-failed"; readonly node: string; readonly failure: FailedNow }
  /** A node failed as a whole; its record follows, and has only the message. */
  | { readonly type: "node-failed"; readonly node: string; readonly problem: Problem }
  /** A log message from a stage. */
  | { readonly type: "node-log"; readonly node: string; readonly message: string }
  /** A line that a stage or its native code wrote to stdout or stderr; null if the node is not known. */
  | { readonly type: "node-output"; readonly node: string | null; readonly line: string }
  /** A node is done: executed, cached, failed or skipped. */
  | { readonly type: "node-finished"; readonly record: NodeRecord }
  /** The run is over. */
  | { readonly type: "run-finished"; readonly run: RunRecord }

/** Takes events; must not throw. */
export type Emit = (event: RunEvent) => void
