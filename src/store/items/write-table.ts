/**
 * Writes the rows of a table as they come: its one shard, whatever its size, so that its digest is of its rows alone.
 *
 * Rows are gathered in batches; a batch is digested, encoded and dropped. Memory holds a batch, the encoded pages of a
 * row group, and what the writers of objects keep (law 7).
 */
import { emptyRecord } from "../../support/own.ts"
import { TensorFileWriter } from "../format/arrow-write.ts"
import type { Shard } from "../records/manifest.ts"
import type { ObjectWriter } from "../objects/object-writer.ts"
import { TableWriter } from "../format/parquet-write.ts"
import { RowColumns, type WrittenCells, type TensorColumn } from "./row-columns.ts"
import type { Store } from "../store.ts"
import { TableDigester } from "../format/table-digest.ts"
import { invalidOutput, type ShardHead, type WrittenShard } from "./write-shard.ts"
import type { ObjectRef } from "../objects/object-ref.ts"
import { cellBytes } from "../format/cell.ts"

/** A batch ends at so many rows, or when its cells hold so many bytes. */
const batchRows = 8192
const batchBytes = 2 ** 23

/** Rows that are read together, where a stage reads in batches. */
const rowGroupRows = 2 ** 15

/** A file of one member of a family; its writer is made with the first batch, which knows the shape. */
interface TensorOutput {
  readonly object: ObjectWriter<"arrow">
  readonly writer: TensorFileWriter
  readonly shape: ReadonlyArray<number>
}

/** Ends with `finish` or `abandon`. */
class TableShardWriter {
  readonly #store: Store
  readonly #head: ShardHead
  readonly #rowColumns: RowColumns
  readonly #digester: TableDigester
  readonly #object: ObjectWriter<"parquet">
  readonly #table: TableWriter
  readonly #tensors = new Map<string, TensorOutput>()
  #batch: Array<WrittenCells> = []
  #bytes = 0
  #rows = 0

  constructor(store: Store, head: ShardHead) {
    this.#store = store
    this.#head = head
    this.#rowColumns = new RowColumns(store.objects, head.columns)
    this.#object = store.objects.writer("parquet")
    try {
      this.#digester = new TableDigester(head.columns)
      this.#table = new TableWriter(this.#object, { columns: head.columns, idColumn: null, rowGroupRows })
    } catch (error) {
      throw invalidOutput(head.node, error)
    }
  }

  /**
   * Takes a row, which has been checked against the columns and is not changed before it is written. True when a batch
   * is full: then it is time to `flush`.
   */
  add(row: WrittenCells): boolean {
    this.#batch.push(row)
    this.#bytes += cellBytes(row)
    return this.#batch.length >= batchRows || this.#bytes >= batchBytes
  }

  /** Writes what has been gathered. */
  async flush(): Promise<void> {
    const rows = this.#batch.length
    if (rows === 0) return
    try {
      const { vectors, tensors } = this.#rowColumns.of(this.#batch)
      this.#batch = []
      this.#bytes = 0
      this.#digester.add(vectors, tensors, rows)
      await this.#table.write({ rows, items: null, vectors })
      for (const [family, members] of Object.entries(tensors))
        for (const [member, tensor] of Object.entries(members)) this.#writeTensor(family, member, tensor)
    } catch (error) {
      throw invalidOutput(this.#head.node, error)
    }
    this.#rows += rows
  }

  #writeTensor(family: string, member: string, { shape, data, halves }: TensorColumn): void {
    let output = this.#tensors.get(`${family}/${member}`)
    if (output === undefined) {
      const object = this.#store.objects.writer("arrow")
      const dims = this.#head.columns[family]!.detail as ReadonlyArray<string>
      const elements = halves === null ? "float32" : "float16"
      const writer = new TensorFileWriter(object, { family, member, shape, dims, elements, idColumn: null })
      this.#tensors.set(`${family}/${member}`, (output = { object, writer, shape }))
    }
    output.writer.write(halves ?? data, null)
  }

  /** Writes what is left. The objects are in the store; nothing names them yet. */
  async finish(): Promise<WrittenShard> {
    await this.flush()
    await this.#table.close()
    const table = this.#object.finish()
    const tensors = emptyRecord<ObjectRef>()
    const shapes = emptyRecord<ReadonlyArray<number>>()
    for (const [name, { object, writer, shape }] of this.#tensors) {
      writer.close()
      tensors[name] = object.finish()
      shapes[name] = shape
    }
    const files = this.#rowColumns.files
    const shard: Shard = { items: 1, rows: this.#rows, table, sidecar: null, tensors, shapes, files }
    return { shard, ids: [""], digests: this.#digester.finish(), rows: Int32Array.of(this.#rows) }
  }

  /** Leaves nothing behind of what is not finished. */
  abandon(): void {
    this.#object.abandon()
    for (const { object } of this.#tensors.values()) object.abandon()
  }
}

/**
 * Writes all rows of a table. Its objects are in the store when it ends, and nothing names them yet; where it throws,
 * it leaves no temporary file.
 *
 * @param check throws where a row does not fit the columns
 * @throws Problem when what was checked cannot be written, and whatever `rows` and `check` throw
 */
export async function writeTable(
  store: Store,
  head: ShardHead,
  rows: AsyncIterable<unknown> | Iterable<unknown>,
  check: (row: unknown) => asserts row is WrittenCells
): Promise<WrittenShard> {
  const writer = new TableShardWriter(store, head)
  try {
    for await (const row of rows) {
      check(row)
      if (writer.add(row)) await writer.flush()
    }
    return await writer.finish()
  } catch (error) {
    writer.abandon()
    throw error
  }
}
