/** Which items of a stale node's inputs are others than when it was last computed, and in which columns. */
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../pipeline/problem.ts"
import type { ItemIndex } from "../store/item-index.ts"
import type { Manifest } from "../store/manifest.ts"
import { joinedPorts } from "./items.ts"
import type { Known, Planning } from "./planning.ts"

export interface ItemChanges {
  readonly port: string
  /** the input node */
  readonly node: string
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly changed: ReadonlyArray<{ readonly item: string; readonly columns: ReadonlyArray<string> }>
}

/**
 * A port without changes is left out; so is one whose artifact of that time is gone. Reads sidecars, no data.
 */
export const itemChanges = (
  node: GraphNode,
  artifacts: ReadonlyMap<string, Known>,
  { previous, store }: Planning
): Effect.Effect<ReadonlyArray<ItemChanges>, Problem> =>
  Effect.gen(function* () {
    const trace = node.stage.kind === "itemwise" ? yield* previous(node) : null
    const run = trace === null ? null : yield* store.run(trace.run)
    const all: Array<ItemChanges> = []
    for (const port of run === null ? [] : joinedPorts(node)) {
      const { from, reads } = node.ports[port]!
      const input = from[0]!.id
      const digest = run!.nodes.find(({ id }) => id === input)?.artifact ?? null
      const before = digest === null ? null : yield* store.manifest(digest)
      const now = artifacts.get(input)?.manifest
      if (before === null || now === undefined || before.digest === now.digest) continue
      const { itemIndex } = yield* Effect.promise(() => import("../store/item-index.ts"))
      const [old, new_] = [yield* itemIndex(store, before), yield* itemIndex(store, now)]
      all.push({ port, node: input, ...compared(old, new_, columnsOf(now, Object.keys(reads))) })
    }
    return all.filter(({ added, removed, changed }) => added.length + removed.length + changed.length > 0)
  })

const columnsOf = ({ families }: Manifest, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.flatMap((name) => families[name]?.members.map((member) => `${name}/${member}`) ?? name)

function compared(before: ItemIndex, now: ItemIndex, columns: ReadonlyArray<string>) {
  const old = new Map(before.ids.map((id, i) => [id, i]))
  const fresh = new Set(now.ids)
  const changed = now.ids.flatMap((item, i) => {
    const at = old.get(item)
    if (at === undefined) return []
    const others = columns.filter(
      (column) => !sameDigest(digestOf(before, at, column), digestOf(now, i, column))
    )
    return others.length === 0 ? [] : [{ item, columns: others }]
  })
  return {
    added: now.ids.filter((id) => !old.has(id)),
    removed: before.ids.filter((id) => !fresh.has(id)),
    changed
  }
}

const bytes = 16
const digestOf = ({ sidecars, shard, item }: ItemIndex, i: number, column: string): Uint8Array | undefined =>
  sidecars[shard[i]!]!.digests[column]?.subarray(item[i]! * bytes, (item[i]! + 1) * bytes)
const sameDigest = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
