/** Reads shards: columns, rows and tensors, for some rows or all. */
import * as path from "node:path"
import { type Columns, type FileHandle, isFileColumn } from "../../pipeline/columns.ts"
import { openTensors, type TensorFile } from "../format/arrow-read.ts"
import { memorySource } from "../format/bytes.ts"
import type { Manifest, Shard } from "../records/manifest.ts"
import { type FileChanged, outsideFile } from "../files/outside-file.ts"
import type { FileCell } from "../format/parquet-layout.ts"
import { openTable, type TableFile, type TableRows } from "../format/parquet-read.ts"
import { damaged } from "../files/store-error.ts"
import type { Store } from "../store.ts"
import type { ObjectRef } from "../objects/object-ref.ts"

export type StoredRow = Readonly<Record<string, unknown>>

export const withoutTensors = (columns: Columns): Columns =>
  Object.fromEntries(Object.entries(columns).filter(([, column]) => column.type !== "tensors"))

/** Reads some columns of rows `start` … `end − 1`. */
export type ReadRows = (file: TableFile, start: number, end: number) => Promise<TableRows>
export interface RowBatch extends TableRows {
  readonly rows: number
}

/** The largest table, in bytes, that is read at once; of a larger one, only the row groups that are wanted. */
const smallTable = 2 ** 22

/**
 * Rows `start` … `end − 1` of a shard in batches, in memory independent of the shard's size.
 *
 * @throws Problem if its table is missing or damaged
 */
export async function* shardBatches(
  store: Store,
  { table }: Shard,
  read: ReadRows,
  start: number,
  end: number
): AsyncGenerator<RowBatch> {
  try {
    if (table.bytes <= smallTable) {
      const file = wholeTable(store, table)
      yield { rows: end - start, ...(await read(file, start, end)) }
      return
    }
    const file = openTable(store.objects.open(table))
    for (let from = start; from < end;) {
      const to = Math.min(end, file.groups.find((row) => row > from) ?? end)
      yield { rows: to - from, ...(await read(file, from, to)) }
      from = to
    }
  } catch (error) {
    throw damaged(error, store.root)
  }
}

/**
 * Reads some columns, with files as handles; `onRefused` receives the reason when a handle's bytes cannot be
 * read.
 */
export const readColumns =
  (store: Store, columns: Columns, onRefused?: (error: FileChanged) => void): ReadRows =>
  async (file, start, end) => {
    const { items, vectors } = await file.readWithItems({ columns: Object.keys(columns), start, end })
    for (const [name, column] of Object.entries(columns))
      if (isFileColumn(column))
        vectors[name] = vectors[name]!.map((cell) => handleOf(store, cell as FileCell | null, onRefused))
    return { items, vectors }
  }

/**
 * Rows `start` … `end − 1` of a shard, with their tensors. @throws Problem if an object is missing or damaged
 */
export async function shardRows(
  store: Store,
  families: Manifest["families"],
  shard: Shard,
  columns: Columns,
  start: number,
  end: number
): Promise<Array<StoredRow>> {
  const plain = withoutTensors(columns)
  try {
    const { items, vectors } = await readColumns(store, plain)(tableOf(store, shard.table), start, end)
    const rows = rowObjects(Object.keys(plain), vectors, items, end - start)
    for (const [name, family] of Object.entries(families)) {
      if (!Object.hasOwn(columns, name)) continue
      const members = family.members.map((member) => {
        const file = openMember(store, shard, name, member)
        return [member, file.size, file.read(start, end)] as const
      })
      rows.forEach((row, i) => {
        row[name] = Object.fromEntries(
          members.map(([member, size, data]) => [member, data.subarray(i * size, (i + 1) * size)])
        )
      })
    }
    return rows
  } catch (error) {
    throw damaged(error, store.root)
  }
}

const tableOf = (store: Store, table: ObjectRef): TableFile =>
  table.bytes <= smallTable ? wholeTable(store, table) : openTable(store.objects.open(table))

const wholeTable = ({ objects, root }: Store, table: ObjectRef): TableFile =>
  openTable(memorySource(objects.read(table), `${root}/${objects.location(table)}`))

/** Rows as objects, each with its `item` if there are items. */
export function rowObjects(
  names: ReadonlyArray<string>,
  vectors: TableRows["vectors"],
  items: ReadonlyArray<string> | null,
  length: number
): Array<Record<string, unknown>> {
  return Array.from({ length }, (_, i) => {
    // a plain object, as stages expect; safe because column names begin with a letter, so none is __proto__
    const row: { [column: string]: unknown } = {}
    for (const name of names) row[name] = vectors[name]![i]
    if (items !== null) row["item"] = items[i]
    return row
  })
}

/** The tensors of one member of a family. @throws Problem StoreCorrupt */
export function openMember(store: Store, shard: Shard, family: string, member: string): TensorFile {
  try {
    return openTensors(store.objects.open(shard.tensors[`${family}/${member}`]!))
  } catch (error) {
    throw damaged(error, store.root)
  }
}

/** A relative path is one in the store. */
const handleOf = (
  store: Store,
  cell: FileCell | null,
  onRefused?: (error: FileChanged) => void
): FileHandle | null =>
  cell === null ? null : outsideFile(store.files, path.resolve(store.root, cell.path), cell, onRefused)
