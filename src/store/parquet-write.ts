/**
 * Tables: Parquet files of all columns but tensors, written column by column.
 *
 * parquetjs-lite's own `appendRow` is 10 times slower and refuses NaN, so its row buffer is filled from columns
 * here. What is wrong in it is not used: no statistics (its text ones are in the wrong order, so that DuckDB
 * would skip rows that match), no page index, V1 pages (V2 miscounts the rows of lists), plain encoding.
 * Format: https://parquet.apache.org/docs/file-format/
 */
import parquet, { type ColumnBuffer, type Envelope, type FieldSpec, type Page } from "parquetjs-lite"
import type { Columns } from "../pipeline/columns.ts"
import { type ByteSink, MemorySink } from "./bytes.ts"
import { canonicalJson } from "./canonical-json.ts"
import { type Physical, physicalTable, tableFormat, tableMetadata } from "./parquet-layout.ts"
import { levelsAndValues } from "./parquet-levels.ts"

export interface TableHead {
  readonly columns: Columns
  /** the name of the id column, which comes first; null in a table of no items */
  readonly itemLabel: string | null
  /** rows a row group, at most: 100,000 */
  readonly rowGroupRows?: number
}
/** Rows, column by column. File columns hold `FileCell`s; tensors are not here. */
export interface TableBatch {
  readonly rows: number
  /** each row's item; null in a table */
  readonly items: ReadonlyArray<string> | null
  readonly vectors: Readonly<Record<string, ArrayLike<unknown>>>
}

const options = { useDataPageV2: false, pageIndex: false } as const
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

/** Writes a table batch by batch; memory holds one row group. A batch makes row groups of its own. */
export class TableWriter {
  readonly #physical: ReadonlyArray<Physical>
  readonly #head: TableHead
  readonly #schema: InstanceType<typeof parquet.ParquetSchema>
  readonly #envelope: Envelope
  /** @throws TypeError when a column cannot be stored in Parquet, or two would have one name */
  constructor(sink: ByteSink, head: TableHead) {
    this.#head = head
    this.#physical = physicalTable(head.columns, head.itemLabel)
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
  }

  /** @throws TypeError when a value does not fit its column, naming the column and the row */
  async write({ rows, items, vectors }: TableBatch): Promise<void> {
    const { itemLabel } = this.#head
    const sources = this.#physical.map((column) => {
      const declared = this.#declaredName(column)
      const vector = column.name === itemLabel ? items : vectors[declared]
      if (vector === null || vector === undefined) throw new TypeError(`column "${declared}" is missing`)
      if (vector.length !== rows)
        throw new TypeError(`column "${declared}" has ${vector.length} rows, ${rows} were expected`)
      return vector
    })
    const groupRows = this.#head.rowGroupRows ?? 100_000
    for (let start = 0; start < rows; start += groupRows)
      await this.#writeGroup(sources, start, Math.min(rows, start + groupRows))
  }

  #declaredName({ name, part }: Physical): string {
    return part === null ? name : name.slice(0, -part.length - 1)
  }

  async #writeGroup(sources: ReadonlyArray<ArrayLike<unknown>>, start: number, end: number) {
    const pages: Record<string, Array<Page>> = {}
    for (const field of this.#schema.fieldList) pages[String(field.path)] = []
    const lists = this.#physical.flatMap((column, i) => (column.list ? [sources[i]!] : []))
    const pager = new parquet.ParquetWriter(this.#schema, noEnvelope, options)
    for (let from = start; from < end;) {
      const to = pageEnd(lists, from, end)
      const columnData: Record<string, ColumnBuffer> = {}
      let i = 0
      for (const field of this.#schema.fieldList) {
        // the levels above a list's elements hold no values, but are looked up all the same
        if (field.isNested) continue
        columnData[String(field.path)] = levelsAndValues(this.#physical[i]!, sources[i]!, from, to)
        i++
      }
      pager.rowBuffer = { rowCount: to - from, pageRowCount: to - from, columnData, pages }
      pager.closed = false
      await thrownAsError(() => pager.close())
      from = to
    }
    await thrownAsError(() =>
      this.#envelope.writeRowGroup({ rowCount: end - start, pageRowCount: 0, columnData: {}, pages })
    )
  }

  /** Ends the file; without it, there is none. */
  async close(): Promise<void> {
    const { columns, itemLabel } = this.#head
    await thrownAsError(() =>
      this.#envelope.writeFooter({
        [tableMetadata.format]: tableFormat,
        // in their order, which canonical JSON would lose
        [tableMetadata.columns]: canonicalJson(Object.entries(columns)),
        ...(itemLabel === null ? {} : { [tableMetadata.label]: itemLabel })
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
