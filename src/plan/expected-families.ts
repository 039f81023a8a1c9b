/** Foretells the tensor families of an artifact that is still to be made. */
import type { GraphNode } from "../pipeline/graph.ts"
import { familiesOfShard, type Manifest } from "../store/records/manifest.ts"
import { sharedKeyOf } from "../store/records/preimage.ts"
import { knownParams } from "./identity.ts"
import { itemPorts } from "./items.ts"
import { isKnownPort, preimageOf } from "./node-preimage.ts"
import type { KnownArtifact, Planning } from "./planning.ts"

const nothing: ReadonlyMap<string, Manifest["families"]> = new Map()

/**
 * All shards of an artifact have the same members. So a single finished item tells them, as long as everything that the
 * node's items share is unchanged: its code, its parameters, its whole inputs. The items themselves may be unknown.
 *
 * Null if nothing tells them.
 */
export function expectedFamilies(
  node: GraphNode,
  known: ReadonlyMap<string, KnownArtifact>,
  { codeOf, identities, outside, store }: Planning
): Manifest["families"] | null {
  if (node.stage.kind !== "itemwise") return null
  const ofItems = itemPorts(node)
  const shared = Object.entries(node.ports).filter(([name]) => !ofItems.includes(name))
  if (!shared.every(([, port]) => isKnownPort(port, known, nothing))) return null
  const params = knownParams(node, codeOf(node.stage).digest, outside, identities)
  if (params === null) return null
  const preimage = preimageOf({ ...node, ports: Object.fromEntries(shared) }, known, { codeOf }, params)
  for (const { shard } of store.itemTraces(node.stage.name, sharedKeyOf(preimage, [])))
    if (shard !== null && shard.rows > 0) return familiesOfShard(shard)
  return null
}
