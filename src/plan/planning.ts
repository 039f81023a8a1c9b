/** What planning is done with, and what it is about. */
import type * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../support/problem.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { CodePreimage } from "../store/records/preimage.ts"
import type { StoreCalls } from "../store/store.ts"
import type { Trace } from "../store/records/trace.ts"
import type { Identities } from "./identity.ts"
import type { Fetching, Outside } from "./world.ts"

/** An artifact, and what its trace says of it. */
export interface KnownArtifact {
  readonly manifest: Manifest
  readonly partial: ReadonlyArray<string>
  /** it, or something it was made from, lacks failed items */
  readonly incomplete: boolean
}
export interface Planning {
  readonly store: StoreCalls
  readonly outside: Outside
  readonly identities: Identities
  readonly codeOf: (stage: AnyStage) => CodePreimage
  /** the last trace of a node in this pipeline, for `why` */
  readonly previous: (node: GraphNode) => Effect.Effect<Trace | null, Problem>
  readonly force: ReadonlySet<string>
  readonly retryFailed: boolean
  /** how what is not on this machine gets here; without it, a node that wants something is unknown */
  readonly fetching?: Fetching
}
