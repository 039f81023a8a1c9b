/**
 * Segments: which items of which shards an artifact consists of.
 *
 * Shards are written once and shared: an artifact takes the items that it wants of them, in its own order.
 */
import type { Manifest, Segment, Shard } from "./manifest.ts"

/** Where an item lies: the shard's index in the manifest, and the item's in the shard. */
export type Place = readonly [shard: number, item: number]

/** The segments of a manifest, also where it takes all of all shards. */
export const segmentsOf = ({
  segments,
  shards
}: Pick<Manifest, "segments" | "shards">): ReadonlyArray<Segment> =>
  segments ?? shards.map((shard, i) => [i, 0, shard.items] as const)

/** Puts segments together item by item: those that follow one another in a shard become one. */
export class SegmentList {
  readonly #segments: Array<[number, number, number]> = []
  add(shard: number, item: number): void {
    const last = this.#segments.at(-1)
    if (last !== undefined && last[0] === shard && last[2] === item) last[2]++
    else this.#segments.push([shard, item, item + 1])
  }
  get segments(): ReadonlyArray<Segment> {
    return this.#segments
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

/** A manifest of some items alone, for a task: the shards that they lie in, and no others. */
export function selectItems(manifest: Manifest, places: ReadonlyArray<Place>): Manifest {
  const shards: Array<Shard> = []
  const index = new Map<number, number>()
  const list = new SegmentList()
  for (const [shard, item] of places) {
    let known = index.get(shard)
    if (known === undefined) {
      known = shards.length
      index.set(shard, known)
      shards.push(manifest.shards[shard]!)
    }
    list.add(known, item)
  }
  return { ...manifest, items: places.length, shards, segments: list.segments }
}
