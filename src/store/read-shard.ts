/** Reads shards: their columns, rows and tensors, some rows of them or all. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { type Columns, type FileHandle, isFileColumn } from "../pipeline/columns.ts"
import type { Problem } from "../pipeline/problem.ts"
import { openTensors } from "./arrow-read.ts"
import { type ByteSource, memorySource } from "./bytes.ts"
import type { Manifest, ObjectRef, Shard } from "./manifest.ts"
import { outsideFile } from "./outside-file.ts"
import type { FileCell } from "./parquet-layout.ts"
import { openTable, type TableFile } from "./parquet-read.ts"
import { damaged } from "./store-error.ts"
import type { StoreCalls } from "./store.ts"

type Op<A> = Effect.Effect<A, Problem>
export type Row = Readonly<Record<string, unknown>>

export const withoutTensors = (columns: Columns): Columns =>
  Object.fromEntries(Object.entries(columns).filter(([, column]) => column.type !== "tensors"))

/** Columns of a shard, `item` with them. */
export const shardColumns = (
  store: StoreCalls,
  shard: Shard,
  columns: Columns,
  start = 0,
  end = shard.rows
) =>
  Effect.flatMap(store.readObject(shard.table), (bytes) =>
    Effect.tryPromise({
      try: () => {
        const file = openTable(memorySource(bytes, store.objectPath(shard.table)))
        return columnsOf(store, file, columns, start, end)
      },
      catch: (error) => damaged(error, store.root)
    })
  )

/** Bytes of a table that are read at once; of a larger one, a row group is. */
const smallTable = 2 ** 22

/** The same in batches, whose memory does not grow with the shard. */
export async function* shardBatches(
  store: StoreCalls,
  shard: Shard,
  columns: Columns,
  start: number,
  end: number
) {
  if (shard.table.bytes <= smallTable) {
    yield await Effect.runPromise(shardColumns(store, shard, columns, start, end))
    return
  }
  try {
    const file = openTable(objectSource(store, shard.table))
    for (let from = start; from < end;) {
      const to = Math.min(end, file.groups.find((row) => row > from) ?? end)
      yield await columnsOf(store, file, columns, from, to)
      from = to
    }
  } catch (error) {
    throw damaged(error, store.root)
  }
}

async function columnsOf(
  store: StoreCalls,
  file: TableFile,
  columns: Columns,
  start: number,
  end: number
): Promise<Record<string, Array<unknown>>> {
  const { items, vectors } = await file.readWithItems({ columns: Object.keys(columns), start, end })
  for (const [name, column] of Object.entries(columns))
    if (isFileColumn(column))
      vectors[name] = vectors[name]!.map((cell) => handleOf(store, cell as FileCell | null))
  return { ...vectors, item: items ?? [] }
}

export const shardRows = (
  store: StoreCalls,
  manifest: Manifest,
  shard: Shard,
  columns: Columns,
  start: number,
  end: number
): Op<Array<Row>> =>
  Effect.gen(function* () {
    const names = Object.keys(withoutTensors(columns))
    const read = yield* shardColumns(store, shard, withoutTensors(columns), start, end)
    const rows = Array.from({ length: end - start }, (_, i): Record<string, unknown> => {
      const row = Object.fromEntries(names.map((name) => [name, read[name]![i]]))
      return manifest.label === null ? row : { ...row, item: read["item"]![i] }
    })
    for (const [name, family] of Object.entries(manifest.families)) {
      if (columns[name] === undefined) continue
      for (const row of rows) row[name] = {}
      for (const member of family.members) {
        const file = yield* tensorsOf(store, shard.tensors[`${name}/${member}`]!)
        const data = yield* readAttempt(store, () => file.read(start, end))
        rows.forEach((row, i) => {
          ;(row[name] as Record<string, Float32Array>)[member] = data.subarray(
            i * file.size,
            (i + 1) * file.size
          )
        })
      }
    }
    return rows
  })

export const tensorsOf = (store: StoreCalls, object: ObjectRef) =>
  readAttempt(store, () => openTensors(objectSource(store, object)))

const objectSource = (store: StoreCalls, object: ObjectRef): ByteSource => {
  store.checkObject(object)
  const file = store.objectPath(object)
  return {
    name: file,
    size: object.bytes,
    read(position, into) {
      const bytes = store.files.readRange(file, position, into.byteLength)
      if (bytes.byteLength < into.byteLength)
        throw new Error(`${file} ends before byte ${position + into.byteLength}`)
      into.set(bytes)
    }
  }
}

/** A path that is not absolute is the store's own. */
const handleOf = (store: StoreCalls, cell: FileCell | null): FileHandle | null =>
  cell === null ? null : outsideFile(store.files, path.resolve(store.root, cell.path), cell)

/** What is read here and fails is damaged. */
export const readAttempt = <A>(store: StoreCalls, act: () => A): Op<A> =>
  Effect.try({ try: act, catch: (error) => damaged(error, store.root) })
