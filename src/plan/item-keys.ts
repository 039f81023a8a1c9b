/**
 * Item keys: everything that one item's outcome depends on, apart from what all items of its stage share.
 *
 * An item's key covers its id, since a stage may draw random numbers by it, and the digests of its values in
 * the columns that the joined ports read; for tensors also the order of their members, which is visible in a
 * row. So a stage that does not read captions does not have them in its keys. For a member port,
 * the key covers the digest of the item's own member. The artifact's ids and failed items are in the shared key,
 * through the whole port.
 */
import { setImmediate as nextTurn } from "node:timers/promises"
import type { Columns } from "../pipeline/columns.ts"
import { type MemberPort, NamedMembers } from "./named-members.ts"
import { own } from "../support/own.ts"
import type { ItemWindow, Located } from "../store/items/item-windows.ts"
import { type Manifest, valueColumns } from "../store/records/manifest.ts"
import { type ItemPlace, SegmentList, segmentsOf } from "../store/items/segments.ts"
import type { Store } from "../store/store.ts"
import type { StringArray } from "../store/format/string-array.ts"
import { ItemIds } from "./item-ids.ts"
import { keyBytes, PackedKeys } from "../store/records/packed-keys.ts"
import { membersDigest } from "../store/format/value-digest.ts"

/** A port joined by item id, with its input artifact. */
export interface JoinedPort {
  readonly name: string
  readonly mode: "each" | "group"
  readonly reads: Columns
  readonly manifest: Manifest
}
export interface KeyedItems {
  readonly ids: ItemIds
  /** one per id */
  readonly keys: PackedKeys
  /** the position of item i in each port, in the ports' order */
  readonly places: (itemIndex: number) => ReadonlyArray<ItemPlace>
  /** the names of the members that item i names, in the order of the member ports; null for an absent one */
  readonly members: (itemIndex: number) => ReadonlyArray<string | null>
}

/**
 * The items that all ports have, in the first port's order. An item that a port lacks because it failed
 * upstream is left out: it is counted there, once.
 */
export async function keyedItems(
  store: Store,
  ports: ReadonlyArray<JoinedPort>,
  members: ReadonlyArray<MemberPort> = []
): Promise<KeyedItems> {
  if (ports.length === 0)
    return {
      ids: new ItemIds([], new SegmentList()),
      keys: new PackedKeys(0),
      places: () => [],
      members: () => []
    }
  // imported late: sidecars are Arrow files, and a plan in which everything is fresh opens none
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
  const portNames = ports.map(({ name }) => name)
  const named = members.map((member) => new NamedMembers(member, portNames, length))
  const texts: Array<StringArray | undefined> = []
  const text = new KeyText()
  for (let from = 0; from < length; from += size) {
    const to = Math.min(length, from + size)
    const read = windows.map((window) => window.read(from, to))
    setKeys(keys, read, text, orders, named)
    for (const { shard, at } of located[0]!.places.pieces(from, to))
      texts[shard] ??= read[0]!.texts[at - from]!
    await nextTurn()
  }
  const places = located.map((one) => one.places)
  return {
    ids: new ItemIds(texts, places[0]!),
    keys,
    places: (i: number) => places.map((of) => of.place(i)),
    members: (i: number) => named.map((of) => of.nameOf(i))
  }
}

/** For each port, the positions of the items that all ports have, in the first port's order. */
function commonItems(
  ports: ReadonlyArray<JoinedPort>,
  idsOf: (located: Located) => ItemIds
): ReadonlyArray<Located> {
  const all = ports.map(({ manifest }) => ({
    shards: manifest.shards,
    places: SegmentList.of(segmentsOf(manifest))
  }))
  const first = ports[0]!.manifest.ids
  // equal digests mean the same ids in the same order
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

/**
 * Adds each port's part to the item keys: each column's name and the digest of the item's values; for a member port,
 * the digest of the member that the item names, if there is one.
 */
function setKeys(
  keys: PackedKeys,
  windows: ReadonlyArray<ItemWindow>,
  text: KeyText,
  orders: Uint8Array,
  members: ReadonlyArray<NamedMembers>
): void {
  const { from, to, texts, index } = windows[0]!
  const named = members.map((of) => ({ family: of.family, digestOf: of.read(windows) }))
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
    for (const { family, digestOf } of named) {
      const digest = digestOf(k)
      text.add(family, 0, family.length)
      if (digest !== undefined) text.add(digest, 0, keyBytes)
    }
    keys.set(from + k, text.bytes())
  }
}

/** The text of a key, collected into one block: hashing it in parts made 100,000 keys four times slower. */
class KeyText {
  #bytes = Buffer.allocUnsafe(1 << 12)
  #length = 0
  /** `5:scene`: an id's byte length and bytes. */
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

/** For each tensor family that a port reads, its name and the digest of its members in order. */
const orderDigests = ({ reads, manifest }: JoinedPort): ReadonlyArray<Uint8Array> =>
  Object.keys(reads).flatMap((name) => {
    const family = own(manifest.families, name)
    return family === undefined
      ? []
      : [Buffer.from(name), Buffer.from(membersDigest(family.members), "hex").subarray(0, keyBytes)]
  })

/** The columns with the values that a port reads, sorted. */
const columnsOf = ({ reads, manifest }: JoinedPort): ReadonlyArray<string> =>
  Object.keys(reads)
    .flatMap((name) => valueColumns(manifest, name))
    .sort()
