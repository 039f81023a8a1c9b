/** Aligns artifacts with items: items by id, and the rows of items that differ by row key. */
import { rowBatches, type ShardPart } from "../../store/items/artifact-rows.ts"
import type { Manifest } from "../../store/records/manifest.ts"
import { bytesPerCopy, hasSameDigest, itemStream, type StreamedItem } from "./item-stream.ts"
import { joined } from "./join.ts"
import { BlockBuilder, type BlockUnit, type RowBlock, type SideRows } from "./row-block.ts"
import type { SharedSchema, AlignedSide } from "./schema.ts"

/** Units that were matched without reading them, or that have no partner; they are in no block. */
export interface Unread {
  /** an item whose values are all equal */
  equal(rows: number): void
  /** `side`: the one that has it */
  alone(side: 0 | 1, label: string, rows: number): void
  /** matched units or rows are in another order */
  reordered(): void
  /** the key of an item or of a row of a table occurs again */
  repeated(key: string): void
}

/** Rows per block, and bytes of table for them. */
const mostRows = 2 ** 13
const mostBytes = 2 ** 22
/** Memory for items that wait for their partners. */
const waitingBytes = 2 ** 26

interface MatchedItem extends BlockUnit {
  readonly places: readonly [Place, Place]
}
type Place = Pick<StreamedItem, "shard" | "first" | "rows">

/**
 * The items of both sides whose values differ. Reads the row key, and each column that differs in an item of the block.
 *
 * @param columns names of the plain columns to read where they differ
 * @throws Problem StoreCorrupt
 */
export async function* alignedItems(
  sides: readonly [AlignedSide, AlignedSide],
  { shared, key }: SharedSchema,
  columns: ReadonlyArray<string>,
  unread: Unread
): AsyncGenerator<RowBlock> {
  // a change in a key column matters, too: rows may have come, gone or changed places
  const names = [...shared.flatMap((one) => (one.digests ? [one.name] : [])), ...key]
  const digestOf = shared.map((one) => names.indexOf(one.name))
  const keyDigests = key.map((name) => names.lastIndexOf(name))
  const streams = sides.map(({ store, manifest }) => itemStream(store, manifest, names))
  const most = Math.floor(waitingBytes / bytesPerCopy(names.length))
  const isRowPerItem = sides.every(({ manifest }) => manifest.form === "row per item")
  const bytesPerRow = sides.map(({ manifest }) => tableBytes(manifest) / Math.max(1, manifest.rows))
  const order = new Order(unread)

  let batch: Array<MatchedItem> = []
  let [rows, bytes] = [0, 0]
  for await (const pairs of joined(streams[0]!, streams[1]!, most, (id) => unread.repeated(id))) {
    for (const [x, y] of pairs) {
      if (x === null || y === null) {
        unread.alone(x === null ? 1 : 0, (x ?? y)!.key, (x ?? y)!.rows)
        continue
      }
      order.add(x.at, y.at)
      const differs = digestOf.map((c) => c < 0 || !hasSameDigest(x, y, c))
      const isSame =
        x.rows === y.rows && !differs.includes(true) && keyDigests.every((c) => hasSameDigest(x, y, c))
      if (isSame || x.rows + y.rows === 0) {
        unread.equal(x.rows)
        continue
      }
      const places = [placeOf(x), placeOf(y)] as const
      batch.push({ item: x.key, differs, first: isRowPerItem ? null : [0, 0], places })
      rows += x.rows + y.rows
      bytes += x.rows * bytesPerRow[0]! + y.rows * bytesPerRow[1]!
      if (rows < mostRows && bytes < mostBytes) continue
      yield await blockOf(sides, batch, shared, key, columns)
      batch = []
      rows = bytes = 0
    }
  }
  if (batch.length > 0) yield await blockOf(sides, batch, shared, key, columns)
}

const placeOf = ({ shard, first, rows }: StreamedItem): Place => ({ shard, first, rows })
const tableBytes = ({ shards }: Manifest) => shards.reduce((sum, { table }) => sum + table.bytes, 0)

/** Notices matched positions that do not ascend on both sides. */
export class Order {
  readonly #unread: Pick<Unread, "reordered">
  readonly #last = [-1, -1]
  constructor(unread: Pick<Unread, "reordered">) {
    this.#unread = unread
  }
  add(a: number, b: number): void {
    if (a < this.#last[0]! || b < this.#last[1]!) this.#unread.reordered()
    this.#last[0] = a
    this.#last[1] = b
  }
}

async function blockOf(
  sides: readonly [AlignedSide, AlignedSide],
  items: ReadonlyArray<MatchedItem>,
  shared: SharedSchema["shared"],
  key: ReadonlyArray<string>,
  columns: ReadonlyArray<string>
): Promise<RowBlock> {
  const differing = columns.filter((name) => {
    const c = shared.findIndex((one) => one.name === name)
    return items.some(({ differs }) => differs[c])
  })
  const names = [...key, ...differing]
  const rows = [
    await readRows(
      sides[0],
      items.map(({ places }) => places[0]),
      names
    ),
    await readRows(
      sides[1],
      items.map(({ places }) => places[1]),
      names
    )
  ] as const
  const builder = new BlockBuilder()
  let [a, b] = [0, 0]
  for (const { item, differs, first, places } of items) {
    const [x, y] = places
    builder.units.push({ item, differs, first: first === null ? null : [-a, -b] })
    const ranges = [
      { first: a, end: a + x.rows },
      { first: b, end: b + y.rows }
    ] as const
    builder.match(builder.units.length - 1, rows, ranges, key)
    a += x.rows
    b += y.rows
  }
  return builder.block(rows, key)
}

async function readRows(
  { store, manifest }: AlignedSide,
  places: ReadonlyArray<Place>,
  names: ReadonlyArray<string>
): Promise<SideRows> {
  const total = places.reduce((sum, { rows }) => sum + rows, 0)
  const shard = new Int32Array(total)
  const row = new Int32Array(total)
  const parts: Array<{ s: number; start: number; end: number }> = []
  let at = 0
  for (const { shard: s, first, rows } of places) {
    for (let i = 0; i < rows; i++, at++) {
      shard[at] = s
      row[at] = first + i
    }
    const last = parts.at(-1)
    if (last !== undefined && last.s === s && last.end === first) last.end += rows
    else if (rows > 0) parts.push({ s, start: first, end: first + rows })
  }
  const vectors = Object.fromEntries(names.map((name): [string, Array<unknown>] => [name, []]))
  if (names.length > 0) {
    const wanted = parts.map(({ s, start, end }): ShardPart => ({ shard: manifest.shards[s]!, start, end }))
    for await (const batch of rowBatches(store, wanted, async (file, start, end) => ({
      items: null,
      vectors: await file.read({ columns: names, start, end })
    })))
      for (const name of names) for (const cell of batch.vectors[name]!) vectors[name]!.push(cell)
  }
  return { vectors, shard, row }
}
