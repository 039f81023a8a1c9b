/** What planning is done with, and what it is about. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { CodePreimage } from "../store/records/preimage.ts"
import type { Store } from "../store/store.ts"
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
  readonly store: Store
  readonly outside: Outside
  readonly identities: Identities
  readonly codeOf: (stage: AnyStage) => CodePreimage
  /** the last trace of a node in this pipeline, for `why` */
  readonly previous: (node: GraphNode) => Trace | null
  readonly force: ReadonlySet<string>
  readonly retryFailed: boolean
  /** how what is not on this machine gets here; without it, a node that wants something is unknown */
  readonly fetching?: Fetching
}
