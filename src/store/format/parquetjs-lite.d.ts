/**
 * Types for the parts of parquetjs-lite 0.8.7 that `parquet-write.ts` uses. Some are internals and not its
 * public interface, so the version is pinned.
 */
declare module "parquetjs-lite" {
  export type PrimitiveType = "BOOLEAN" | "INT32" | "INT64" | "DOUBLE" | "UTF8"
  export interface FieldSpec {
    type?: PrimitiveType | "LIST"
    optional?: boolean
    repeated?: boolean
    compression?: "SNAPPY" | "UNCOMPRESSED"
    statistics?: false
    fields?: Record<string, FieldSpec>
  }
  export interface Field {
    readonly name: string
    /** joined by commas when used as an object key */
    readonly path: ReadonlyArray<string>
    readonly isNested?: boolean
    readonly rLevelMax: number
    readonly dLevelMax: number
  }
  export interface ColumnBuffer {
    /** repetition and definition levels, one per value or null */
    rlevels: Array<number>
    dlevels: Array<number>
    /** without nulls; texts are replaced by their bytes in place */
    values: ArrayLike<unknown>
    distinct_values: Set<unknown>
    count: number
  }
  export interface Page {
    readonly page: Buffer
  }
  export interface RowBuffer {
    rowCount: number
    pageRowCount: number
    columnData: Record<string, ColumnBuffer>
    pages: Record<string, Array<Page>>
  }
  export interface Envelope {
    writeHeader(): unknown
    writeRowGroup(rows: RowBuffer): unknown
    writeIndex(): unknown
    writeFooter(metadata: Record<string, string>): unknown
    close(): unknown
  }
  class ParquetSchema {
    constructor(fields: Record<string, FieldSpec>)
    readonly fieldList: ReadonlyArray<Field>
  }
  interface Options {
    useDataPageV2: false
    pageIndex: false
  }
  class ParquetEnvelopeWriter implements Envelope {
    constructor(
      schema: ParquetSchema,
      write: (bytes: Buffer) => void,
      close: () => void,
      offset: number,
      options: Options
    )
    writeHeader(): unknown
    writeRowGroup(rows: RowBuffer): unknown
    writeIndex(): unknown
    writeFooter(metadata: Record<string, string>): unknown
    close(): unknown
  }
  class ParquetWriter {
    constructor(schema: ParquetSchema, envelope: Envelope, options: Options)
    rowBuffer: RowBuffer
    closed: boolean
    close(): Promise<void>
  }
  const parquet: {
    readonly ParquetSchema: typeof ParquetSchema
    readonly ParquetEnvelopeWriter: typeof ParquetEnvelopeWriter
    readonly ParquetWriter: typeof ParquetWriter
  }
  export default parquet
}
