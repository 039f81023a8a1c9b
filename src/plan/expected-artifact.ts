/** Foretells what can be told of an artifact that is still to be made. */
import type { GraphNode } from "../pipeline/graph.ts"
import { familiesOfShard, type Shard } from "../store/records/manifest.ts"
import { sharedKeyOf } from "../store/records/preimage.ts"
import { knownParams } from "./identity.ts"
import { itemPorts } from "./items.ts"
import { isKnownPort, preimageOf } from "./node-preimage.ts"
import { type NodePlan, partialOf } from "./node-plan.ts"
import type { ExpectedArtifact, KnownArtifact, Planning } from "./planning.ts"

const nothing: ReadonlyMap<string, ExpectedArtifact> = new Map()

/**
 * Its tensor families: all shards of an artifact have the same members. So the items that are done tell them. If the
 * items are unknown, all finished ones tell them that share the node's code, parameters and whole inputs.
 *
 * Null if no item tells them, or if items disagree: then their names come from values.
 */
export function expectedArtifact(
  { node, items }: NodePlan,
  known: ReadonlyMap<string, KnownArtifact>,
  expected: ReadonlyMap<string, ExpectedArtifact>,
  planning: Planning
): ExpectedArtifact | null {
  const shards = items === null ? finishedShards(node, known, planning) : items.done.shards()
  const [first, ...others] = shards.filter(({ rows }) => rows > 0)
  if (first === undefined || others.some((other) => namesOf(other) !== namesOf(first))) return null
  const inputs = node.inputs.flatMap(({ id }) => known.get(id) ?? expected.get(id) ?? [])
  const incomplete = (items?.failed.size ?? 0) > 0 || inputs.some((input) => input.incomplete)
  return { families: familiesOfShard(first), partial: partialOf([], inputs), incomplete }
}

const namesOf = ({ shapes }: Shard): string => JSON.stringify(Object.keys(shapes))

/** The shards that share everything with the node but the items. */
function finishedShards(
  node: GraphNode,
  known: ReadonlyMap<string, KnownArtifact>,
  { codeOf, identities, outside, store }: Planning
): ReadonlyArray<Shard> {
  if (node.stage.kind !== "itemwise") return []
  const ofItems = itemPorts(node)
  const shared = Object.entries(node.ports).filter(([name]) => !ofItems.includes(name))
  if (!shared.every(([, port]) => isKnownPort(port, known, nothing))) return []
  const params = knownParams(node, codeOf(node.stage).digest, outside, identities)
  if (params === null) return []
  const preimage = preimageOf({ ...node, ports: Object.fromEntries(shared) }, known, { codeOf }, params)
  return store
    .itemTraces(node.stage.name, sharedKeyOf(preimage, []))
    .flatMap(({ shard }) => (shard === null ? [] : [shard]))
}
