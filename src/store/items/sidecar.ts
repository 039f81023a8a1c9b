/**
 * Sidecars: next to each shard, its items' ids, row counts, and digests in each column.
 *
 * A sidecar is an Arrow IPC file, so that pyarrow, polars and DuckDB can read it: columns `item` (Utf8),
 * `rows` (Int32) and `digest/<column>` (FixedSizeBinary of 16 bytes). The schema's metadata holds a sha256
 * over all of it: a resumed run relies on sidecars to decide what to compute again, so a damaged one must be
 * detected.
 */
import { emptyRecord } from "../../support/own.ts"
import { createHash } from "node:crypto"
import { DataType, Field, FixedSizeBinary, Int32, makeData, Schema, Utf8 } from "apache-arrow"
import { ArrowFileWriter, openArrowFile, readTexts, utf8Data } from "../format/arrow-file.ts"
import { blamingFile, FileFormatError, memorySource, MemorySink, readBytes } from "../format/bytes.ts"
import { joinedStrings, StringArray } from "../format/string-array.ts"
import { digestBytes, idsDigest } from "../format/value-digest.ts"
import type { Store } from "../store.ts"
import type { Shard } from "../records/manifest.ts"
import { damaged } from "../files/store-error.ts"

export interface Sidecar {
  readonly items: StringArray
  /** number of rows of each item */
  readonly rows: Int32Array
  /** 16 bytes per item, by column (`family/member` for tensors) */
  readonly digests: Readonly<Record<string, Uint8Array>>
}

const formatKey = "probeline.sidecar"
const checkKey = "probeline.sha256"
const format = "1"
const prefix = "digest/"

/** The bytes of a sidecar. @throws RangeError if the columns' lengths do not agree */
export function encodeSidecar({ items, rows, digests }: Sidecar): Uint8Array {
  const columns = Object.entries(digests)
  if (rows.length !== items.length)
    throw new RangeError(`sidecar: ${rows.length} row counts for ${items.length} items`)
  for (const [name, bytes] of columns)
    if (bytes.byteLength !== items.length * digestBytes)
      throw new RangeError(
        `sidecar: column "${name}" has ${bytes.byteLength} bytes of digests for ${items.length} items`
      )
  const type = new FixedSizeBinary(digestBytes)
  const schema = new Schema(
    [
      new Field("item", new Utf8(), false),
      new Field("rows", new Int32(), false),
      ...columns.map(([name]) => new Field(prefix + name, type, false))
    ],
    new Map([
      [formatKey, format],
      [checkKey, checkOf({ items, rows, digests })]
    ])
  )
  const sink = new MemorySink()
  const writer = new ArrowFileWriter(sink, schema)
  const length = items.length
  if (length > 0)
    writer.write(length, [
      utf8Data(items),
      makeData({ type: new Int32(), length, nullCount: 0, data: rows }),
      ...columns.map(([, data]) => makeData({ type, length, nullCount: 0, data }))
    ])
  writer.close()
  return sink.bytes()
}

/**
 * Reads a sidecar; its digests are copied into memory of their own.
 *
 * @param name names the file in messages
 * @throws FileFormatError if it is torn, damaged, or not a sidecar
 */
export function decodeSidecar(bytes: Uint8Array, name = "a sidecar"): Sidecar {
  return blamingFile(name, () => decode(bytes, name))
}

function decode(bytes: Uint8Array, name: string): Sidecar {
  const source = memorySource(bytes, name)
  const { schema, batches, rows: length } = openArrowFile(source)
  const wrong = (what: string) => new FileFormatError(name, what)
  const version = schema.metadata.get(formatKey)
  if (version === undefined) throw wrong("it is an Arrow file, but not a Probeline sidecar")
  if (version !== format) throw wrong(`sidecar of format ${version}; this Probeline reads format ${format}`)
  const [itemField, rowsField, ...digestFields] = schema.fields
  if (
    itemField?.name !== "item" ||
    !DataType.isUtf8(itemField.type) ||
    rowsField?.name !== "rows" ||
    !DataType.isInt(rowsField.type) ||
    rowsField.type.bitWidth !== 32 ||
    !digestFields.every(
      ({ name, type }) =>
        name.startsWith(prefix) && DataType.isFixedSizeBinary(type) && type.byteWidth === digestBytes
    )
  )
    throw wrong(`its columns are not those of a sidecar: ${schema}`)

  for (const batch of batches)
    if ((batch.buffers[4]?.length ?? -1) < batch.rows * 4)
      throw wrong("a column is shorter than its rows: it is damaged")
  const texts = batches.map((batch) => readTexts(source, batch, 1, 0, batch.rows))
  const items = texts.length === 0 ? StringArray.of([]) : joinedStrings(texts)
  const rows = new Int32Array(length)
  const digests = emptyRecord<Uint8Array>()
  for (const { name } of digestFields)
    digests[name.slice(prefix.length)] = new Uint8Array(length * digestBytes)
  for (const batch of batches) {
    // each column in turn has validity, and offsets or values; text has one more buffer
    const copy = (index: number, into: Uint8Array) => {
      const buffer = batch.buffers[index]
      if (buffer === undefined || buffer.length < into.byteLength)
        throw wrong("a column is shorter than its rows: it is damaged")
      into.set(readBytes(source, buffer.position, into.byteLength))
    }
    copy(4, new Uint8Array(rows.buffer, batch.start * 4, batch.rows * 4))
    Object.values(digests).forEach((column, i) =>
      copy(6 + 2 * i, column.subarray(batch.start * digestBytes, (batch.start + batch.rows) * digestBytes))
    )
  }
  if (schema.metadata.get(checkKey) !== checkOf({ items, rows, digests }))
    throw wrong("its sha256 differs: it is damaged")
  return { items, rows, digests }
}

/** The sha256 of ids, row counts, and each column's name and digests. */
function checkOf({ items, rows, digests }: Sidecar): string {
  const hash = createHash("sha256").update(idsDigest(items))
  hash.update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
  for (const [name, bytes] of Object.entries(digests)) hash.update(`${idsDigest([name])}`).update(bytes)
  return hash.digest("hex")
}

/** @throws Problem StoreCorrupt if the sidecar is missing or damaged */
export function readSidecar({ objects, root }: Store, { sidecar }: Shard): Sidecar {
  const bytes = objects.read(sidecar!)
  try {
    return decodeSidecar(bytes, `${root}/${objects.location(sidecar!)}`)
  } catch (error) {
    throw damaged(error, root)
  }
}
