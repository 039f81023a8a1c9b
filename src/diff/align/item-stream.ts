/** The items of an artifact in its order, from the sidecars, with their digests: no rows are read. */
import type { Manifest } from "../../store/records/manifest.ts"
import { digestBytes } from "../../store/format/value-encoding.ts"
import { ItemWindows, type WindowColumn, windowItems } from "../../store/items/item-windows.ts"
import { SegmentList, segmentsOf } from "../../store/items/segments.ts"
import type { Store } from "../../store/store.ts"
import type { Keyed, KeyedStream } from "./join.ts"

export interface StreamedItem extends Keyed {
  /** the index of its shard in the manifest, its first row there, and how many it has */
  readonly shard: number
  readonly first: number
  readonly rows: number
  readonly digests: ReadonlyArray<Pick<WindowColumn, "digests" | "absent">>
  /** its index in those arrays */
  readonly k: number
}

/** `columns`: those whose digests are wanted, `family/member` for tensors. Throws StoreCorrupt as it is read. */
export function itemStream(
  store: Store,
  manifest: Manifest,
  columns: ReadonlyArray<string>
): KeyedStream<StreamedItem> {
  const { shards } = manifest
  const located = { shards, places: SegmentList.of(segmentsOf(manifest)) }
  const { length } = located.places
  return {
    length,
    async *chunks() {
      const size = windowItems([located], columns.length)
      const windows = new ItemWindows(store, located, columns, size)
      for (let from = 0; from < length; from += size) {
        const to = Math.min(length, from + size)
        const window = windows.read(from, to)
        const items: Array<StreamedItem> = []
        for (const piece of located.places.pieces(from, to))
          for (let at = piece.at; at < piece.at + piece.to - piece.from; at++) {
            const k = at - from
            items.push({
              key: window.texts[k]!.at(window.index[k]!),
              at,
              shard: piece.shard,
              first: window.first[k]!,
              rows: window.rows[k]!,
              digests: window.columns,
              k
            })
          }
        yield items
      }
    },
    keep: (item) => ({ ...item, digests: item.digests.map((column) => ofItem(column, item.k)), k: 0 })
  }
}

const ofItem = ({ digests, absent }: StreamedItem["digests"][number], k: number) => ({
  digests: digests.slice(k * digestBytes, (k + 1) * digestBytes),
  absent: absent?.[k] === 1 ? Uint8Array.of(1) : null
})

/** Whether two items have the same digest in column `c`; without rows they may have none. */
export function hasSameDigest(a: StreamedItem, b: StreamedItem, c: number): boolean {
  const [x, y] = [a.digests[c]!, b.digests[c]!]
  const [lacks, lacksToo] = [x.absent?.[a.k] === 1, y.absent?.[b.k] === 1]
  if (lacks || lacksToo) return a.rows === 0 && b.rows === 0
  for (let i = 0, p = a.k * digestBytes, q = b.k * digestBytes; i < digestBytes; i++)
    if (x.digests[p + i] !== y.digests[q + i]) return false
  return true
}
