/**
 * Keys of items: what the outcome of one item depends on, beside what all items of its stage share.
 *
 * An item's key is of its id, since a stage may draw by it, and of the digests of its values in the columns that the
 * joined ports read. So a scene's captions are in no key of a stage that does not read them.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import type { Columns } from "../pipeline/columns.ts"
import type { Problem } from "../pipeline/problem.ts"
import type { Manifest } from "../store/manifest.ts"
import type { Place } from "../store/segments.ts"
import type { StoreCalls } from "../store/store.ts"

/** A port that is joined by item id, with what it is fed from. */
export interface JoinedPort {
  readonly name: string
  readonly reads: Columns
  readonly manifest: Manifest
}
export interface KeyedItems {
  readonly ids: ReadonlyArray<string>
  /** 16 bytes in hexadecimal, of each id */
  readonly keys: ReadonlyArray<string>
  /** where item i lies in each port, in the ports' order */
  readonly places: (item: number) => ReadonlyArray<Place>
}
const keyBytes = 16

/**
 * The items that all ports have, in the first port's order. One that a port lacks, because it failed there, is left
 * out: what failed above is counted there, once.
 */
export const keyedItems = (
  store: StoreCalls,
  ports: ReadonlyArray<JoinedPort>
): Effect.Effect<KeyedItems, Problem> =>
  Effect.gen(function* () {
    // sidecars are Arrow files, which a plan in which all is fresh does not open
    const { itemIndex } = yield* Effect.promise(() => import("../store/item-index.ts"))
    const indexes = yield* Effect.forEach(ports, ({ manifest }) => itemIndex(store, manifest))
    const [first, ...others] = indexes
    if (first === undefined) return { ids: [], keys: [], places: () => [] }
    const positions = others.map(({ ids }) => new Map(ids.map((id, i) => [id, i])))
    const ids: Array<string> = []
    const at: Array<ReadonlyArray<number>> = []
    first.ids.forEach((id, i) => {
      const there = positions.map((of) => of.get(id))
      if (there.includes(undefined)) return
      ids.push(id)
      at.push([i, ...(there as Array<number>)])
    })
    const columns = ports.map(columnsOf)
    const keys = ids.map((id, k) => {
      const hash = createHash("sha256").update(`${Buffer.byteLength(id)}:${id}`)
      at[k]!.forEach((i, p) => {
        const { shard, item } = indexes[p]!
        for (const name of columns[p]!) {
          const digests = indexes[p]!.sidecars[shard[i]!]!.digests[name]
          // an item of a shard without rows has no members: its absence is told apart by the name
          hash.update(name)
          if (digests !== undefined)
            hash.update(digests.subarray(item[i]! * keyBytes, (item[i]! + 1) * keyBytes))
        }
      })
      return hash.digest("hex").slice(0, keyBytes * 2)
    })
    const places = (k: number) => at[k]!.map((i, p): Place => [indexes[p]!.shard[i]!, indexes[p]!.item[i]!])
    return { ids, keys, places }
  })

/** The digested columns that a port reads, members of its families one by one, sorted. */
const columnsOf = ({ reads, manifest }: JoinedPort): ReadonlyArray<string> =>
  Object.keys(reads)
    .flatMap((column) => {
      const family = manifest.families[column]
      return family === undefined ? [column] : family.members.map((member) => `${column}/${member}`)
    })
    .sort()
