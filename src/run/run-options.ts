import type * as Semaphore from "effect/Semaphore"
/** The options of a run. */
import type * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { Planning } from "../plan/planning.ts"
import type { NodeRecord, RunRecord, Stopped } from "../store/records/run-record.ts"
import type { Host } from "../store/records/trace.ts"
import type { Labels } from "../store/runs/labels.ts"
import type { Emit } from "./events.ts"
import type { Executor } from "./task.ts"

export interface RunOptions {
  readonly pipeline: string
  /** absolute path of the pipeline file */
  readonly file: string
  readonly params: Readonly<Record<string, unknown>>
  /** the nodes to bring up to date, inputs first */
  readonly nodes: ReadonlyArray<GraphNode>
  readonly outputs: RunRecord["outputs"]
  /** ids of the requested nodes, if these are not all of the pipeline's */
  readonly targets?: ReadonlyArray<string>
  /** see `RunRecord` */
  readonly mixture?: true
  /** what the user calls the run */
  readonly labels?: Labels
  readonly planning: Planning
  readonly executor: Executor
  readonly addressOf: (stage: AnyStage) => StageAddress | null
  readonly keepGoing: boolean
  /** false: fail with StoreLocked if another run is working on a node, instead of waiting */
  readonly lockWait: boolean
  readonly emit: Emit
  readonly id: string
  readonly now: () => Date
  readonly version: string
  readonly host: Host
  /** why the run is being interrupted, for its record; null if unknown */
  readonly stopped?: () => Stopped | null
  /** Adds to the records of finished nodes what their stages report leaving out. */
  readonly withLosses?: (
    nodes: ReadonlyArray<NodeRecord>
  ) => Effect.Effect<ReadonlyArray<NodeRecord>, Problem>
}

export type Executing = RunOptions & { readonly permits: Semaphore.Semaphore }
