/**
 * Keys of items: what the outcome of one item depends on, beside what all items of its stage share.
 *
 * An item's key is of its id, since a stage may draw by it, and of the digests of its values in the columns that the
 * joined ports read; for tensors also of the order of their members, since a row shows it. So a scene's captions are
 * in no key of a stage that does not read them.
 */
import { setImmediate as nextTurn } from "node:timers/promises"
import type { Columns } from "../pipeline/columns.ts"
import { own } from "../support/own.ts"
import type { ItemWindow, Located } from "../store/items/item-windows.ts"
import { type Manifest, valueColumns } from "../store/records/manifest.ts"
import { type ItemPlace, SegmentList, segmentsOf } from "../store/items/segments.ts"
import type { Store } from "../store/store.ts"
import type { StringArray } from "../store/format/string-array.ts"
import { ItemIds } from "./item-ids.ts"
import { keyBytes, PackedKeys } from "../store/records/packed-keys.ts"
import { membersDigest } from "../store/format/value-digest.ts"

/** A port that is joined by item id, with what it is fed from. */
export interface JoinedPort {
  readonly name: string
  readonly mode: "each" | "group"
  readonly reads: Columns
  readonly manifest: Manifest
}
export interface KeyedItems {
  readonly ids: ItemIds
  /** of each id */
  readonly keys: PackedKeys
  /** where item i lies in each port, in the ports' order */
  readonly places: (item: number) => ReadonlyArray<ItemPlace>
}

/**
 * The items that all ports have, in the first port's order. One that a port lacks, because it failed there, is left
 * out: what failed above is counted there, once.
 */
export async function keyedItems(store: Store, ports: ReadonlyArray<JoinedPort>): Promise<KeyedItems> {
  if (ports.length === 0)
    return { ids: new ItemIds([], new SegmentList()), keys: new PackedKeys(0), places: () => [] }
  // sidecars are Arrow files, which a plan in which all is fresh does not open
  const [{ ItemWindows, windowItems }, { readSidecar }] = await Promise.all([
    import("../store/items/item-windows.ts"),
    import("../store/items/sidecar.ts")
  ])
  const located = commonItems(ports, ({ shards, places }) => {
    const texts = shards.map((shard) => readSidecar(store, shard).items)
    return new ItemIds(texts, places)
  })
  const { length } = located[0]!.places
  const columns = ports.map(columnsOf)
  const size = windowItems(located, columns.flat().length)
  const windows = located.map((one, p) => new ItemWindows(store, one, columns[p]!, size))
  const keys = new PackedKeys(length)
  const orders = Buffer.concat(ports.flatMap(orderDigests))
  const texts: Array<StringArray | undefined> = []
  const text = new KeyText()
  for (let from = 0; from < length; from += size) {
    const to = Math.min(length, from + size)
    const read = windows.map((window) => window.read(from, to))
    setKeys(keys, read, text, orders)
    for (const { shard, at } of located[0]!.places.pieces(from, to))
      texts[shard] ??= read[0]!.texts[at - from]!
    await nextTurn()
  }
  const places = located.map((one) => one.places)
  return {
    ids: new ItemIds(texts, places[0]!),
    keys,
    places: (i: number) => places.map((of) => of.place(i))
  }
}

/** Of each port, where the items lie that all ports have, in the first port's order. */
function commonItems(
  ports: ReadonlyArray<JoinedPort>,
  idsOf: (located: Located) => ItemIds
): ReadonlyArray<Located> {
  const all = ports.map(({ manifest }) => ({
    shards: manifest.shards,
    places: SegmentList.of(segmentsOf(manifest))
  }))
  const first = ports[0]!.manifest.ids
  // ids are the same, and in the same order, where their digests are
  if (ports.every(({ manifest }) => manifest.ids === first)) return all
  const ids = all.map(idsOf)
  const found = ids.map((of, p) => (p === 0 ? null : of.index()))
  const common = all.map(({ shards }) => ({ shards, places: new SegmentList() }))
  ids[0]!.each((texts, item, i) => {
    const at = found.map((find) => (find === null ? i : find(texts, item)))
    if (!at.includes(-1)) at.forEach((k, p) => common[p]!.places.add(...all[p]!.places.place(k)))
  })
  return common
}

/** What each port adds to an item's key: of each column, its name and the digest of the item's values. */
function setKeys(
  keys: PackedKeys,
  windows: ReadonlyArray<ItemWindow>,
  text: KeyText,
  orders: Uint8Array
): void {
  const { from, to, texts, index } = windows[0]!
  const columns = windows.flatMap((window) =>
    window.columns.map((column) => ({ ...column, text: Buffer.from(column.name) }))
  )
  for (let k = 0; k < to - from; k++) {
    text.start(texts[k]!, index[k]!)
    text.add(orders, 0, orders.length)
    for (const { text: name, digests, absent } of columns) {
      text.add(name, 0, name.length)
      if (absent?.[k] !== 1) text.add(digests, k * keyBytes, keyBytes)
    }
    keys.set(from + k, text.bytes())
  }
}

/** What is hashed for a key, gathered in one piece: hashed part by part, 100,000 keys took four times as long. */
class KeyText {
  #bytes = Buffer.allocUnsafe(1 << 12)
  #length = 0
  /** `5:scene`: an id's bytes and how many they are. */
  start({ offsets, bytes }: StringArray, item: number): void {
    const [from, to] = [offsets[item]!, offsets[item + 1]!]
    this.#length = 0
    this.#length = this.#bytes.write(`${to - from}:`, "latin1")
    this.add(bytes, from, to - from)
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

/** Of each tensor family that a port reads, its name and the digest of its members in their order. */
const orderDigests = ({ reads, manifest }: JoinedPort): ReadonlyArray<Uint8Array> =>
  Object.keys(reads).flatMap((name) => {
    const family = own(manifest.families, name)
    return family === undefined
      ? []
      : [Buffer.from(name), Buffer.from(membersDigest(family.members), "hex").subarray(0, keyBytes)]
  })

/** The columns that hold the values a port reads, sorted. */
const columnsOf = ({ reads, manifest }: JoinedPort): ReadonlyArray<string> =>
  Object.keys(reads)
    .flatMap((name) => valueColumns(manifest, name))
    .sort()
