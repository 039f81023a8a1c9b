/**
 * Keys of items: what the outcome of one item depends on, beside what all items of its stage share.
 *
 * An item's key is of its id, since a stage may draw by it, and of the digests of its values in the columns that the
 * joined ports read. So a scene's captions are in no key of a stage that does not read them.
 */
import * as Effect from "effect/Effect"
import type { Columns } from "../pipeline/columns.ts"
import type { Problem } from "../pipeline/problem.ts"
import type { Manifest } from "../store/manifest.ts"
import type { ItemIndex } from "../store/item-index.ts"
import type { Place } from "../store/segments.ts"
import type { StoreCalls } from "../store/store.ts"
import { keyBytes, PackedKeys } from "./packed-keys.ts"

/** A port that is joined by item id, with what it is fed from. */
export interface JoinedPort {
  readonly name: string
  readonly reads: Columns
  readonly manifest: Manifest
}
export interface KeyedItems {
  readonly ids: ReadonlyArray<string>
  /** of each id */
  readonly keys: PackedKeys
  /** where item i lies in each port, in the ports' order */
  readonly places: (item: number) => ReadonlyArray<Place>
}

/**
 * The items that all ports have, in the first port's order. One that a port lacks, because it failed there, is left
 * out: what failed above is counted there, once.
 */
export const keyedItems = (
  store: StoreCalls,
  ports: ReadonlyArray<JoinedPort>
): Effect.Effect<KeyedItems, Problem> =>
  Effect.gen(function* () {
    // sidecars are Arrow files, which a plan in which all is fresh does not open
    const { itemIndex } = yield* Effect.promise(() => import("../store/item-index.ts"))
    const indexes = yield* Effect.forEach(ports, ({ manifest }) => itemIndex(store, manifest))
    const [first, ...others] = indexes
    if (first === undefined) return { ids: [], keys: new PackedKeys(0), places: () => [] }
    const at = commonItems(first, others)
    const ids = others.length === 0 ? first.ids : Array.from(at[0]!, (i) => first.ids[i]!)
    const parts = ports.map((port, p) => new PortParts(indexes[p]!, columnsOf(port)))
    const text = new KeyText()
    const keys = new PackedKeys(ids.length)
    ids.forEach((id, k) => {
      text.start(id)
      parts.forEach((part, p) => part.add(text, at[p]![k]!))
      keys.set(k, text.bytes())
    })
    return { ids, keys, places: placesIn(indexes, at) }
  })

/** In a scope of its own: a closure keeps what others beside it need, and the sidecars' digests are in the keys now. */
function placesIn(
  indexes: ReadonlyArray<ItemIndex>,
  at: ReadonlyArray<ArrayLike<number>>
): KeyedItems["places"] {
  const where = indexes.map(({ shard, item }) => ({ shard, item }))
  return (k) => where.map(({ shard, item }, p): Place => [shard[at[p]![k]!]!, item[at[p]![k]!]!])
}

/** Of each port, the indices of the items that all ports have, in the first port's order. */
function commonItems(first: ItemIndex, others: ReadonlyArray<ItemIndex>): ReadonlyArray<ArrayLike<number>> {
  if (others.length === 0) return [Int32Array.from(first.ids, (_, i) => i)]
  const positions = others.map(({ ids }) => new Map(ids.map((id, i) => [id, i])))
  const at: ReadonlyArray<Array<number>> = [[], ...others.map(() => [])]
  first.ids.forEach((id, i) => {
    const there = [i, ...positions.map((of) => of.get(id) ?? -1)]
    if (!there.includes(-1)) there.forEach((index, p) => at[p]!.push(index))
  })
  return at
}

/** What a port adds to an item's key: of each column, its name and the digest of the item's values. */
class PortParts {
  readonly #index: ItemIndex
  readonly #names: ReadonlyArray<Buffer>
  /** by column, by shard; absent of a member in a shard without rows, which is told apart by the name alone */
  readonly #digests: ReadonlyArray<ReadonlyArray<Uint8Array | undefined>>
  constructor(index: ItemIndex, columns: ReadonlyArray<string>) {
    this.#index = index
    this.#names = columns.map((name) => Buffer.from(name))
    this.#digests = columns.map((name) => index.sidecars.map(({ digests }) => digests[name]))
  }
  add(text: KeyText, i: number): void {
    const shard = this.#index.shard[i]!
    const start = this.#index.item[i]! * keyBytes
    for (let c = 0; c < this.#names.length; c++) {
      text.add(this.#names[c]!, 0, this.#names[c]!.length)
      const digests = this.#digests[c]![shard]
      if (digests !== undefined) text.add(digests, start, keyBytes)
    }
  }
}

/** What is hashed for a key, gathered in one piece: hashed part by part, 100,000 keys took four times as long. */
class KeyText {
  #bytes = Buffer.allocUnsafe(1 << 12)
  #length = 0
  start(id: string): void {
    this.#length = 0
    const head = `${Buffer.byteLength(id)}:${id}`
    this.#reserve(head.length * 3)
    this.#length = this.#bytes.write(head)
  }
  add(from: Uint8Array, start: number, length: number): void {
    this.#reserve(length)
    for (let i = 0; i < length; i++) this.#bytes[this.#length + i] = from[start + i]!
    this.#length += length
  }
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const bytes = Buffer.allocUnsafe(2 * (this.#length + more))
    this.#bytes.copy(bytes, 0, 0, this.#length)
    this.#bytes = bytes
  }
}

/** The digested columns that a port reads, members of its families one by one, sorted. */
const columnsOf = ({ reads, manifest }: JoinedPort): ReadonlyArray<string> =>
  Object.keys(reads)
    .flatMap((column) => {
      const family = manifest.families[column]
      return family === undefined ? [column] : family.members.map((member) => `${column}/${member}`)
    })
    .sort()
