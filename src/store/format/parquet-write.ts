/**
 * Writes tables: Parquet files of all columns but tensors, column by column.
 *
 * parquetjs-lite's own `appendRow` is 10 times slower and refuses NaN, so this code fills the library's row
 * buffer from columns. It avoids the parts that are broken: no statistics (those of text are in the wrong
 * order, so DuckDB would skip matching rows), no page index, V1 pages (V2 miscounts the rows of lists), plain
 * encoding. Format: https://parquet.apache.org/docs/file-format/
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
  /** the name of the id column, which comes first; null in a table without items */
  readonly idColumn: string | null
  /** the most rows per row group; default: 100,000. Very large rows make smaller groups. */
  readonly rowGroupRows?: number
}
/**
 * Rows, column by column, of valid cells (`cell.ts`). File columns hold `FileCell`s; tensors are left out.
 */
export interface TableBatch {
  readonly rows: number
  /** each row's item; null in a table without items */
  readonly items: ReadonlyArray<string> | null
  readonly vectors: Readonly<Record<string, ArrayLike<unknown>>>
}

const options = { useDataPageV2: false, pageIndex: false } as const
/** A row group ends when its encoded pages exceed this many bytes. */
const groupBytes = 2 ** 25
/**
 * It also ends when its lists hold this many values: a reader of some rows decodes the group from its start, and large
 * lists may compress to little.
 */
const groupListValues = 2 ** 19
/** Values per page: encoding a page's levels takes time quadratic in their number. */
const pageValues = 20_000

/** Used to encode pages only: the real envelope gets them when the row group is full. */
const noEnvelope: Envelope = {
  writeHeader() {},
  writeRowGroup() {},
  writeIndex() {},
  writeFooter() {},
  close() {}
}

/** Pages by column. The library wants an object; without a prototype it has no inherited names. */
const noPages = () => emptyRecord<Array<Page>>()

/** Writes a table batch by batch. Successive batches fill one row group, and only its pages are in memory. */
export class TableWriter {
  readonly #physical: ReadonlyArray<Physical>
  readonly #head: TableHead
  readonly #schema: InstanceType<typeof parquet.ParquetSchema>
  readonly #envelope: Envelope
  readonly #pager: InstanceType<typeof parquet.ParquetWriter>
  /** the pages of the open row group, by column */
  #pages = noPages()
  #rows = 0
  #bytes = 0
  #listValues = 0
  /** @throws TypeError if a column cannot be stored in Parquet, or two columns have the same name */
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

  /** @throws TypeError if a column is missing or has the wrong number of rows */
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
      for (const list of lists) this.#listValues += valuesOf(list, from, to)
      from = to
      const isFull = this.#bytes > groupBytes || this.#listValues > groupListValues
      if (this.#rows === rowGroupRows || isFull) await this.#endGroup()
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
    this.#rows = this.#bytes = this.#listValues = 0
  }

  /** Completes the file; without this call there is no file. */
  async close(): Promise<void> {
    const { columns, idColumn } = this.#head
    await this.#endGroup()
    await thrownAsError(() =>
      this.#envelope.writeFooter({
        [tableMetadata.format]: tableFormat,
        // as entries, because canonical JSON would lose their order
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
  // Parquet's LIST has three levels: an optional group, a repeated group, the element
  return list
    ? { type: "LIST", optional, fields: { list: { repeated: true, fields: { element: value } } } }
    : { ...value, optional }
}

/**
 * The index after the page's last row. It keeps a list column from far exceeding the page's number of values.
 */
function pageEnd(lists: ReadonlyArray<ArrayLike<unknown>>, from: number, end: number): number {
  let to = Math.min(end, from + pageValues)
  for (const list of lists) {
    let values = 0
    for (let row = from; row < to; row++) {
      values += valuesOf(list, row, row + 1)
      if (values > pageValues && row > from) to = row
    }
  }
  return to
}

/** A null counts as one: it takes a level. */
function valuesOf(list: ArrayLike<unknown>, from: number, to: number): number {
  let values = 0
  for (let row = from; row < to; row++) values += (list[row] as ArrayLike<unknown> | null)?.length ?? 1
  return values
}

/** parquetjs-lite throws strings. */
async function thrownAsError(act: () => unknown): Promise<void> {
  try {
    await act()
  } catch (error) {
    throw error instanceof Error ? error : new Error(`could not write Parquet: ${String(error)}`)
  }
}
