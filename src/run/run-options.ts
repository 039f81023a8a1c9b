import type * as Semaphore from "effect/Semaphore"
/** What a run is told. */
import type * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { Planning } from "../plan/planning.ts"
import type { NodeRecord, RunRecord, Stopped } from "../store/records/run-record.ts"
import type { Host } from "../store/records/trace.ts"
import type { Emit } from "./events.ts"
import type { Executor } from "./task.ts"

export interface RunOptions {
  readonly pipeline: string
  /** the pipeline file, absolute */
  readonly file: string
  readonly params: Readonly<Record<string, unknown>>
  /** inputs first; all that is to be brought up to date */
  readonly nodes: ReadonlyArray<GraphNode>
  readonly outputs: RunRecord["outputs"]
  /** ids of the nodes that were asked for, where these are not all of the pipeline's */
  readonly targets?: ReadonlyArray<string>
  readonly planning: Planning
  readonly executor: Executor
  readonly addressOf: (stage: AnyStage) => StageAddress | null
  readonly keepGoing: boolean
  /** false: fail with StoreLocked where another run is at a node's work, rather than wait for it */
  readonly lockWait: boolean
  readonly emit: Emit
  readonly id: string
  readonly now: () => Date
  readonly version: string
  readonly host: Host
  /** why the run is being interrupted, for its record; null where whoever interrupts it does not say */
  readonly stopped?: () => Stopped | null
  /** The records of nodes that have ended, with what their stages say that they left out. */
  readonly withLosses?: (
    nodes: ReadonlyArray<NodeRecord>
  ) => Effect.Effect<ReadonlyArray<NodeRecord>, Problem>
}

export type Executing = RunOptions & { readonly permits: Semaphore.Semaphore }
