/** Tables of all of an artifact's shards: kept as objects, remembered in the cache by the artifact's digest. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { column } from "../pipeline/columns.ts"
import { Problem } from "../pipeline/problem.ts"
import { type ByteSource, memorySource, MemorySink } from "./bytes.ts"
import type { Manifest, ObjectRef } from "./manifest.ts"
import { openTable } from "./parquet-read.ts"
import { encodeParquet, TableWriter } from "./parquet-write.ts"
import { artifactItems } from "./read-artifact.ts"
import type { StoreCalls } from "./store.ts"

/** One Parquet table of an artifact's shards, in their order. */
export const mergedTable = (store: StoreCalls, manifest: Manifest) =>
  remembered(store, `${manifest.digest}.table`, async () => {
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
  })

/** Which part and which rows of it hold an item's tensors: item, part, row (the first), rows. */
export const itemsTable = (store: StoreCalls, manifest: Manifest) =>
  remembered(store, `${manifest.digest}.items`, async () => {
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
  })

const remembered = (store: StoreCalls, name: string, make: () => Promise<Uint8Array>) =>
  Effect.gen(function* () {
    const note = path.join(store.layout.cache, "views", `${name}.json`)
    const known = readNote(store, note)
    if (known !== null && store.files.stat(store.objectPath(known))?.size === known.bytes) return known
    const bytes = yield* Effect.tryPromise({
      try: make,
      catch: (error) =>
        new Problem("StoreCorrupt", `a table could not be put together: ${(error as Error).message}`, {
          file: store.root,
          cause: error
        })
    })
    const object: ObjectRef = yield* store.putObject(bytes, "parquet")
    try {
      store.files.makeFolder(path.dirname(note))
      store.files.remove(note)
      store.files.write(note, JSON.stringify(object))
    } catch {
      // a cache: the table is put together again next time
    }
    return object
  })

function readNote(store: StoreCalls, note: string): ObjectRef | null {
  try {
    const bytes = store.files.readIfPresent(note)
    return bytes === null ? null : (JSON.parse(Buffer.from(bytes).toString("utf8")) as ObjectRef)
  } catch {
    return null
  }
}
