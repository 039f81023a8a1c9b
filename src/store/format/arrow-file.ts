/**
 * Arrow's IPC file format: a conforming writer, and the positions of the buffers for readers that want some
 * of them.
 *
 * Source: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format (magic, the whole stream with
 * its leading schema message, footer, magic). Uncompressed only: apache-arrow 21 writes a wrong length before
 * compressed buffers, and reads other writers' compressed buffers as garbage without an error.
 */
import {
  AsyncByteQueue,
  type Data,
  makeData,
  Message,
  RecordBatch,
  RecordBatchFileWriter,
  type Schema,
  Struct,
  Utf8
} from "apache-arrow"
import { Footer } from "apache-arrow/ipc/metadata/file"
import { type Block, footerBlocks, recordBatchHeader } from "./arrow-metadata.ts"
import { blamingFile, type ByteSink, type ByteSource, FileFormatError, readBytes } from "./bytes.ts"
import { StringArray } from "./string-array.ts"

/**
 * Above this, lengths in apache-arrow's messages overflow without an error; half of it is plenty for a batch.
 */
const largestBatch = 2 ** 30

/**
 * apache-arrow 21 leaves out the schema message that readers of the embedded stream need (DuckDB, arrow-rs).
 */
class ConformantWriter extends RecordBatchFileWriter {
  protected override _writeSchema(schema: Schema): this {
    return super._writeSchema(schema)._writeMessage(Message.from(schema))
  }
}

/** Passes pieces on at once; apache-arrow's own streams would hold the whole file in memory. */
class Pieces extends AsyncByteQueue {
  #pieces: Array<Uint8Array> = []
  override write(piece: Uint8Array | ArrayBufferView): void {
    this.#pieces.push(new Uint8Array(piece.buffer as ArrayBuffer, piece.byteOffset, piece.byteLength))
  }
  take(): Array<Uint8Array> {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }
}

/** Writes a file of record batches; hands a batch's buffers to the sink without copying. */
export class ArrowFileWriter {
  readonly #schema: Schema
  readonly #sink: ByteSink
  readonly #pieces = new Pieces()
  readonly #writer = new ConformantWriter()
  constructor(sink: ByteSink, schema: Schema) {
    this.#sink = sink
    this.#schema = schema
    this.#writer.reset(this.#pieces, schema)
    this.#sink.write(this.#pieces.take())
  }

  /** Adds a batch: the columns in the schema's order. @throws RangeError if the batch has 1 GiB or more */
  write(rows: number, columns: ReadonlyArray<Data>): void {
    const bytes = columns.reduce((sum, column) => sum + column.byteLength, 0)
    if (bytes >= largestBatch)
      throw new RangeError(`a record batch of ${bytes} bytes: write fewer rows at once, below 1 GiB`)
    // always the writer's own schema: given another one, apache-arrow silently closes the file
    const struct = makeData({
      type: new Struct(this.#schema.fields),
      length: rows,
      nullCount: 0,
      children: [...columns]
    })
    this.#writer.write(new RecordBatch(this.#schema, struct))
    this.#sink.write(this.#pieces.take())
  }

  close(): void {
    this.#writer.close()
    this.#sink.write(this.#pieces.take())
  }
}

/** Text as an Arrow column without nulls. */
export function utf8Data(texts: StringArray): Data<Utf8> {
  const { length, offsets: valueOffsets, bytes: data } = texts
  return makeData({ type: new Utf8(), length, nullCount: 0, valueOffsets, data })
}

export interface ArrowBuffer {
  /** within the file */
  readonly position: number
  readonly length: number
}
/** A record batch: its row count and the positions of its buffers, depth first, as Arrow orders them. */
export interface ArrowBatch {
  /** index of its first row in the file */
  readonly start: number
  readonly rows: number
  readonly buffers: ReadonlyArray<ArrowBuffer>
}
export interface ArrowFile {
  readonly schema: Schema
  readonly rows: number
  readonly batches: ReadonlyArray<ArrowBatch>
}

const magic = Buffer.from("ARROW1")
/** at the start, magic and padding; at the end, the footer's length and magic */
const headBytes = 8
const tailBytes = 10

/**
 * Reads the footer and each batch's metadata, and checks that everything they name lies within the file.
 *
 * @throws FileFormatError if the file is not an Arrow file, is torn or compressed, or has dictionaries or
 *   nulls
 */
export function openArrowFile(source: ByteSource): ArrowFile {
  const wrong = (what: string) => new FileFormatError(source.name, what)
  if (source.size < headBytes + tailBytes)
    throw wrong(`${source.size} bytes are too few for an Arrow file: it is torn`)
  if (!magic.equals(readBytes(source, 0, magic.length)))
    throw wrong(
      "it is not an Arrow IPC file (it does not start with ARROW1; the stream format is not supported)"
    )
  const tail = Buffer.from(readBytes(source, source.size - tailBytes, tailBytes))
  if (!magic.equals(tail.subarray(4))) throw wrong("it does not end with ARROW1: it is torn")
  const footerLength = tail.readInt32LE(0)
  const footerStart = source.size - tailBytes - footerLength
  if (footerLength <= 0 || footerStart < headBytes)
    throw wrong(`its footer of ${footerLength} bytes is not in the file: it is damaged`)
  return blamingFile(source.name, () =>
    readFooter(source, readBytes(source, footerStart, footerLength), footerStart)
  )
}

function readFooter(source: ByteSource, bytes: Uint8Array, footerStart: number): ArrowFile {
  const { dictionaries, batches: blocks } = footerBlocks(bytes)
  if (dictionaries > 0) throw new FileFormatError(source.name, "it has dictionaries, which are not supported")
  const batches: Array<ArrowBatch> = []
  let rows = 0
  for (const block of blocks) {
    const batch = readBatch(source, footerStart, block)
    batches.push({ start: rows, ...batch })
    rows += batch.rows
  }
  return { schema: Footer.decode(bytes).schema, rows, batches }
}

function readBatch(source: ByteSource, footerStart: number, { offset, metaDataLength, bodyLength }: Block) {
  const wrong = (what: string) =>
    new FileFormatError(source.name, `the record batch at byte ${offset} ${what}`)
  const body = offset + metaDataLength
  if (offset < headBytes || metaDataLength < 8 || body + bodyLength > footerStart)
    throw wrong("is not in the file: it is damaged")
  const meta = Buffer.from(readBytes(source, offset, metaDataLength).buffer)
  if (meta.readInt32LE(0) !== -1)
    throw wrong("has no continuation marker: the file is damaged or older than Arrow 0.15")
  const header = recordBatchHeader(meta.subarray(8))
  if (header === null) throw wrong("is not a record batch: the file is damaged")
  if (header.compressed) throw wrong("is compressed, which is not supported; write it uncompressed")
  if (header.nullCounts.some((nulls) => nulls !== 0)) throw wrong("has nulls, which are not supported")
  const buffers = header.buffers.map((buffer) => {
    if (buffer.offset + buffer.length > bodyLength)
      throw wrong("names bytes outside itself: the file is damaged")
    return { position: body + buffer.offset, length: buffer.length }
  })
  return { rows: header.rows, buffers }
}

/**
 * Rows `start` … `end − 1` of a batch's Utf8 column; its offsets are buffer `index`, its text is the next
 * buffer.
 *
 * @throws FileFormatError if an offset lies outside the text
 */
export function readTexts(
  source: ByteSource,
  batch: ArrowBatch,
  index: number,
  start: number,
  end: number
): StringArray {
  const wrong = (what: string) => new FileFormatError(source.name, `${what}: it is damaged`)
  const [offsetBuffer, textBuffer] = [batch.buffers[index], batch.buffers[index + 1]]
  const offsets = new Int32Array(end - start + 1)
  if (start === end) return new StringArray(offsets, Buffer.alloc(0))
  if (offsetBuffer === undefined || textBuffer === undefined || offsetBuffer.length < (end + 1) * 4)
    throw wrong("a column of text is shorter than its rows")
  source.read(offsetBuffer.position + start * 4, new Uint8Array(offsets.buffer))
  const first = offsets[0]!
  const last = offsets[end - start]!
  if (first < 0 || last < first || last > textBuffer.length)
    throw wrong("a column of text points outside itself")
  let before = first
  for (let i = 0; i < offsets.length; i++) {
    const at = offsets[i]!
    if (at < before || at > last) throw wrong("a column of text points outside itself")
    offsets[i] = at - first
    before = at
  }
  const text = readBytes(source, textBuffer.position + first, last - first)
  return new StringArray(offsets, Buffer.from(text.buffer))
}
