/**
 * Tables: Parquet files of all columns but tensors, written column by column.
 *
 * parquetjs-lite's own `appendRow` is 10 times slower and refuses NaN, so its row buffer is filled from columns
 * here. What is wrong in it is not used: no statistics (its text ones are in the wrong order, so that DuckDB
 * would skip rows that match), no page index, V1 pages (V2 miscounts the rows of lists), plain encoding.
 * Format: https://parquet.apache.org/docs/file-format/
 */
import { emptyRecord, own } from "../../support/own.ts"
import parquet, { type ColumnBuffer, type Envelope, type FieldSpec, type Page } from "parquetjs-lite"
import type { Columns } from "../../pipeline/columns.ts"
import { type ByteSink, MemorySink } from "./bytes.ts"
import { canonicalJson } from "./canonical-json.ts"
import { type Physical, physicalTable, tableFormat, tableMetadata } from "./parquet-layout.ts"
import { levelsAndValues } from "./parquet-levels.ts"

export interface TableHead {
  readonly columns: Columns
  /** the name of the id column, which comes first; null in a table of no items */
  readonly idColumn: string | null
  /** rows a row group, at most: 100,000; fewer where they have very many bytes */
  readonly rowGroupRows?: number
}
/** Rows, column by column, of valid cells (`cell.ts`). File columns hold `FileCell`s; tensors are not here. */
export interface TableBatch {
  readonly rows: number
  /** each row's item; null in a table */
  readonly items: ReadonlyArray<string> | null
  readonly vectors: Readonly<Record<string, ArrayLike<unknown>>>
}

const options = { useDataPageV2: false, pageIndex: false } as const
/** Bytes of a row group's pages, encoded, above which it ends. */
const groupBytes = 2 ** 25
/** Values a page: its levels are encoded in time that grows with the square of them. */
const pageValues = 20_000

/** Encodes pages and nothing else: the real envelope gets them when the row group is full. */
const noEnvelope: Envelope = {
  writeHeader() {},
  writeRowGroup() {},
  writeIndex() {},
  writeFooter() {},
  close() {}
}

/** By column. The library wants an object; without a prototype it has no names but its own. */
const noPages = () => emptyRecord<Array<Page>>()

/** Writes a table batch by batch; memory holds the pages of one row group, which batches fill together. */
export class TableWriter {
  readonly #physical: ReadonlyArray<Physical>
  readonly #head: TableHead
  readonly #schema: InstanceType<typeof parquet.ParquetSchema>
  readonly #envelope: Envelope
  readonly #pager: InstanceType<typeof parquet.ParquetWriter>
  /** the open row group: its pages by column */
  #pages = noPages()
  #rows = 0
  #bytes = 0
  /** @throws TypeError when a column cannot be stored in Parquet, or two would have one name */
  constructor(sink: ByteSink, head: TableHead) {
    this.#head = head
    this.#physical = physicalTable(head.columns, head.idColumn)
    if (this.#physical.length === 0) throw new TypeError("a table without columns cannot be stored")
    this.#schema = new parquet.ParquetSchema(
      Object.fromEntries(this.#physical.map((column) => [column.name, fieldSpec(column)]))
    )
    this.#envelope = new parquet.ParquetEnvelopeWriter(
      this.#schema,
      (bytes) => sink.write([bytes]),
      () => {},
      0,
      options
    )
    this.#envelope.writeHeader()
    this.#pager = new parquet.ParquetWriter(this.#schema, noEnvelope, options)
  }

  /** @throws TypeError when a column is missing or has not as many rows */
  async write({ rows, items, vectors }: TableBatch): Promise<void> {
    const { idColumn, rowGroupRows = 100_000 } = this.#head
    const sources = this.#physical.map((column) => {
      const declared = this.#declaredName(column)
      const vector = column.name === idColumn ? items : own(vectors, declared)
      if (vector === null || vector === undefined) throw new TypeError(`column "${declared}" is missing`)
      if (vector.length !== rows)
        throw new TypeError(`column "${declared}" has ${vector.length} rows, ${rows} were expected`)
      return vector
    })
    const lists = sources.filter((_, i) => this.#physical[i]!.list)
    for (let from = 0; from < rows;) {
      const to = pageEnd(lists, from, Math.min(rows, from + rowGroupRows - this.#rows))
      await this.#writePage(sources, from, to)
      from = to
      if (this.#rows === rowGroupRows || this.#bytes > groupBytes) await this.#endGroup()
    }
  }

  #declaredName({ name, part }: Physical): string {
    return part === null ? name : name.slice(0, -part.length - 1)
  }

  async #writePage(sources: ReadonlyArray<ArrayLike<unknown>>, from: number, to: number): Promise<void> {
    const columnData = emptyRecord<ColumnBuffer>()
    let i = 0
    for (const { path, isNested } of this.#schema.fieldList) {
      // the levels above a list's elements hold no values
      if (isNested) continue
      this.#pages[String(path)] ??= []
      columnData[String(path)] = levelsAndValues(this.#physical[i]!, sources[i]!, from, to)
      i++
    }
    const rows = to - from
    this.#pager.rowBuffer = { rowCount: rows, pageRowCount: rows, columnData, pages: this.#pages }
    this.#pager.closed = false
    await thrownAsError(() => this.#pager.close())
    this.#rows += rows
    for (const path of Object.keys(columnData)) this.#bytes += this.#pages[path]!.at(-1)!.page.byteLength
  }

  async #endGroup(): Promise<void> {
    if (this.#rows === 0) return
    const group = { rowCount: this.#rows, pageRowCount: 0, columnData: {}, pages: this.#pages }
    await thrownAsError(() => this.#envelope.writeRowGroup(group))
    this.#pages = noPages()
    this.#rows = this.#bytes = 0
  }

  /** Ends the file; without it, there is none. */
  async close(): Promise<void> {
    const { columns, idColumn } = this.#head
    await this.#endGroup()
    await thrownAsError(() =>
      this.#envelope.writeFooter({
        [tableMetadata.format]: tableFormat,
        // in their order, which canonical JSON would lose
        [tableMetadata.columns]: canonicalJson(Object.entries(columns)),
        ...(idColumn === null ? {} : { [tableMetadata.label]: idColumn })
      })
    )
  }
}

/** A whole table in memory. Throws as `TableWriter` does. */
export async function encodeParquet(table: TableHead & TableBatch): Promise<Uint8Array> {
  const sink = new MemorySink()
  const writer = new TableWriter(sink, table)
  await writer.write(table)
  await writer.close()
  return sink.bytes()
}

function fieldSpec({ type, optional, list }: Physical): FieldSpec {
  const value: FieldSpec = { type, compression: "SNAPPY", statistics: false }
  // three levels, as Parquet's LIST is: an optional group, a repeated group, the element
  return list
    ? { type: "LIST", optional, fields: { list: { repeated: true, fields: { element: value } } } }
    : { ...value, optional }
}

/** The first row that the page does not hold, so that no list column has many more values than a page should. */
function pageEnd(lists: ReadonlyArray<ArrayLike<unknown>>, from: number, end: number): number {
  let to = Math.min(end, from + pageValues)
  for (const list of lists) {
    let values = 0
    for (let row = from; row < to; row++) {
      values += (list[row] as ArrayLike<unknown> | null)?.length ?? 1
      if (values > pageValues && row > from) to = row
    }
  }
  return to
}

/** parquetjs-lite throws texts. */
async function thrownAsError(act: () => unknown): Promise<void> {
  try {
    await act()
  } catch (error) {
    throw error instanceof Error ? error : new Error(`could not write Parquet: ${String(error)}`)
  }
}
