/** The items of an artifact: ids in their order, where each lies, its rows, and its digests by column. */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import type { Manifest, Shard } from "./manifest.ts"
import { segmentsOf } from "./segments.ts"
import { decodeSidecar, type Sidecar } from "./sidecar.ts"
import { damaged } from "./store-error.ts"
import type { StoreCalls } from "./store.ts"

export interface ItemIndex {
  readonly ids: ReadonlyArray<string>
  /** of item i: the index of its shard in the manifest, and its own in the shard */
  readonly shard: Int32Array
  readonly item: Int32Array
  /** rows of item i */
  readonly rows: Int32Array
  /** of each shard; 16 bytes an item and column */
  readonly sidecars: ReadonlyArray<Sidecar>
}

export const readSidecar = (store: StoreCalls, shard: Shard): Effect.Effect<Sidecar, Problem> =>
  Effect.flatMap(store.readObject(shard.sidecar!), (bytes) =>
    Effect.try({
      try: () => decodeSidecar(bytes, store.objectPath(shard.sidecar!)),
      catch: (error) => damaged(error, store.root)
    })
  )

/** Reads the sidecars of an artifact of items: not its data. */
export const itemIndex = (store: StoreCalls, manifest: Manifest): Effect.Effect<ItemIndex, Problem> =>
  Effect.map(
    Effect.forEach(manifest.shards, (shard) => readSidecar(store, shard)),
    (sidecars) => {
      const ids: Array<string> = []
      const shard = new Int32Array(manifest.items)
      const item = new Int32Array(manifest.items)
      const rows = new Int32Array(manifest.items)
      for (const [s, from, to] of segmentsOf(manifest)) {
        const sidecar = sidecars[s]!
        for (let i = from; i < to; i++) {
          shard[ids.length] = s
          item[ids.length] = i
          rows[ids.length] = sidecar.rows[i]!
          ids.push(sidecar.items[i]!)
        }
      }
      return { ids, shard, item, rows, sidecars }
    }
  )
