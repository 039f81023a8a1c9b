/** Predicts the tensor families of an artifact that does not exist yet. */
import type { GraphNode } from "../pipeline/graph.ts"
import { familiesOfShard, type Shard } from "../store/records/manifest.ts"
import { knownParams } from "./identity.ts"
import { itemPorts, sharedKeyOfItems } from "./items.ts"
import { isKnownPort, preimageOf } from "./node-preimage.ts"
import { type NodePlan, partialOf } from "./node-plan.ts"
import type { ExpectedArtifact, KnownArtifact, Planning } from "./planning.ts"

const nothing: ReadonlyMap<string, ExpectedArtifact> = new Map()

/**
 * All shards of an artifact have the same members, so the finished items reveal them. If the items are unknown, any
 * finished item with the same code, parameters and whole inputs will do.
 *
 * Null if there is none, or if they disagree: then names depend on values.
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

/** The shards of items with the same code, parameters and whole inputs. */
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
    .itemTraces(node.stage.name, sharedKeyOfItems(node, preimage))
    .flatMap(({ shard }) => (shard === null ? [] : [shard]))
}
