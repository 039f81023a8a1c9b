/** Foretells what can be told of an artifact that is still to be made. */
import { familiesOfShard } from "../store/records/manifest.ts"
import { sharedKeyOf } from "../store/records/preimage.ts"
import { knownParams } from "./identity.ts"
import { itemPorts } from "./items.ts"
import { isKnownPort, preimageOf } from "./node-preimage.ts"
import { type NodePlan, partialOf } from "./node-plan.ts"
import type { ExpectedArtifact, KnownArtifact, Planning } from "./planning.ts"

const nothing: ReadonlyMap<string, ExpectedArtifact> = new Map()

/**
 * Its tensor families: all shards of an artifact have the same members. So a single finished item tells them, as long as everything that the
 * node's items share is unchanged: its code, its parameters, its whole inputs. The items themselves may be unknown.
 *
 * Null if nothing tells them.
 */
export function expectedArtifact(
  { node, items }: NodePlan,
  known: ReadonlyMap<string, KnownArtifact>,
  expected: ReadonlyMap<string, ExpectedArtifact>,
  { codeOf, identities, outside, store }: Planning
): ExpectedArtifact | null {
  if (node.stage.kind !== "itemwise") return null
  const ofItems = itemPorts(node)
  const shared = Object.entries(node.ports).filter(([name]) => !ofItems.includes(name))
  if (!shared.every(([, port]) => isKnownPort(port, known, nothing))) return null
  const params = knownParams(node, codeOf(node.stage).digest, outside, identities)
  if (params === null) return null
  const preimage = preimageOf({ ...node, ports: Object.fromEntries(shared) }, known, { codeOf }, params)
  const traces = store.itemTraces(node.stage.name, sharedKeyOf(preimage, []))
  const shard = traces.find((trace) => trace.shard !== null && trace.shard.rows > 0)?.shard ?? null
  if (shard === null) return null
  const inputs = node.inputs.flatMap(({ id }) => known.get(id) ?? expected.get(id) ?? [])
  const incomplete = (items?.failed.size ?? 0) > 0 || inputs.some((input) => input.incomplete)
  return { families: familiesOfShard(shard), partial: partialOf([], inputs), incomplete }
}
