/** Which items of an itemwise node are done, which failed before, and which are left. */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import type { FailedItem, Shard } from "../store/manifest.ts"
import { type Preimage, sharedKeyOf } from "../store/preimage.ts"
import type { StoreCalls } from "../store/store.ts"
import type { Accepted } from "../store/trace.ts"
import { type JoinedPort, type KeyedItems, keyedItems } from "./item-keys.ts"
import type { Known, Planning } from "./planning.ts"

/** An item that was computed before: its shard, and its index there. */
export interface DoneItem {
  readonly shard: Shard
  readonly item: number
  /** absent where the stage itself has computed it under this key */
  readonly accepted?: Accepted
}
export interface ItemPlan extends KeyedItems {
  readonly shared: string
  readonly joined: ReadonlyArray<JoinedPort>
  /** by index into `ids` */
  readonly done: ReadonlyMap<number, DoneItem>
  readonly failed: ReadonlyMap<number, FailedItem>
  /** indices that have to be computed */
  readonly left: ReadonlyArray<number>
}

/** The names of the ports that are joined by item. */
export const joinedPorts = ({ ports }: GraphNode): ReadonlyArray<string> =>
  Object.entries(ports).flatMap(([name, { take }]) => (take === "each" || take === "group" ? [name] : []))

/** Looks every item up in the traces of its stage. Reads sidecars and traces, no data. */
export const planItems = (
  node: GraphNode,
  preimage: Preimage,
  inputs: ReadonlyMap<string, Known>,
  { store, force, retryFailed }: Pick<Planning, "store" | "force" | "retryFailed">
): Effect.Effect<ItemPlan, Problem> =>
  Effect.gen(function* () {
    const joined = joinedPorts(node).map((name) => {
      const { reads, from } = node.ports[name]!
      return { name, reads, manifest: inputs.get(from[0]!.id)!.manifest }
    })
    const shared = sharedKeyOf(preimage, joinedPorts(node))
    const items = yield* keyedItems(store, joined)
    const isForced = force.has(node.id)
    const known = isForced ? none : yield* lookUp(store, node.stage.name, shared)
    const done = new Map<number, DoneItem>()
    const failed = new Map<number, FailedItem>()
    const left: Array<number> = []
    items.keys.forEach((key, i) => {
      const found = known.done.get(key)
      const error = known.failed.get(key)
      if (found !== undefined) done.set(i, found)
      else if (error !== undefined && !retryFailed) failed.set(i, { item: items.ids[i]!, error })
      else left.push(i)
    })
    return { ...items, shared, joined, done, failed, left }
  })

interface Looked {
  readonly done: ReadonlyMap<string, DoneItem>
  readonly failed: ReadonlyMap<string, string>
}
const none: Looked = { done: new Map(), failed: new Map() }

/** An artifact with items that were accepted is accepted itself: the mark of one of them. */
export const acceptedItems = ({ done }: Pick<ItemPlan, "done">): { readonly accepted?: Accepted } => {
  for (const { accepted } of done.values()) if (accepted !== undefined) return { accepted }
  return {}
}

/** All that is known of a stage's items. A shard that lost a file is as good as absent. */
const lookUp = (store: StoreCalls, stage: string, shared: string): Effect.Effect<Looked, Problem> =>
  Effect.map(store.itemTraces(stage, shared), (traces) => {
    const done = new Map<string, DoneItem>()
    const failed = new Map<string, string>()
    for (const { shard, keys, failed: failures, accepted } of traces) {
      const mark = accepted === undefined ? {} : { accepted }
      if (shard !== null) keys.forEach((key, item) => done.set(key, { shard, item, ...mark }))
      for (const { key, error } of failures) failed.set(key, error)
    }
    return { done, failed }
  })
