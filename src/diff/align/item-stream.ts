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
  /** its index in the window, and the window's columns; null in a copy */
  readonly k: number
  readonly window: ReadonlyArray<WindowColumn> | null
  /** in a copy: for each column whether it has a digest, and the digest */
  readonly kept: Uint8Array | null
}

/** Bytes of a copy of an item. */
const keptBytes = digestBytes + 1
/** About how much memory a copy takes, with its place in a map. */
export const bytesPerCopy = (columns: number): number => 400 + columns * keptBytes

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
              k,
              window: window.columns,
              kept: null
            })
          }
        yield items
      }
    },
    keep: (item) => ({ ...item, window: null, kept: copyOf(item) })
  }
}

function copyOf({ window, kept, k }: StreamedItem): Uint8Array {
  if (window === null) return kept!
  const bytes = new Uint8Array(window.length * keptBytes)
  window.forEach(({ digests, absent }, c) => {
    if (absent?.[k] === 1) return
    bytes[c * keptBytes] = 1
    bytes.set(digests.subarray(k * digestBytes, (k + 1) * digestBytes), c * keptBytes + 1)
  })
  return bytes
}

const hasDigest = ({ window, kept, k }: StreamedItem, c: number): boolean =>
  window === null ? kept![c * keptBytes] === 1 : window[c]!.absent?.[k] !== 1

/** Whether two items have the same digest in column `c`; without rows they may have none. */
export function hasSameDigest(a: StreamedItem, b: StreamedItem, c: number): boolean {
  if (!hasDigest(a, c) || !hasDigest(b, c)) return a.rows === 0 && b.rows === 0
  const x = a.window === null ? a.kept! : a.window[c]!.digests
  const y = b.window === null ? b.kept! : b.window[c]!.digests
  const p = a.window === null ? c * keptBytes + 1 : a.k * digestBytes
  const q = b.window === null ? c * keptBytes + 1 : b.k * digestBytes
  for (let i = 0; i < digestBytes; i++) if (x[p + i] !== y[q + i]) return false
  return true
}
