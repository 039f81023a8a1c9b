/**
 * Loads all items of an artifact at once: ids in order, the position of each, its rows, and its digests by
 * column.
 *
 * For commands that look items up. A run needs memory independent of the number of items and uses
 * `item-windows.ts`.
 */
import type { Manifest, ItemId } from "../records/manifest.ts"
import { segmentsOf } from "./segments.ts"
import { type Sidecar, readSidecar } from "./sidecar.ts"
import type { Store } from "../store.ts"

export interface ItemIndex {
  readonly ids: ReadonlyArray<ItemId>
  /** of item i: the index of its shard in the manifest, and its index in the shard */
  readonly shard: Int32Array
  readonly itemIndex: Int32Array
  /** number of rows of item i */
  readonly rows: Int32Array
  /** one per shard; 16 bytes per item and column */
  readonly sidecars: ReadonlyArray<Sidecar>
}

/** Reads the sidecars of an artifact with items, but not its data. */
export function readItemIndex(store: Store, manifest: Manifest): ItemIndex {
  const sidecars = manifest.shards.map((shard) => readSidecar(store, shard))
  const texts = sidecars.map(({ items }) => items.strings())
  const ids: Array<string> = []
  const shard = new Int32Array(manifest.items)
  const itemIndex = new Int32Array(manifest.items)
  const rows = new Int32Array(manifest.items)
  for (const [s, from, to] of segmentsOf(manifest))
    for (let i = from; i < to; i++) {
      shard[ids.length] = s
      itemIndex[ids.length] = i
      rows[ids.length] = sidecars[s]!.rows[i]!
      ids.push(texts[s]![i]!)
    }
  return { ids, shard, itemIndex, rows, sidecars }
}
