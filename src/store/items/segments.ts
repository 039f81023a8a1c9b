/**
 * Segments: the items of each shard that make up an artifact.
 *
 * Shards are written once and shared: an artifact uses any of their items, in its own order.
 */
import type { Manifest, Segment, Shard } from "../records/manifest.ts"

/** The position of an item: its shard's index in the manifest, and its index in the shard. */
export type ItemPlace = readonly [shard: number, itemIndex: number]

/** The segments of a manifest, also for one that uses whole shards. */
export const segmentsOf = ({
  segments,
  shards
}: Pick<Manifest, "segments" | "shards">): ReadonlyArray<Segment> =>
  segments ?? shards.map((shard, i) => [i, 0, shard.items] as const)

/** Consecutive items `from` … `to − 1` of one shard; the first of them is item `at` of the whole. */
export interface Piece {
  readonly shard: number
  readonly from: number
  readonly to: number
  readonly at: number
}

/**
 * The positions of an artifact's items, in its order: consecutive items of a shard form one segment.
 *
 * Uses typed arrays, because items in random order make one segment each.
 */
export class SegmentList {
  /** items in all segments */
  length = 0
  #count = 0
  #shard = new Int32Array(16)
  #from = new Int32Array(16)
  /** the artifact-wide index of each segment's first item */
  #at = new Int32Array(16)

  get segmentCount(): number {
    return this.#count
  }

  static of(segments: Iterable<Segment>): SegmentList {
    const list = new SegmentList()
    for (const [shard, from, to] of segments) list.addRange(shard, from, to)
    return list
  }

  add(shard: number, itemIndex: number): void {
    this.addRange(shard, itemIndex, itemIndex + 1)
  }
  addRange(shard: number, from: number, to: number): void {
    if (from === to) return
    const last = this.#count - 1
    const follows =
      last >= 0 && this.#shard[last] === shard && from === this.#from[last]! + this.length - this.#at[last]!
    if (!follows) {
      if (this.#count === this.#shard.length) this.#grow()
      this.#shard[this.#count] = shard
      this.#from[this.#count] = from
      this.#at[this.#count] = this.length
      this.#count++
    }
    this.length += to - from
  }
  #grow(): void {
    const grown = (from: Int32Array) => {
      const to = new Int32Array(from.length * 2)
      to.set(from)
      return to
    }
    this.#shard = grown(this.#shard)
    this.#from = grown(this.#from)
    this.#at = grown(this.#at)
  }

  /** The position of item `i`. */
  place(i: number): ItemPlace {
    const segment = this.#segmentOf(i)
    return [this.#shard[segment]!, this.#from[segment]! + i - this.#at[segment]!]
  }

  /** The positions of items `from` … `to − 1`, piece by piece. */
  *pieces(from = 0, to = this.length): Generator<Piece> {
    if (from >= to) return
    for (let segment = this.#segmentOf(from), i = from; i < to; segment++) {
      const end = Math.min(to, this.#end(segment))
      const first = this.#from[segment]! + i - this.#at[segment]!
      yield { shard: this.#shard[segment]!, from: first, to: first + end - i, at: i }
      i = end
    }
  }

  /** In the form that manifests store. */
  get segments(): ReadonlyArray<Segment> {
    return Array.from({ length: this.#count }, (_, segment): Segment => {
      const from = this.#from[segment]!
      return [this.#shard[segment]!, from, from + this.#end(segment) - this.#at[segment]!]
    })
  }

  #end(segment: number): number {
    return segment + 1 < this.#count ? this.#at[segment + 1]! : this.length
  }
  #segmentOf(i: number): number {
    let [low, high] = [0, this.#count - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#at[middle]! <= i) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** null if the segments are just all items of all shards, in order. */
export function compactSegments(
  segments: ReadonlyArray<Segment>,
  shards: ReadonlyArray<Shard>
): ReadonlyArray<Segment> | null {
  const isAll =
    segments.length === shards.length &&
    segments.every(([shard, from, to], i) => shard === i && from === 0 && to === shards[i]!.items)
  return isAll ? null : segments
}

/** The parts of a manifest that readers of an artifact, or of a part of it, need. */
export type Readable = Pick<Manifest, "form" | "families" | "shards" | "segments">

/** A selection of an artifact's items. It is not an artifact: it has no digest. */
export interface ItemSelection extends Readable {
  readonly segments: ReadonlyArray<Segment>
}

/** Selects the items at these positions, in this order, with only the shards that contain them. */
export function selectItems(
  { form, families, shards: all }: Readable,
  places: Iterable<ItemPlace>
): ItemSelection {
  const shards: Array<Shard> = []
  const index = new Map<number, number>()
  const list = new SegmentList()
  for (const [shard, item] of places) {
    let known = index.get(shard)
    if (known === undefined) {
      known = shards.length
      index.set(shard, known)
      shards.push(all[shard]!)
    }
    list.add(known, item)
  }
  return { form, families, shards, segments: list.segments }
}

/** Items `from` … `to − 1` of a selection. */
export function slicedItems(selection: ItemSelection, from: number, to: number): ItemSelection {
  const segments = Array.from(SegmentList.of(selection.segments).pieces(from, to), (piece): Segment => [
    piece.shard,
    piece.from,
    piece.to
  ])
  return { ...selection, segments }
}

/** The first row of each item, then the row count. */
export function rowOffsets(rows: Int32Array): Int32Array {
  const offsets = new Int32Array(rows.length + 1)
  for (let i = 0; i < rows.length; i++) offsets[i + 1] = offsets[i]! + rows[i]!
  return offsets
}
