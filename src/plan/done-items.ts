/** The items that were already computed, by their index in the plan, with the position of each. */
import type { Shard } from "../store/records/manifest.ts"
import type { Accepted } from "../store/records/trace.ts"

/** A computed item: its shard, and its index there. */
export interface DoneItem {
  readonly shard: Shard
  readonly itemIndex: number
}
interface Source {
  readonly shard: Shard
  /** absent if the stage itself computed the items under these keys */
  readonly accepted: Accepted | undefined
}

/** Typed arrays, since there may be very many: a map of objects took 100 bytes per item. */
export class DoneItems {
  readonly #sources: Array<Source> = []
  /** the number of an item's source, from 1; 0 if the item is not done */
  readonly #source: Uint32Array
  readonly #item: Uint32Array
  #size = 0
  constructor(items: number) {
    this.#source = new Uint32Array(items)
    this.#item = new Uint32Array(items)
  }
  get size(): number {
    return this.#size
  }
  /** Sets the shard of the items added from now on. */
  from(shard: Shard, accepted: Accepted | undefined): void {
    this.#sources.push({ shard, accepted })
  }
  /** If an item is added twice, the last position counts. */
  add(i: number, itemIndex: number): void {
    if (this.#source[i] === 0) this.#size++
    this.#source[i] = this.#sources.length
    this.#item[i] = itemIndex
  }
  has(i: number): boolean {
    return this.#source[i]! > 0
  }
  get(i: number): DoneItem | undefined {
    const source = this.#sources[this.#source[i]! - 1]
    return source === undefined ? undefined : { shard: source.shard, itemIndex: this.#item[i]! }
  }
  /** The shards of the items that are done. */
  shards(): ReadonlyArray<Shard> {
    const used = new Set(this.#source)
    return this.#sources.flatMap(({ shard }, s) => (used.has(s + 1) ? [shard] : []))
  }
  /** The acceptance of this item, if it was accepted. */
  acceptedAt(i: number): Accepted | undefined {
    return this.#sources[this.#source[i]! - 1]?.accepted
  }
  /** The acceptance of any accepted item, if there is one. */
  accepted(): Accepted | undefined {
    const marked = new Set(this.#sources.flatMap(({ accepted }, s) => (accepted === undefined ? [] : s + 1)))
    if (marked.size === 0) return undefined
    const source = this.#source.find((s) => marked.has(s))
    return source === undefined ? undefined : this.#sources[source - 1]!.accepted
  }
}
