/** Tables of all of an artifact's shards, for its view. */
import * as Effect from "effect/Effect"
import { column } from "../pipeline/columns.ts"
import { type ByteSource, memorySource, MemorySink } from "./bytes.ts"
import type { Manifest } from "./manifest.ts"
import { openTable } from "./parquet-read.ts"
import { encodeParquet, TableWriter } from "./parquet-write.ts"
import { artifactItems } from "./read-artifact.ts"
import type { StoreCalls } from "./store.ts"

/** One Parquet table of an artifact's shards, in their order. */
export async function mergedTable(store: StoreCalls, manifest: Manifest): Promise<Uint8Array> {
  const sink = new MemorySink()
  const writer = new TableWriter(sink, { columns: manifest.columns, itemLabel: manifest.label })
  for (const shard of manifest.shards) {
    const bytes = await Effect.runPromise(store.readObject(shard.table))
    const source: ByteSource = memorySource(bytes, store.objectPath(shard.table))
    const file = openTable(source)
    await writer.write({ rows: file.rows, items: await file.items(), vectors: await file.read() })
  }
  await writer.close()
  return sink.bytes()
}

/** Which part and which rows of it hold an item's tensors: item, part, row (the first), rows. */
export async function itemsTable(store: StoreCalls, manifest: Manifest): Promise<Uint8Array> {
  const { ids, rows } = await Effect.runPromise(artifactItems(store, manifest))
  const [part, row]: [Array<number>, Array<number>] = [[], []]
  const filled = manifest.shards.filter((shard) => shard.rows > 0)
  let at = 0
  for (const shard of manifest.shards) {
    let first = 0
    for (let i = 0; i < shard.items; i++, at++) {
      part.push(Math.max(0, filled.indexOf(shard)))
      row.push(first)
      first += rows[at]!
    }
  }
  return encodeParquet({
    columns: { part: column.int32(), row: column.int32(), rows: column.int32() },
    itemLabel: manifest.label ?? "item",
    rows: ids.length,
    items: ids,
    vectors: { part, row, rows }
  })
}
