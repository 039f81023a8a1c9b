/**
 * Merges all of an artifact's shards into one table for its view, streamed from the shards into an object of
 * the store.
 */
import { column } from "../../pipeline/columns.ts"
import type { Manifest } from "../records/manifest.ts"
import { cellBytes } from "../format/cell.ts"
import { type TableHead, TableWriter } from "../format/parquet-write.ts"
import { ItemWindows } from "./item-windows.ts"
import { partsOf, rowBatches } from "./artifact-rows.ts"
import type { RowBatch } from "./read-shard.ts"
import { SegmentList, segmentsOf } from "./segments.ts"
import type { Store } from "../store.ts"
import type { ObjectRef } from "../objects/object-ref.ts"

/** Rows written together, unless their cells hold very many bytes: one page per shard would make very many small ones. */
const pageRows = 4096
const pageBytes = 2 ** 23
/** Items written together. */
const itemRows = 20_000

/** One Parquet table of an artifact's shards, in order. */
export const mergedTable = (store: Store, manifest: Manifest): Promise<ObjectRef> =>
  writtenTable(store, { columns: manifest.columns, idColumn: manifest.idColumn }, async (writer) => {
    let group: RowBatch | null = null
    let bytes = 0
    const parts = partsOf(store, manifest)
    for await (const read of rowBatches(store, parts, (file, start, end) =>
      file.readWithItems({ start, end })
    )) {
      group = group === null ? read : joined(group, read)
      bytes += cellBytes(read.vectors)
      if (group.rows < pageRows && bytes < pageBytes) continue
      await writer.write(group)
      group = null
      bytes = 0
    }
    if (group !== null) await writer.write(group)
  })

async function writtenTable(
  store: Store,
  head: TableHead,
  write: (writer: TableWriter) => Promise<void>
): Promise<ObjectRef> {
  const object = store.objects.writer("parquet")
  try {
    const writer = new TableWriter(object, head)
    await write(writer)
    await writer.close()
    return object.finish()
  } catch (error) {
    object.abandon()
    throw error
  }
}

/** Appends the second batch to the first. */
function joined(first: RowBatch, second: RowBatch): RowBatch {
  const append = <A>(to: Array<A>, from: ReadonlyArray<A>) => from.forEach((one) => to.push(one))
  if (first.items !== null) append(first.items, second.items!)
  for (const [name, vector] of Object.entries(first.vectors)) append(vector, second.vectors[name]!)
  return { ...first, rows: first.rows + second.rows }
}

/** The part and rows with an item's tensors: item, part, first row, row count. */
export async function itemsTable(store: Store, manifest: Manifest): Promise<ObjectRef> {
  const { shards } = manifest
  const places = SegmentList.of(segmentsOf(manifest))
  const windows = new ItemWindows(store, { shards, places }, [], itemRows)
  // parts are the shards with rows, in the numbering of their files
  const parts = new Map<number, number>()
  shards.forEach((one, s) => one.rows > 0 && parts.set(s, parts.size))
  const columns = { part: column.int32(), row: column.int32(), rows: column.int32() }
  return writtenTable(store, { columns, idColumn: manifest.idColumn ?? "item" }, async (writer) => {
    for (let from = 0; from < places.length; from += itemRows) {
      const to = Math.min(places.length, from + itemRows)
      const { texts, index, rows, first } = windows.read(from, to)
      const part = new Int32Array(to - from)
      for (const piece of places.pieces(from, to))
        part.fill(parts.get(piece.shard) ?? 0, piece.at - from, piece.at - from + piece.to - piece.from)
      await writer.write({
        rows: to - from,
        items: Array.from(part, (_, k) => texts[k]!.at(index[k]!)),
        vectors: { part, row: first.subarray(0, to - from), rows: rows.subarray(0, to - from) }
      })
    }
  })
}
