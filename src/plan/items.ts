/** Sorts the items of an itemwise node into done, failed before, and left. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { ReadItemTrace } from "../store/records/item-trace.ts"
import type { ItemFailure } from "../store/records/manifest.ts"
import { type Preimage, sharedKeyOf } from "../store/records/preimage.ts"
import type { Accepted } from "../store/records/trace.ts"
import { DoneItems } from "./done-items.ts"
import { Bitset } from "./bitset.ts"
import { type JoinedPort, type KeyedItems, keyedItems } from "./item-keys.ts"
import type { MemberPort } from "./named-members.ts"
import { packedKeys, type PackedKeys } from "../store/records/packed-keys.ts"
import type { KnownArtifact, Planning } from "./planning.ts"

export interface ItemPlan extends KeyedItems {
  readonly shared: string
  readonly joined: ReadonlyArray<JoinedPort>
  readonly memberPorts: ReadonlyArray<MemberPort>
  /** by index into `ids` */
  readonly done: DoneItems
  readonly failed: ReadonlyMap<number, ItemFailure>
  /** indices of the items to compute */
  readonly left: Bitset
}

/** The names of the ports with a value per item, which enters the item's key and not what all items share. */
export const itemPorts = ({ ports }: GraphNode): ReadonlyArray<string> =>
  Object.entries(ports).flatMap(([name, { mode }]) =>
    mode === "each" || mode === "group" || mode === "member" ? [name] : []
  )

/** The digest of everything that all items of an itemwise node share, whatever is known of its joined ports. */
export function sharedKeyOfItems(node: GraphNode, preimage: Preimage): string {
  const joined = itemPorts(node)
  return sharedKeyOf(
    preimage,
    joined,
    joined.filter((name) => node.ports[name]!.optional === true)
  )
}

/** Looks up every item in the traces of its stage. Reads sidecars and traces, but no data. */
export async function planItems(
  node: GraphNode,
  preimage: Preimage,
  inputs: ReadonlyMap<string, KnownArtifact>,
  { store, force, retryFailed }: Pick<Planning, "store" | "force" | "retryFailed">
): Promise<ItemPlan> {
  const joined: Array<JoinedPort> = []
  const members: Array<MemberPort> = []
  for (const [name, { mode, reads, from, by }] of Object.entries(node.ports)) {
    const manifest = () => inputs.get(from[0]!.id)!.manifest
    if (mode === "each" || mode === "group") joined.push({ name, mode, reads, manifest: manifest() })
    if (mode === "member")
      members.push({
        name,
        node: from[0]!.id,
        family: Object.keys(reads)[0]!,
        by: by!,
        manifest: manifest()
      })
  }
  const shared = sharedKeyOfItems(node, preimage)
  const items = await keyedItems(store, joined, members)
  const traces = force.has(node.id) ? [] : store.itemTraces(node.stage.name, shared)
  const { done, errors } = lookUp(items.keys, traces)
  const failed = new Map<number, ItemFailure>()
  if (!retryFailed)
    for (const i of [...errors.keys()].sort((a, b) => a - b))
      if (!done.has(i)) failed.set(i, { item: items.ids.at(i), error: errors.get(i)! })
  const left = new Bitset(items.ids.length, (i) => !done.has(i) && !failed.has(i))
  return { ...items, shared, joined, memberPorts: members, done, failed, left }
}

/** Looks up items in traces. A shard that lost a file counts as absent. */
function lookUp(keys: PackedKeys, traces: ReadonlyArray<ReadItemTrace>) {
  const done = new DoneItems(keys.length)
  const errors = new Map<number, string>()
  if (traces.length === 0) return { done, errors }
  const indexOf = keys.index()
  for (const { shard, keys: its, failed, accepted } of traces) {
    if (shard !== null) {
      done.from(shard, accepted)
      for (let item = 0; item < shard.items; item++) {
        const i = indexOf(its, item)
        if (i >= 0) done.add(i, item)
      }
    }
    for (const { key, error } of failed) {
      const i = indexOf(packedKeys([key]), 0)
      if (i >= 0) errors.set(i, error)
    }
  }
  return { done, errors }
}

/** An artifact with accepted items is accepted itself, with the mark of one of them. */
export const acceptedItems = ({ done }: Pick<ItemPlan, "done">): { readonly accepted?: Accepted } => {
  const accepted = done.accepted()
  return accepted === undefined ? {} : { accepted }
}
