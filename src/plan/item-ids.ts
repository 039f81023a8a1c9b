/** The ids of a node's items, by index: 4 bytes each in addition to their UTF-8. */
import type { SegmentList } from "../store/items/segments.ts"
import type { StringArray } from "../store/format/string-array.ts"

export class ItemIds {
  readonly #texts: ReadonlyArray<StringArray | undefined>
  readonly #places: SegmentList
  /** `texts` has the ids of each shard that the places name. */
  constructor(texts: ReadonlyArray<StringArray | undefined>, places: SegmentList) {
    this.#texts = texts
    this.#places = places
  }
  get length(): number {
    return this.#places.length
  }
  at(i: number): string {
    const [shard, item] = this.#places.place(i)
    return this.#texts[shard]!.at(item)
  }
  *[Symbol.iterator](): Generator<string> {
    for (const { shard, from, to } of this.#places.pieces()) {
      const texts = this.#texts[shard]!
      for (let item = from; item < to; item++) yield texts.at(item)
    }
  }

  /** Calls `take` with each id's position, in order. */
  each(take: (texts: StringArray, item: number, i: number) => void): void {
    for (const { shard, from, to, at } of this.#places.pieces()) {
      const texts = this.#texts[shard]!
      for (let item = from; item < to; item++) take(texts, item, at + item - from)
    }
  }

  /** The index of an id, or −1; for many ids, `index` is faster. */
  indexOf(id: string): number {
    const wanted = Buffer.from(id)
    for (const { shard, from, to, at } of this.#places.pieces()) {
      const item = this.#texts[shard]!.indexOf(wanted, from, to)
      if (item >= 0) return at + item - from
    }
    return -1
  }

  /** Makes a lookup for ids, which returns an item's index or −1. */
  index(): (texts: StringArray, item: number) => number {
    const places = this.#places
    // open addressing, at most half full
    const slots = new Int32Array(1 << (32 - Math.clz32(this.length * 2))).fill(-1)
    const mask = slots.length - 1
    const slotOf = (texts: StringArray, item: number): number => {
      let slot = hashOf(texts, item) & mask
      for (; slots[slot] !== -1; slot = (slot + 1) & mask) {
        const [shard, own] = places.place(slots[slot]!)
        if (texts.same(item, this.#texts[shard]!, own)) break
      }
      return slot
    }
    this.each((texts, item, i) => (slots[slotOf(texts, item)] = i))
    return (texts, item) => slots[slotOf(texts, item)]!
  }
}

/**
 * FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv, with a final mix to spread ids that differ in one digit.
 */
function hashOf({ offsets, bytes }: StringArray, item: number): number {
  let hash = 0x811c9dc5
  for (let at = offsets[item]!; at < offsets[item + 1]!; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
