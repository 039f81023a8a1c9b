/**
 * Segments: which items of which shards an artifact consists of.
 *
 * Shards are written once and shared: an artifact takes the items that it wants of them, in its own order.
 */
import type { Manifest, Segment, Shard } from "../records/manifest.ts"

/** Where an item lies: the shard's index in the manifest, and the item's in the shard. */
export type ItemPlace = readonly [shard: number, item: number]

/** The segments of a manifest, also where it takes all of all shards. */
export const segmentsOf = ({
  segments,
  shards
}: Pick<Manifest, "segments" | "shards">): ReadonlyArray<Segment> =>
  segments ?? shards.map((shard, i) => [i, 0, shard.items] as const)

/** Items of one shard that follow one another, `from` … `to − 1`; the first of them is item `at` of the whole. */
export interface Piece {
  readonly shard: number
  readonly from: number
  readonly to: number
  readonly at: number
}

/**
 * Where the items of an artifact lie, in its order: those that follow one another in a shard are one segment.
 *
 * In typed arrays: of items in no order at all, each is a segment of its own.
 */
export class SegmentList {
  /** items of all segments */
  length = 0
  #count = 0
  #shard = new Int32Array(16)
  #from = new Int32Array(16)
  /** of a segment's first item, its index among all */
  #at = new Int32Array(16)

  get segmentCount(): number {
    return this.#count
  }

  static of(segments: Iterable<Segment>): SegmentList {
    const list = new SegmentList()
    for (const [shard, from, to] of segments) list.addRange(shard, from, to)
    return list
  }

  add(shard: number, item: number): void {
    this.addRange(shard, item, item + 1)
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

  /** Where item `i` lies. */
  place(i: number): ItemPlace {
    const segment = this.#segmentOf(i)
    return [this.#shard[segment]!, this.#from[segment]! + i - this.#at[segment]!]
  }

  /** Where items `from` … `to − 1` lie, piece by piece. */
  *pieces(from = 0, to = this.length): Generator<Piece> {
    if (from >= to) return
    for (let segment = this.#segmentOf(from), i = from; i < to; segment++) {
      const end = Math.min(to, this.#end(segment))
      const first = this.#from[segment]! + i - this.#at[segment]!
      yield { shard: this.#shard[segment]!, from: first, to: first + end - i, at: i }
      i = end
    }
  }

  /** As manifests have them. */
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

/** null where the segments are all of all shards, in order. */
export function compactSegments(
  segments: ReadonlyArray<Segment>,
  shards: ReadonlyArray<Shard>
): ReadonlyArray<Segment> | null {
  const isAll =
    segments.length === shards.length &&
    segments.every(([shard, from, to], i) => shard === i && from === 0 && to === shards[i]!.items)
  return isAll ? null : segments
}

/** What is read of an artifact, or of a part of it. */
export type Readable = Pick<Manifest, "form" | "families" | "shards" | "segments">

/** Some items of an artifact: where they lie. No artifact itself: it has no digest. */
export interface ItemSelection extends Readable {
  readonly segments: ReadonlyArray<Segment>
}

/** The items at these places, in this order, with the shards that they lie in, and no others. */
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

/** Where each item's rows begin, and the number of rows at last. */
export function rowOffsets(rows: Int32Array): Int32Array {
  const offsets = new Int32Array(rows.length + 1)
  for (let i = 0; i < rows.length; i++) offsets[i + 1] = offsets[i]! + rows[i]!
  return offsets
}
