/**
 * The rows of an artifact, column by column, in its order, whatever the order of its items in shards.
 *
 * Most artifacts use their shards one after another, and each shard is read as it comes. If the items are
 * scattered (their source now has another order), that would read a shard for every item; so many rows are
 * collected at once, with one read of each shard.
 */
import type { Manifest, Shard } from "../records/manifest.ts"
import { type ReadRows, type RowBatch, shardBatches } from "./read-shard.ts"
import { rowOffsets, segmentsOf } from "./segments.ts"
import type { Store } from "../store.ts"
import { readSidecar } from "./sidecar.ts"

/** Rows `start` … `end − 1` of a shard. */
export interface ShardPart {
  readonly shard: Shard
  readonly start: number
  readonly end: number
}

/** The most rows collected at once, and the most bytes of table for them. */
const mostRows = 2 ** 17
const mostBytes = 2 ** 22

/** The parts of shards that make up an artifact, segment by segment. */
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

/** Batches of rows, in the order of the parts. @throws Problem if an object is missing or damaged */
export async function* rowBatches(
  store: Store,
  parts: Iterable<ShardPart>,
  read: ReadRows
): AsyncGenerator<RowBatch> {
  for (const some of windowsOf(parts)) {
    if (mostOfOneShard(some) > 2) yield await gathered(store, some, read)
    else for (const { shard, start, end } of some) yield* shardBatches(store, shard, read, start, end)
  }
}

/** How many of the parts the most used shard has: reading part by part reads that shard so many times. */
function mostOfOneShard(parts: ReadonlyArray<ShardPart>): number {
  const counts = new Map<Shard, number>()
  let most = 0
  for (const { shard } of parts) {
    const count = (counts.get(shard) ?? 0) + 1
    counts.set(shard, count)
    most = Math.max(most, count)
  }
  return most
}

/** Groups consecutive parts, as many as may be held at once. */
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
  /** their position in the output */
  readonly at: number
}

/** Reads all rows of the given parts, in order, and each shard once. Memory: those rows, plus one batch of one shard. */
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

/** Copies the wanted rows out of a batch that starts at row `first`. */
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
