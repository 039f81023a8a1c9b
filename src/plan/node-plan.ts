/** The plan of a node: its state, the reasons, and its artifact if it has one. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { TraceOutcome } from "../store/fresh/fresh-index.ts"
import type { ItemFailure, Manifest, NodeFailure } from "../store/records/manifest.ts"
import type { Preimage } from "../store/records/preimage.ts"
import type { Accepted } from "../store/records/trace.ts"
import type { Problem } from "../support/problem.ts"
import type { Cue } from "./cue.ts"
import type { ItemPlan } from "./items.ts"
import type { Inherited, KnownArtifact } from "./planning.ts"

export type State = "fresh" | "stale" | "missing" | "failed" | "unknown"
export interface NodePlan {
  readonly node: GraphNode
  readonly state: State
  /** null while an input's artifact is unknown */
  readonly preimage: Preimage | null
  readonly key: string | null
  /** the trace that matches the key */
  readonly trace: TraceOutcome | null
  /** the artifact, if the state is fresh, or failed for some items only */
  readonly known: KnownArtifact | null
  readonly cues: ReadonlyArray<Cue>
  /** for a stale itemwise node: the items that are done, and those that are left */
  readonly items: ItemPlan | null
  /** items that are known to have failed */
  readonly failures: ReadonlyArray<ItemFailure>
  /** why the node failed as a whole */
  readonly failure: NodeFailure | null
  /** the problem that prevented planning */
  readonly refusal: Problem | null
}

type Filled = Pick<NodePlan, "state" | "cues"> & Partial<NodePlan>
/** Makes a plan; fields left out are unknown. */
export const planOf = (node: GraphNode, filled: Filled): NodePlan => ({
  node,
  preimage: null,
  key: null,
  trace: null,
  known: null,
  items: null,
  failures: [],
  failure: null,
  refusal: null,
  ...filled
})

/** An artifact made from a partial one is partial. */
export function partialOf(own: ReadonlyArray<string>, inputs: Iterable<Inherited>): ReadonlyArray<string> {
  const all = new Set(own)
  for (const { partial } of inputs) for (const why of partial) all.add(why)
  return all.size === own.length ? own : [...all]
}

/** An artifact with the facts from its trace and inputs. */
export function knownOf(
  manifest: Manifest,
  { partial }: Pick<TraceOutcome, "partial">,
  inputs: ReadonlyArray<Inherited>
): KnownArtifact {
  const incomplete = manifest.failed.length > 0 || inputs.some((input) => input.incomplete)
  return { manifest, partial: partialOf(partial, inputs), incomplete }
}

/** Since when it is fresh, and which run or acceptance made it so. */
export const freshCues = ({ run, at, accepted }: TraceOutcome): ReadonlyArray<Cue> => [
  { cue: "fresh", path: run, before: at, after: null },
  ...acceptedCues(accepted)
]
export const acceptedCues = (accepted: Accepted | undefined): ReadonlyArray<Cue> =>
  accepted === undefined
    ? []
    : [{ cue: "accepted", path: accepted.run, before: accepted.key, after: accepted.at }]
