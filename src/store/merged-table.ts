/** Tables of all of an artifact's shards, for its view: written as shards are read, as objects of the store. */
import * as Effect from "effect/Effect"
import { column } from "../pipeline/columns.ts"
import { type ByteSource, memorySource } from "./bytes.ts"
import type { Manifest, ObjectRef } from "./manifest.ts"
import { ObjectWriter } from "./object-writer.ts"
import { openTable, type TableRows } from "./parquet-read.ts"
import { type TableHead, TableWriter } from "./parquet-write.ts"
import { itemIndex } from "./item-index.ts"
import { partsOf } from "./read-artifact.ts"
import type { StoreCalls } from "./store.ts"

/** Rows that are written together: a page a shard would be very many small ones. */
const pageRows = 4096

/** One Parquet table of an artifact's shards, in their order. */
export const mergedTable = (store: StoreCalls, manifest: Manifest): Promise<ObjectRef> =>
  writtenTable(store, { columns: manifest.columns, itemLabel: manifest.label }, async (writer) => {
    let group: Group | null = null
    for (const { shard, start, end } of await Effect.runPromise(partsOf(store, manifest))) {
      const bytes = await Effect.runPromise(store.readObject(shard.table))
      const source: ByteSource = memorySource(bytes, store.objectPath(shard.table))
      const file = openTable(source)
      const read = { rows: end - start, ...(await file.readWithItems({ start, end })) }
      group = group === null ? read : joined(group, read)
      if (group.rows < pageRows) continue
      await writer.write(group)
      group = null
    }
    if (group !== null) await writer.write(group)
  })

async function writtenTable(
  store: StoreCalls,
  head: TableHead,
  write: (writer: TableWriter) => Promise<void>
): Promise<ObjectRef> {
  const object = new ObjectWriter(store, "parquet")
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

type Group = TableRows & { readonly rows: number }
/** Adds the second to the first. */
function joined(first: Group, second: Group): Group {
  const append = <A>(to: Array<A>, from: ReadonlyArray<A>) => from.forEach((one) => to.push(one))
  if (first.items !== null) append(first.items, second.items!)
  for (const [name, vector] of Object.entries(first.vectors)) append(vector, second.vectors[name]!)
  return { ...first, rows: first.rows + second.rows }
}

/** Which part and which rows of it hold an item's tensors: item, part, row (the first), rows. */
export async function itemsTable(store: StoreCalls, manifest: Manifest): Promise<ObjectRef> {
  const { ids, shard, item, rows, sidecars } = await Effect.runPromise(itemIndex(store, manifest))
  // parts are the shards that have rows, as their files are numbered
  const parts = new Map<number, number>()
  manifest.shards.forEach((one, s) => one.rows > 0 && parts.set(s, parts.size))
  const before = sidecars.map((sidecar) => {
    let sum = 0
    return Int32Array.from(sidecar.rows, (count) => (sum += count) - count)
  })
  const columns = { part: column.int32(), row: column.int32(), rows: column.int32() }
  return writtenTable(store, { columns, itemLabel: manifest.label ?? "item" }, (writer) =>
    writer.write({
      rows: ids.length,
      items: ids,
      vectors: {
        part: shard.map((s) => parts.get(s) ?? 0),
        row: shard.map((s, i) => before[s]![item[i]!]!),
        rows
      }
    })
  )
}
