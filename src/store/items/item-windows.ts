/**
 * Reads an artifact's items from the sidecars, window by window, in the artifact's order.
 *
 * Reading all at once would make memory grow with the items; reading one by one would read a sidecar for
 * every item if the items are scattered over shards. Each window reads each of its sidecars once.
 */
import { own } from "../../support/own.ts"
import type { Shard } from "../records/manifest.ts"
import { type Piece, rowOffsets, type SegmentList } from "./segments.ts"
import { type Sidecar, readSidecar } from "./sidecar.ts"
import type { Store } from "../store.ts"
import type { StringArray } from "../format/string-array.ts"
import { digestBytes } from "../format/value-encoding.ts"

/** Where items are: their shards, and each item's place in them, in order. */
export interface Located {
  readonly shards: ReadonlyArray<Shard>
  readonly places: SegmentList
}

/** Items per window if shards are used one after another. */
const usualItems = 2 ** 14
/**
 * If items are scattered, every window reads most sidecars, so windows are few and large: at most this many
 * items and bytes of digests.
 */
const mostItems = 2 ** 17
const mostBytes = 2 ** 23
/** Items per window for artifacts that are read side by side, with this many columns per item. */
export function windowItems(located: ReadonlyArray<Located>, columns: number): number {
  const isScattered = located.some(({ shards, places }) => places.segmentCount > 2 * shards.length)
  const fitting = Math.ceil(mostBytes / digestBytes / Math.max(1, columns))
  return Math.min(isScattered ? mostItems : usualItems, fitting)
}

/** Items `from` … `to − 1`; item k of the window is item `from + k`. The next window reuses its memory. */
export interface ItemWindow {
  readonly from: number
  readonly to: number
  /** the id of item k is text `index[k]` of `texts[k]` */
  readonly texts: ReadonlyArray<StringArray>
  readonly index: Int32Array
  /** number of rows of each item */
  readonly rows: Int32Array
  /** index of each item's first row in its shard */
  readonly first: Int32Array
  readonly columns: ReadonlyArray<WindowColumn>
}
export interface WindowColumn {
  readonly name: string
  /** 16 bytes per item */
  readonly digests: Uint8Array
  /** 1 if an item has none: a member of a tensor family in a shard without rows. Null if all have one. */
  readonly absent: Uint8Array | null
}

interface ReadShard extends Sidecar {
  readonly shard: number
  readonly offsets: Int32Array
}

export class ItemWindows {
  readonly #store: Store
  readonly #located: Located
  readonly #names: ReadonlyArray<string>
  readonly #digests: ReadonlyArray<Uint8Array>
  readonly #texts: Array<StringArray> = []
  readonly #index: Int32Array
  readonly #rows: Int32Array
  readonly #first: Int32Array
  /** the last sidecar read: most artifacts use a shard's items one after another */
  #last: ReadShard | null = null

  /**
   * `size`: the most items per window; `columns`: the columns to read digests of (`family/member` for
   * tensors).
   */
  constructor(store: Store, located: Located, columns: ReadonlyArray<string>, size: number) {
    const items = Math.min(size, located.places.length)
    this.#store = store
    this.#located = located
    this.#names = columns
    this.#digests = columns.map(() => new Uint8Array(items * digestBytes))
    this.#index = new Int32Array(items)
    this.#rows = new Int32Array(items)
    this.#first = new Int32Array(items)
  }

  /** @throws Problem StoreCorrupt if a sidecar is missing or damaged */
  read(from: number, to: number): ItemWindow {
    const byShard = new Map<number, Array<Piece>>()
    for (const piece of this.#located.places.pieces(from, to)) {
      const pieces = byShard.get(piece.shard)
      if (pieces === undefined) byShard.set(piece.shard, [piece])
      else pieces.push(piece)
    }
    const absent: Array<Uint8Array | null> = this.#names.map(() => null)
    for (const [shard, pieces] of byShard) {
      const read = this.#sidecar(shard)
      for (const piece of pieces) this.#copy(read, piece, from, absent)
    }
    return {
      from,
      to,
      texts: this.#texts,
      index: this.#index,
      rows: this.#rows,
      first: this.#first,
      columns: this.#names.map((name, c) => ({ name, digests: this.#digests[c]!, absent: absent[c]! }))
    }
  }

  #sidecar(shard: number): ReadShard {
    if (this.#last?.shard === shard) return this.#last
    const sidecar = readSidecar(this.#store, this.#located.shards[shard]!)
    return (this.#last = { shard, ...sidecar, offsets: rowOffsets(sidecar.rows) })
  }

  #copy(
    { items, rows, offsets, digests }: ReadShard,
    piece: Piece,
    start: number,
    absent: Array<Uint8Array | null>
  ): void {
    const { from, to } = piece
    const at = piece.at - start
    for (let i = from; i < to; i++) {
      this.#texts[at + i - from] = items
      this.#index[at + i - from] = i
    }
    this.#rows.set(rows.subarray(from, to), at)
    this.#first.set(offsets.subarray(from, to), at)
    this.#names.forEach((name, c) => {
      const column = own(digests, name)
      if (column !== undefined)
        this.#digests[c]!.set(column.subarray(from * digestBytes, to * digestBytes), at * digestBytes)
      else (absent[c] ??= new Uint8Array(this.#index.length)).fill(1, at, at + to - from)
    })
  }
}
