/**
 * Reads artifacts: rows of some items, columns at once or in batches, and tensors by member.
 *
 * It imports Parquet and Arrow, which load slowly, so planning must not import it.
 */
import type { Columns } from "../../pipeline/columns.ts"
import { own } from "../../support/own.ts"
import type { TensorBlock } from "../../pipeline/ports.ts"
import type { TensorFile } from "../format/arrow-read.ts"
import { type ShardPart, partsOf, rowBatches } from "./artifact-rows.ts"
import { ItemWindows, windowItems } from "./item-windows.ts"
import type { Manifest, Shard } from "../records/manifest.ts"
import type { FileChanged } from "../files/outside-file.ts"
import {
  openMember,
  readColumns,
  type StoredRow,
  rowObjects,
  shardRows,
  withoutTensors
} from "./read-shard.ts"
import { type Readable, rowOffsets, SegmentList, segmentsOf } from "./segments.ts"
import { damaged } from "../files/store-error.ts"
import type { Store } from "../store.ts"
import { readSidecar } from "./sidecar.ts"

/**
 * The rows of every item, in the artifact's order, with their tensors. Reads each shard once, even if items
 * are scattered.
 */
export async function artifactItems(
  store: Store,
  artifact: Readable,
  columns: Columns
): Promise<ReadonlyArray<ReadonlyArray<StoredRow>>> {
  const segments = segmentsOf(artifact)
  const ranges = new Map<number, { from: number; to: number }>()
  for (const [s, from, to] of segments) {
    const range = ranges.get(s)
    if (range === undefined) ranges.set(s, { from, to })
    else {
      range.from = Math.min(range.from, from)
      range.to = Math.max(range.to, to)
    }
  }
  const shards = new Map<number, ShardItems>()
  for (const [s, { from, to }] of ranges)
    shards.set(s, await shardItems(store, artifact, artifact.shards[s]!, columns, from, to))
  return segments.flatMap(([s, from, to]) => {
    const { first, items } = shards.get(s)!
    return items.slice(from - first, to - first)
  })
}

interface ShardItems {
  /** the index of the first item read */
  readonly first: number
  /** rows of each item */
  readonly items: ReadonlyArray<ReadonlyArray<StoredRow>>
}
async function shardItems(
  store: Store,
  { form, families }: Readable,
  shard: Shard,
  columns: Columns,
  from: number,
  to: number
): Promise<ShardItems> {
  if (form === "row per item") {
    const read = await shardRows(store, families, shard, columns, from, to)
    return { first: from, items: read.map((row) => [row]) }
  }
  const { rows } = readSidecar(store, shard)
  const offsets = rowOffsets(rows)
  const [start, end] = [offsets[from]!, offsets[to]!]
  const read = start === end ? [] : await shardRows(store, families, shard, columns, start, end)
  const items: Array<ReadonlyArray<StoredRow>> = []
  for (let i = from, at = 0; i < to; at += rows[i++]!) items.push(read.slice(at, at + rows[i]!))
  return { first: from, items }
}

export type Vectors = Readonly<Record<string, ReadonlyArray<unknown>>>
/** A whole artifact, column by column. Stages get a narrower view of it (`run/given-tables.ts`). */
export interface ArtifactTable {
  /** parallel columns, and each row's id as `item`: "" in a table without items */
  read(names: ReadonlyArray<string>): Promise<Vectors>
  /** ids of all items in order, including items without rows; none in a table without items */
  items(): AsyncIterable<string>
  /** the same in batches, in the order of the shards */
  batches(names: ReadonlyArray<string>): AsyncIterable<Vectors>
  members(family: string): ReadonlyArray<string>
  tensor(family: string, member: string): Promise<TensorBlock>
}

/**
 * Its reads reject with a Problem if an object is missing or damaged. `onRefused` receives the reason when
 * the bytes of one of its files cannot be read.
 */
export function artifactTable(
  store: Store,
  manifest: Manifest,
  onRefused?: (error: FileChanged) => void
): ArtifactTable {
  const batches = async function* (names: ReadonlyArray<string>) {
    const read = readColumns(store, pickColumns(manifest, names), onRefused)
    for await (const { items, vectors, rows } of rowBatches(store, partsOf(store, manifest), read))
      yield { ...vectors, item: items ?? Array.from({ length: rows }, () => "") } as Vectors
  }
  return {
    items: () => itemIds(store, manifest),
    read: async (names) => {
      const all = ["item", ...names].map((name): [string, Array<unknown>] => [name, []])
      for await (const batch of batches(names))
        for (const [name, cells] of all) for (const cell of batch[name]!) cells.push(cell)
      return Object.fromEntries(all)
    },
    batches,
    members: (family) => own(manifest.families, family)?.members ?? [],
    tensor: async (family, member) => tensorBlock(store, manifest, family, member)
  }
}

/**
 * One member's matrix over all rows, in the artifact's order.
 *
 * @throws Problem if an object is missing or damaged; Error if there is no such member
 */
export function tensorBlock(store: Store, manifest: Manifest, family: string, member: string): TensorBlock {
  const shape = own(own(manifest.families, family)?.shapes ?? {}, member)
  if (shape === undefined) throw new Error(`there is no tensor "${family}/${member}"`)
  const size = shape.reduce((product, one) => product * one, 1)
  const data = new Float32Array(manifest.rows * size)
  // items may be scattered over the shards, so opened files are kept
  const files = new Map<Shard, TensorFile>()
  let at = 0
  for (const { shard, start, end } of partsOf(store, manifest)) {
    if (start === end) continue
    const file = files.get(shard) ?? openMember(store, shard, family, member)
    files.set(shard, file)
    const length = (end - start) * size
    try {
      file.readInto(data.subarray(at, at + length), start, end)
    } catch (error) {
      throw damaged(error, store.root)
    }
    at += length
  }
  return { rows: manifest.rows, shape: [...shape], data }
}

/** Ids in order, read from sidecars a few thousand at a time. */
async function* itemIds(store: Store, manifest: Manifest): AsyncGenerator<string> {
  if (manifest.form === "table") return
  const located = { shards: manifest.shards, places: SegmentList.of(segmentsOf(manifest)) }
  const size = windowItems([located], 0)
  const windows = new ItemWindows(store, located, [], size)
  for (let from = 0; from < located.places.length; from += size) {
    const to = Math.min(located.places.length, from + size)
    const { texts, index } = windows.read(from, to)
    for (let k = 0; k < to - from; k++) yield texts[k]!.at(index[k]!)
  }
}

/** Rows as objects, for summaries and `show`; not for large artifacts. @throws Problem StoreCorrupt */
export async function artifactObjects(
  store: Store,
  manifest: Manifest,
  range: { readonly start?: number; readonly end?: number } = {}
): Promise<ReadonlyArray<StoredRow>> {
  const columns = withoutTensors(manifest.columns)
  const { start = 0, end = manifest.rows } = range
  const all: Array<StoredRow> = []
  try {
    const read = readColumns(store, columns)
    const parts = clipped(partsOf(store, manifest), start, end)
    for await (const { items, vectors, rows } of rowBatches(store, parts, read))
      for (const row of rowObjects(Object.keys(columns), vectors, items, rows)) all.push(row)
  } catch (error) {
    throw damaged(error, store.root)
  }
  return all
}

/** Rows `start` … `end − 1` of all rows. */
function* clipped(parts: Iterable<ShardPart>, start: number, end: number): Generator<ShardPart> {
  let first = 0
  for (const part of parts) {
    const rows = part.end - part.start
    const [from, to] = [Math.max(0, start - first), Math.min(rows, end - first)]
    if (from < to) yield { shard: part.shard, start: part.start + from, end: part.start + to }
    first += rows
  }
}

const pickColumns = ({ columns }: Manifest, names: ReadonlyArray<string>): Columns =>
  Object.fromEntries(
    names.map((name) => {
      const column = own(columns, name)
      if (column === undefined) throw new Error(`there is no column "${name}"`)
      return [name, column]
    })
  )
