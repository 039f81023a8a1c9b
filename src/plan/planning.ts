/** The context and the subject of planning. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { CodePreimage } from "../store/records/preimage.ts"
import type { Store } from "../store/store.ts"
import type { Trace } from "../store/records/trace.ts"
import type { Identities } from "./identity.ts"
import type { Fetching, Outside } from "./world.ts"

/** Facts about an artifact that pass on to those made from it. */
export interface Inherited {
  readonly partial: ReadonlyArray<string>
  /** the artifact, or one that it was made from, omits failed items */
  readonly incomplete: boolean
}
/** An artifact, with facts from its trace. */
export interface KnownArtifact extends Inherited {
  readonly manifest: Manifest
}
/** An artifact that does not exist yet, as predicted from finished items. */
export interface ExpectedArtifact extends Inherited {
  readonly families: Manifest["families"]
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
  /** downloads what is not on this machine; without it, a node that needs a download is unknown */
  readonly fetching?: Fetching
}
