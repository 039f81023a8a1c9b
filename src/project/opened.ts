/** What a command sees of a pipeline file that was opened. */
import type { Graph } from "../pipeline/graph.ts"
import type { Params } from "../pipeline/params.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { Planning } from "../plan/plan.ts"

export interface Opened {
  /** the pipeline's name */
  readonly name: string
  /** the pipeline file, absolute */
  readonly file: string
  /** the folder that it lies in */
  readonly folder: string
  /** the pipeline's parameters */
  readonly declared: Params
  /** and their values */
  readonly params: Readonly<Record<string, unknown>>
  readonly graph: Graph
  readonly planning: Planning
  readonly addressOf: (stage: AnyStage) => StageAddress | null
}

export interface OpenOptions {
  /** `key=value`, of the pipeline's parameters */
  readonly set: ReadonlyArray<string>
  /** the store's folder */
  readonly store: string
  /** ids of nodes that are stale whatever their key */
  readonly force: ReadonlyArray<string>
  readonly retryFailed: boolean
}
