/**
 * Writes a table's rows as they arrive, as one shard of any size, so that its digest depends on its rows
 * alone.
 *
 * Rows are collected into batches; a batch is digested, encoded and dropped. Memory holds one batch, the
 * encoded pages of a row group, and the buffers of the object writers (law 7).
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

/** A batch ends at this many rows, or when its cells hold this many bytes. */
const batchRows = 8192
const batchBytes = 2 ** 23

/** Rows per row group, which a stage that reads in batches gets together. */
const rowGroupRows = 2 ** 15

/** The file of one member of a family. Its writer is made with the first batch, when the shape is known. */
interface TensorOutput {
  readonly object: ObjectWriter<"arrow">
  readonly writer: TensorFileWriter
  readonly shape: ReadonlyArray<number>
}

/** Callers must end with `finish` or `abandon`. */
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
   * Takes a row that has been checked against the columns and will not change before it is written. Returns
   * true if the batch is full and needs a `flush`.
   */
  add(row: WrittenCells): boolean {
    this.#batch.push(row)
    this.#bytes += cellBytes(row)
    return this.#batch.length >= batchRows || this.#bytes >= batchBytes
  }

  /** Writes the collected rows. */
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

  /** Writes the remaining rows. The objects are then in the store, but nothing names them yet. */
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

  /** Discards everything unfinished. */
  abandon(): void {
    this.#object.abandon()
    for (const { object } of this.#tensors.values()) object.abandon()
  }
}

/**
 * Writes all rows of a table. On return its objects are in the store, but nothing names them yet; on an error
 * it leaves no temporary file.
 *
 * @param check throws if a row does not fit the columns
 * @throws Problem if checked rows cannot be written; also whatever `rows` and `check` throw
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
