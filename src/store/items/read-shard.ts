/** Reads shards: their columns, rows and tensors, some rows of them or all. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { type Columns, type FileHandle, isFileColumn } from "../../pipeline/columns.ts"
import type { Problem } from "../../support/problem.ts"
import { openTensors } from "../format/arrow-read.ts"
import { type ByteSource, memorySource } from "../format/bytes.ts"
import type { Manifest, Shard } from "../records/manifest.ts"
import { type FileChanged, outsideFile } from "../files/outside-file.ts"
import type { FileCell } from "../format/parquet-layout.ts"
import { openTable, type TableFile, type TableRows } from "../format/parquet-read.ts"
import { damaged } from "../files/store-error.ts"
import type { StoreCalls } from "../store.ts"
import type { ObjectRef } from "../objects/object-ref.ts"

type Op<A> = Effect.Effect<A, Problem>
export type StoredRow = Readonly<Record<string, unknown>>

export const withoutTensors = (columns: Columns): Columns =>
  Object.fromEntries(Object.entries(columns).filter(([, column]) => column.type !== "tensors"))

/** Reads some columns of rows `start` … `end − 1`. */
export type ReadRows = (file: TableFile, start: number, end: number) => Promise<TableRows>
export interface RowBatch extends TableRows {
  readonly rows: number
}

/** Bytes of a table that are read at once; of a larger one, a row group is. */
const smallTable = 2 ** 22

/**
 * Rows `start` … `end − 1` of a shard in batches, whose memory does not grow with the shard.
 *
 * @throws Problem where its table is gone or damaged
 */
export async function* shardBatches(
  store: StoreCalls,
  { table }: Shard,
  read: ReadRows,
  start: number,
  end: number
): AsyncGenerator<RowBatch> {
  try {
    if (table.bytes <= smallTable) {
      const bytes = await Effect.runPromise(store.readObject(table))
      const file = openTable(memorySource(bytes, store.objectPath(table)))
      yield { rows: end - start, ...(await read(file, start, end)) }
      return
    }
    const file = openTable(objectSource(store, table))
    for (let from = start; from < end;) {
      const to = Math.min(end, file.groups.find((row) => row > from) ?? end)
      yield { rows: to - from, ...(await read(file, from, to)) }
      from = to
    }
  } catch (error) {
    throw damaged(error, store.root)
  }
}

/** Reads some columns, files as handles; `onRefused` hears why a handle's bytes cannot be had. */
export const readColumns =
  (store: StoreCalls, columns: Columns, onRefused?: (error: FileChanged) => void): ReadRows =>
  async (file, start, end) => {
    const { items, vectors } = await file.readWithItems({ columns: Object.keys(columns), start, end })
    for (const [name, column] of Object.entries(columns))
      if (isFileColumn(column))
        vectors[name] = vectors[name]!.map((cell) => handleOf(store, cell as FileCell | null, onRefused))
    return { items, vectors }
  }

export const shardRows = (
  store: StoreCalls,
  manifest: Manifest,
  shard: Shard,
  columns: Columns,
  start: number,
  end: number
): Op<Array<StoredRow>> =>
  Effect.gen(function* () {
    const names = Object.keys(withoutTensors(columns))
    const bytes = yield* store.readObject(shard.table)
    const { items, vectors } = yield* Effect.tryPromise({
      try: async () => {
        const file = openTable(memorySource(bytes, store.objectPath(shard.table)))
        return readColumns(store, withoutTensors(columns))(file, start, end)
      },
      catch: (error) => damaged(error, store.root)
    })
    const rows = rowObjects(names, vectors, items, end - start)
    for (const [name, family] of Object.entries(manifest.families)) {
      if (!Object.hasOwn(columns, name)) continue
      const members: Array<readonly [member: string, size: number, data: Float32Array]> = []
      for (const member of family.members) {
        const file = yield* tensorsOf(store, shard.tensors[`${name}/${member}`]!)
        members.push([member, file.size, yield* readAttempt(store, () => file.read(start, end))])
      }
      rows.forEach((row, i) => {
        row[name] = Object.fromEntries(
          members.map(([member, size, data]) => [member, data.subarray(i * size, (i + 1) * size)])
        )
      })
    }
    return rows
  })

/** Rows as objects, each with its `item` where there are items. */
export function rowObjects(
  names: ReadonlyArray<string>,
  vectors: TableRows["vectors"],
  items: ReadonlyArray<string> | null,
  length: number
): Array<Record<string, unknown>> {
  return Array.from({ length }, (_, i) => {
    // a plain object, as stages expect: a column's name begins with a letter, so that none is __proto__
    const row: { [column: string]: unknown } = {}
    for (const name of names) row[name] = vectors[name]![i]
    if (items !== null) row["item"] = items[i]
    return row
  })
}

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
const handleOf = (
  store: StoreCalls,
  cell: FileCell | null,
  onRefused?: (error: FileChanged) => void
): FileHandle | null =>
  cell === null ? null : outsideFile(store.files, path.resolve(store.root, cell.path), cell, onRefused)

/** What is read here and fails is damaged. */
export const readAttempt = <A>(store: StoreCalls, act: () => A): Op<A> =>
  Effect.try({ try: act, catch: (error) => damaged(error, store.root) })
