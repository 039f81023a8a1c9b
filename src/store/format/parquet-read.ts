/** Reads tables (format: `parquet-layout.ts`): the requested columns of all rows or some. */
import { own } from "../../support/own.ts"
import { type AsyncBuffer, type FileMetaData, parquetMetadata, parquetScan } from "hyparquet"
import type { AnyColumn, Columns } from "../../pipeline/columns.ts"
import { utf8 } from "../../support/utf8.ts"
import { blamingFile, type ByteSource, FileFormatError, readBytes } from "./bytes.ts"
import { type FileCell, physicalColumns, tableFormat, tableMetadata } from "./parquet-layout.ts"
import { unsnappy } from "./snappy.ts"

export interface TableRange {
  /** names of declared columns; default: all but tensors */
  readonly columns?: ReadonlyArray<string>
  /** rows `start` … `end − 1`; default: all */
  readonly start?: number
  readonly end?: number
}
export interface TableFile {
  readonly columns: Columns
  /** the name of the id column; null in a table without items */
  readonly idColumn: string | null
  readonly rows: number
  /** The start of each row group, then the row count: reads of whole groups are the cheapest. */
  readonly groups: ReadonlyArray<number>
  /** Rows by column, one plain array each; file columns hold `FileCell`s. */
  read(range?: TableRange): Promise<Record<string, Array<unknown>>>
  /** The item id of each of those rows; null in a table without items. */
  items(start?: number, end?: number): Promise<Array<string> | null>
  /** Both in one read, for little more than the cost of one of them. */
  readWithItems(range?: TableRange): Promise<TableRows>
}

export interface TableRows {
  readonly items: Array<string> | null
  readonly vectors: Record<string, Array<unknown>>
}

/**
 * Opens a table: reads its footer, but no rows.
 *
 * @throws FileFormatError if it is torn or damaged, or does not have the form that `parquet-write.ts` writes
 */
export const openTable = (source: ByteSource): TableFile => blamingFile(source.name, () => open(source))

function open(source: ByteSource): TableFile {
  const metadata = readFooter(source)
  const wrong = (what: string) => new FileFormatError(source.name, what)
  const meta = new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value]))
  const format = meta.get(tableMetadata.format)
  const declared = meta.get(tableMetadata.columns)
  if (format === undefined || declared === undefined)
    throw wrong("it is a Parquet file, but not a Probeline table (its footer declares no columns)")
  if (format !== tableFormat)
    throw wrong(`table of format ${format}; this Probeline reads format ${tableFormat}`)
  const columns = Object.fromEntries(JSON.parse(declared) as Array<[string, AnyColumn]>) as Columns
  // finds a damaged declaration now, before anything reads its column
  for (const [name, column] of Object.entries(columns)) physicalColumns(name, column)
  const idColumn = meta.get(tableMetadata.label) ?? null
  const groups = [0]
  for (const group of metadata.row_groups) groups.push(groups.at(-1)! + Number(group.num_rows))
  const rows = Number(metadata.num_rows)
  if (groups.at(-1) !== rows)
    throw wrong(`its row groups have ${groups.at(-1)} rows, its footer says ${rows}: it is damaged`)

  const file: AsyncBuffer = {
    byteLength: source.size,
    slice: (start, end = source.size) => readBytes(source, start, end - start).buffer as ArrayBuffer
  }
  /** Parquet columns by name, each cut to the row range. */
  async function readPhysical(names: ReadonlyArray<string>, start: number, end: number) {
    if (!(start >= 0 && start <= end && end <= rows))
      throw new RangeError(`${source.name}: rows ${start} … ${end} of a table of ${rows} rows`)
    const result: Record<string, Array<unknown>> = Object.fromEntries(names.map((name) => [name, []]))
    if (start === end || names.length === 0) return result
    try {
      const scan = await parquetScan({
        file,
        metadata,
        columns: [...names],
        rowStart: start,
        rowEnd: end,
        useOffsetIndex: false,
        parsers: { stringFromBytes: text },
        compressors: { SNAPPY: unsnappy },
        geoparquet: false
      })
      for (const range of scan.ranges)
        for (const name of names) {
          const values = await scan.readColumn({
            column: name,
            rowStart: range.rowStart,
            rowEnd: range.rowEnd
          })
          const into = result[name]!
          // some of hyparquet's code paths yield undefined for null
          for (let i = 0; i < values.length; i++) into.push((values[i] as unknown) ?? null)
        }
    } catch (error) {
      if (error instanceof FileFormatError) throw error
      throw new FileFormatError(
        source.name,
        `its rows cannot be read: it is damaged (${(error as Error).message})`,
        error
      )
    }
    for (const name of names)
      if (result[name]!.length !== end - start)
        throw wrong(`column "${name}" gave ${result[name]!.length} of ${end - start} rows: it is damaged`)
    return result
  }

  async function read(
    { columns: names, start = 0, end = rows }: TableRange,
    withItems: boolean
  ): Promise<TableRows> {
    const wanted =
      names ?? Object.keys(columns).filter((name) => physicalColumns(name, columns[name]!).length > 0)
    const physical = wanted.map((name) => {
      const column = own(columns, name)
      if (column === undefined)
        throw new RangeError(
          `${source.name}: no column "${name}"; there are ${Object.keys(columns).join(", ")}`
        )
      return [name, physicalColumns(name, column)] as const
    })
    const items = withItems ? idColumn : null
    const flat = await readPhysical(
      [
        ...(items === null ? [] : [items]),
        ...physical.flatMap(([, parts]) => parts.map((part) => part.name))
      ],
      start,
      end
    )
    const vectors = physical.flatMap(([name, parts]): ReadonlyArray<[string, Array<unknown>]> => {
      if (parts.length === 3) return [[name, fileCells(name, flat)]]
      if (parts[0]?.kind === "json")
        return [[name, flat[name]!.map((json) => (json === null ? null : JSON.parse(json as string)))]]
      return parts.length === 1 ? [[name, flat[name]!]] : []
    })
    return {
      items: items === null ? null : (flat[items] as Array<string>),
      vectors: Object.fromEntries(vectors)
    }
  }

  return {
    columns,
    idColumn,
    rows,
    groups,
    read: async (range = {}) => (await read(range, false)).vectors,
    readWithItems: (range = {}) => read(range, true),
    async items(start = 0, end = rows) {
      return idColumn === null
        ? null
        : ((await readPhysical([idColumn], start, end))[idColumn] as Array<string>)
    }
  }
}

function readFooter(source: ByteSource): FileMetaData {
  const wrong = (what: string, cause?: unknown) => new FileFormatError(source.name, what, cause)
  if (source.size < 12) throw wrong(`${source.size} bytes are too few for a Parquet file: it is torn`)
  const tail = Buffer.from(readBytes(source, source.size - 8, 8))
  if (tail.toString("latin1", 4) !== "PAR1")
    throw wrong("it is not a Parquet file, or torn (it does not end with PAR1)")
  const length = tail.readUInt32LE(0) + 8
  if (length > source.size - 4) throw wrong(`its footer of ${length} bytes is not in the file: it is damaged`)
  try {
    return parquetMetadata(readBytes(source, source.size - length, length), { geoparquet: false })
  } catch (error) {
    throw wrong(`its footer cannot be read: it is damaged (${(error as Error).message})`, error)
  }
}

/** Exact UTF-8: hyparquet's TextDecoder would drop a leading U+FEFF. */
const text = (bytes: Uint8Array | undefined) => bytes && utf8(bytes)

function fileCells(name: string, flat: Record<string, Array<unknown>>): Array<FileCell | null> {
  const sizes = flat[`${name}_size`]!
  const digests = flat[`${name}_sha256`] as Array<string>
  return (flat[`${name}_path`] as Array<string | null>).map((path, i) =>
    path === null ? null : { path, size: Number(sizes[i]), sha256: digests[i]! }
  )
}
