/**
 * Reads positions and lengths from Arrow's FlatBuffers metadata, and checks every offset that it follows.
 *
 * apache-arrow's own decoder trusts the lengths it finds: one damaged byte makes it loop until memory is
 * full. Sources: https://github.com/apache/arrow/tree/main/format (File.fbs, Message.fbs, Schema.fbs) and
 * https://flatbuffers.dev/internals/. An offset outside the metadata throws a RangeError (DataView's, or
 * ours).
 */

/** A FlatBuffer table at a position in the metadata. */
interface Table {
  readonly view: DataView
  readonly at: number
}
/** Contiguous elements. */
interface Vector extends Table {
  readonly length: number
}

export interface Block {
  readonly offset: number
  readonly metaDataLength: number
  readonly bodyLength: number
}
export interface RecordBatchHeader {
  readonly rows: number
  readonly compressed: boolean
  readonly nullCounts: ReadonlyArray<number>
  readonly buffers: ReadonlyArray<{ readonly offset: number; readonly length: number }>
}

/** The record batches named by a file's footer. First checks that its schema can be decoded safely. */
export function footerBlocks(footer: Uint8Array): { dictionaries: number; batches: ReadonlyArray<Block> } {
  const root = rootOf(footer)
  const schema = tableAt(root, 1)
  if (schema === null) throw new RangeError("the footer has no schema")
  checkFields(vectorAt(schema, 1, 4))
  vectorAt(schema, 2, 4)
  const blocks = vectorAt(root, 3, 24)
  return {
    dictionaries: vectorAt(root, 2, 24).length,
    batches: Array.from({ length: blocks.length }, (_, i) => ({
      offset: int64(blocks.view, blocks.at + i * 24),
      metaDataLength: blocks.view.getInt32(blocks.at + i * 24 + 8, true),
      bodyLength: int64(blocks.view, blocks.at + i * 24 + 16)
    }))
  }
}

/** The header of a record batch's message; null for another kind of message. */
export function recordBatchHeader(message: Uint8Array): RecordBatchHeader | null {
  const root = rootOf(message)
  const kind = fieldAt(root, 1)
  const header = tableAt(root, 2)
  if (kind === null || header === null || root.view.getUint8(kind) !== 3) return null
  const length = fieldAt(header, 0)
  const nodes = vectorAt(header, 1, 16)
  const buffers = vectorAt(header, 2, 16)
  const pairs = ({ view, at, length }: Vector) =>
    Array.from({ length }, (_, i) => [int64(view, at + i * 16), int64(view, at + i * 16 + 8)] as const)
  return {
    rows: length === null ? 0 : int64(header.view, length),
    compressed: fieldAt(header, 3) !== null,
    nullCounts: pairs(nodes).map(([, nulls]) => nulls),
    buffers: pairs(buffers).map(([offset, size]) => ({ offset, length: size }))
  }
}

/** The most fields of a schema; those written here have two. */
const mostFields = 10_000

/**
 * Follows all fields of a schema. Damage can make their depth endless, and also their number, when many
 * fields name one list.
 *
 * @returns how many more fields are allowed
 */
function checkFields(fields: Vector, depth = 0, left = mostFields): number {
  if (depth > 8) throw new RangeError("fields are nested too deeply")
  let rest = left - fields.length
  if (rest < 0) throw new RangeError(`a schema of more than ${mostFields} fields`)
  for (let i = 0; i < fields.length; i++) {
    const field = follow(fields.view, fields.at + i * 4)
    rest = checkFields(vectorAt(field, 5, 4), depth + 1, rest)
    vectorAt(field, 6, 4)
  }
  return rest
}

const rootOf = (bytes: Uint8Array): Table =>
  follow(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0)
const follow = (view: DataView, at: number): Table => ({ view, at: at + view.getUint32(at, true) })

/** The position of a table's field; null if it is absent. */
function fieldAt({ view, at }: Table, index: number): number | null {
  const vtable = at - view.getInt32(at, true)
  const slot = 4 + index * 2
  if (slot >= view.getUint16(vtable, true)) return null
  const offset = view.getUint16(vtable + slot, true)
  return offset === 0 ? null : at + offset
}
function tableAt(table: Table, index: number): Table | null {
  const at = fieldAt(table, index)
  return at === null ? null : follow(table.view, at)
}
function vectorAt(table: Table, index: number, elementBytes: number): Vector {
  const vector = tableAt(table, index)
  if (vector === null) return { ...table, length: 0 }
  const { view, at } = vector
  const length = view.getUint32(at, true)
  if (at + 4 + length * elementBytes > view.byteLength)
    throw new RangeError("a list is longer than the metadata")
  return { view, at: at + 4, length }
}
function int64(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at, true))
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${value} is not a valid length or position`)
  return value
}
