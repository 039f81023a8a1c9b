/**
 * The rows of an artifact, column by column, in its order, however its items lie in shards.
 *
 * Most artifacts take shards one after another, and each is read as it comes. Where items lie scattered (their source
 * has another order now), each shard would be read an item; so many rows are put together at once, from one reading
 * of each shard.
 */
import type { Manifest, Shard } from "../records/manifest.ts"
import { type ReadRows, type RowBatch, shardBatches } from "./read-shard.ts"
import { rowOffsets, segmentsOf } from "./segments.ts"
import type { Store } from "../store.ts"
import { readSidecar } from "./sidecar.ts"

/** Rows of a shard, `start` … `end − 1`. */
export interface ShardPart {
  readonly shard: Shard
  readonly start: number
  readonly end: number
}

/** Rows that are put together at once, and the bytes of table that hold them, at most. */
const mostRows = 2 ** 17
const mostBytes = 2 ** 22

/** The rows of shards that an artifact takes, segment after segment. */
export function partsOf(store: Store, manifest: Manifest): Iterable<ShardPart> {
  const { form, segments, shards } = manifest
  if (segments === null) return shards.map((shard) => ({ shard, start: 0, end: shard.rows }))
  const isRowPerItem = form === "row per item"
  return parts(
    manifest,
    isRowPerItem ? null : shards.map((shard) => rowOffsets(readSidecar(store, shard).rows))
  )
}

function* parts(manifest: Manifest, offsets: ReadonlyArray<Int32Array> | null): Generator<ShardPart> {
  for (const [s, from, to] of segmentsOf(manifest)) {
    const own = offsets?.[s]
    yield { shard: manifest.shards[s]!, start: own?.[from] ?? from, end: own?.[to] ?? to }
  }
}

/** Batches of rows, in the parts' order. @throws Problem where an object is gone or damaged */
export async function* rowBatches(
  store: Store,
  parts: Iterable<ShardPart>,
  read: ReadRows
): AsyncGenerator<RowBatch> {
  for (const some of windowsOf(parts)) {
    const shards = new Set(some.map(({ shard }) => shard))
    if (some.length > 2 * shards.size) yield await gathered(store, some, read)
    else for (const { shard, start, end } of some) yield* shardBatches(store, shard, read, start, end)
  }
}

/** Parts that follow one another, as many as may be held together. */
function* windowsOf(parts: Iterable<ShardPart>): Generator<ReadonlyArray<ShardPart>> {
  let some: Array<ShardPart> = []
  let [rows, bytes] = [0, 0]
  for (const part of parts) {
    const more = part.end - part.start
    if (some.length > 0 && (rows + more > mostRows || bytes > mostBytes)) {
      yield some
      some = []
      rows = bytes = 0
    }
    some.push(part)
    rows += more
    bytes += (part.shard.table.bytes * more) / Math.max(1, part.shard.rows)
  }
  if (some.length > 0) yield some
}

interface Wanted {
  readonly start: number
  readonly end: number
  /** where they go */
  readonly at: number
}

/** All rows of some parts in their order. Reads each shard once, and holds the rows and a batch of one shard. */
async function gathered(store: Store, parts: ReadonlyArray<ShardPart>, read: ReadRows): Promise<RowBatch> {
  const byShard = new Map<Shard, Array<Wanted>>()
  let rows = 0
  for (const { shard, start, end } of parts) {
    const wanted = { start, end, at: rows }
    const others = byShard.get(shard)
    if (others === undefined) byShard.set(shard, [wanted])
    else others.push(wanted)
    rows += end - start
  }
  let items: Array<string> | null = null
  const vectors = new Map<string, Array<unknown>>()
  for (const [shard, wanted] of byShard) {
    const first = wanted.reduce((least, { start }) => Math.min(least, start), shard.rows)
    const last = wanted.reduce((most, { end }) => Math.max(most, end), 0)
    let from = first
    for await (const batch of shardBatches(store, shard, read, first, last)) {
      if (batch.items !== null) copyRows(batch.items, from, wanted, (items ??= Array.from({ length: rows })))
      for (const [name, vector] of Object.entries(batch.vectors)) {
        const into = vectors.get(name) ?? Array.from({ length: rows })
        vectors.set(name, into)
        copyRows(vector, from, wanted, into)
      }
      from += batch.rows
    }
  }
  return { rows, items, vectors: Object.fromEntries(vectors) }
}

/** Copies those of the rows `first` … that are wanted. */
function copyRows<A>(
  values: ReadonlyArray<A>,
  first: number,
  wanted: ReadonlyArray<Wanted>,
  into: Array<A>
): void {
  const last = first + values.length
  for (const { start, end, at } of wanted)
    for (let row = Math.max(start, first); row < Math.min(end, last); row++)
      into[at + row - start] = values[row - first]!
}
