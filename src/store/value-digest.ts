/**
 * Digests of values: what an artifact holds, whatever file, row group or shard it lies in.
 *
 * Source: docs/digests.md, which has the encoding byte by byte and test vectors. In short: an item's digest in a
 * column is the first 16 bytes of the sha256 of (format, type, cells in order, row count); a column's is the
 * sha256 of its items' in order; an artifact's is of its schema, ids and columns.
 */
import { createHash, hash as hashOnce, type Hash } from "node:crypto"
import { endianness } from "node:os"
import type { AnyColumn, Columns } from "../pipeline/columns.ts"
import type { Form } from "../pipeline/ports.ts"
import { canonicalJson, digestJson } from "./canonical-json.ts"

/** Of the encoding; a change of it makes everything stale. */
export const digestFormat = 1
/** Bytes of an item's digest in a column. */
export const digestBytes = 16

/** Rows column by column; without the tensor columns. */
export type Vectors = Readonly<Record<string, ArrayLike<unknown>>>
/** One member of a tensor family: rows × product of `shape`, row-major. */
export interface Tensor {
  /** of one row */
  readonly shape: ReadonlyArray<number>
  readonly data: Float32Array
}
/** By family, then by member. */
export type Tensors = Readonly<Record<string, Readonly<Record<string, Tensor>>>>

/** A value that its column cannot hold. */
export class ValueError extends TypeError {
  override readonly name = "ValueError"
}

// hashing float32 where it lies takes memory to be little-endian, as on all that Node ships for today
if (endianness() !== "LE") throw new Error("digests of values need a little-endian machine")

/**
 * The digests of every item in every column: 16 bytes an item, by column (`family/member` for tensors).
 *
 * Rows of item i are `rowOffsets[i]` … `rowOffsets[i + 1] − 1`, so there is one offset more than items.
 * Equal values give equal digests however items are cut into calls.
 *
 * @throws ValueError when a value does not fit its column, naming the column and the row
 */
export function itemDigests(
  columns: Columns,
  vectors: Vectors,
  tensors: Tensors,
  rowOffsets: ArrayLike<number>
): Record<string, Uint8Array> {
  const items = rowOffsets.length - 1
  if (items < 0) throw new ValueError("row offsets: expected one more than items, got none")
  const result: Record<string, Uint8Array> = {}
  for (const [name, column] of Object.entries(columns)) {
    if (column.type === "tensors") {
      for (const [member, tensor] of Object.entries(tensors[name] ?? {}))
        result[`${name}/${member}`] = tensorDigests(`${name}/${member}`, tensor, rowOffsets)
      continue
    }
    const vector = vectorOf(vectors, name, rowOffsets[items]!)
    const encode = encoderOf(name, column)
    const out = new Bytes()
    out.copy(prefixOf(name, column))
    const start = out.length
    const digests = Buffer.alloc(items * digestBytes)
    let row = 0
    try {
      for (let i = 0; i < items; i++) {
        out.length = start
        const end = rowOffsets[i + 1]!
        row = rowOffsets[i]!
        const rows = end - row
        for (; row < end; row++) encode(out, vector[row])
        out.count(rows)
        writeDigest(digests, i, out.view())
      }
    } catch (error) {
      throw at(error, name, row)
    }
    result[name] = digests
  }
  return result
}

/** What an item without rows has in a column: needed where a shard has no rows and so does not know its members. */
export function emptyItemDigest(column: AnyColumn): Uint8Array {
  const out = new Bytes()
  out.copy(prefixOf("", column))
  out.count(0)
  const digest = Buffer.alloc(digestBytes)
  writeDigest(digest, 0, out.view())
  return digest
}

/** A column's digest: the sha256, in hexadecimal, of its items' digests in the input's order. */
export function columnDigest(parts: Iterable<Uint8Array>): string {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest("hex")
}

/** The digest of ids in their order: the sha256 of each id's length (32 bits) and UTF-8. */
export function idsDigest(ids: Iterable<string>): string {
  const hash = createHash("sha256")
  const out = new Bytes()
  for (const id of ids) {
    out.text(id)
    if (out.length > flushAt) out.flush(hash)
  }
  out.flush(hash)
  return hash.digest("hex")
}

export interface ArtifactValues {
  readonly form: Form
  readonly columns: Columns
  /** the name of the id column; null in a table */
  readonly label: string | null
  /** of the ids; null in a table */
  readonly ids: string | null
  /** of each column */
  readonly digests: Readonly<Record<string, string>>
  /** ids of items that failed, in the input's order */
  readonly failed?: ReadonlyArray<string>
}
/** An artifact's digest: over the format, its schema, ids, columns and failed ids, in hexadecimal. */
export const artifactDigest = ({ form, columns, label, ids, digests, failed }: ArtifactValues): string =>
  digestJson({ format: digestFormat, form, columns, label, ids, digests, failed: failed ?? [] })

/**
 * The digests of a table's columns, whose rows belong to no item, a batch after another: a table counts as one
 * item that has all rows. Memory does not grow with the rows.
 */
export class TableDigester {
  readonly #columns: Columns
  readonly #open = new Map<string, { hash: Hash; shape: ReadonlyArray<number> | null }>()
  readonly #out = new Bytes()
  #rows = 0
  constructor(columns: Columns) {
    this.#columns = columns
    for (const [name, column] of Object.entries(columns))
      if (column.type !== "tensors") this.#start(name, column)
  }

  #start(name: string, column: AnyColumn) {
    const opened = { hash: createHash("sha256").update(prefixOf(name, column)), shape: null }
    this.#open.set(name, opened)
    return opened
  }

  /** @throws ValueError when a value does not fit its column, or a member comes late or changes its shape */
  add(vectors: Vectors, tensors: Tensors, rows: number): void {
    for (const [name, column] of Object.entries(this.#columns)) {
      if (column.type === "tensors") this.#addFamily(name, column, tensors[name] ?? {}, rows)
      else this.#addVector(name, column, vectorOf(vectors, name, rows), rows)
    }
    this.#rows += rows
  }

  #addVector(name: string, column: AnyColumn, vector: ArrayLike<unknown>, rows: number) {
    const { hash } = this.#open.get(name)!
    const encode = encoderOf(name, column)
    const out = this.#out
    let row = 0
    try {
      for (; row < rows; row++) {
        encode(out, vector[row])
        if (out.length > flushAt) out.flush(hash)
      }
    } catch (error) {
      throw at(error, name, this.#rows + row)
    }
    out.flush(hash)
  }

  #addFamily(family: string, column: AnyColumn, members: Readonly<Record<string, Tensor>>, rows: number) {
    const known = [...this.#open.keys()].filter((name) => name.startsWith(`${family}/`)).length
    if (rows > 0 && known > 0 && Object.keys(members).length !== known)
      throw new ValueError(
        `column "${family}": the batch has ${Object.keys(members).length} members, those before had ${known}`
      )
    for (const [member, tensor] of Object.entries(members)) {
      const name = `${family}/${member}`
      if (!this.#open.has(name) && this.#rows > 0)
        throw new ValueError(`column "${name}": the batches before have no such member`)
      const opened = this.#open.get(name) ?? this.#start(name, column)
      const size = checkTensor(name, tensor, rows)
      if (rows === 0) continue
      if (opened.shape === null) {
        opened.hash.update(shapeBytes(tensor.shape))
        this.#open.set(name, { hash: opened.hash, shape: tensor.shape })
      } else if (String(opened.shape) !== String(tensor.shape))
        throw new ValueError(
          `column "${name}": rows of shape [${tensor.shape}] after rows of shape [${opened.shape}]`
        )
      opened.hash.update(bytesOf(canonicalNaN(tensor.data.subarray(0, rows * size))))
    }
  }

  /** Each column's digest, in hexadecimal. Ends the digester. */
  finish(): Record<string, string> {
    const result: Record<string, string> = {}
    for (const [name, { hash }] of this.#open) {
      this.#out.count(this.#rows)
      this.#out.flush(hash)
      result[name] = columnDigest([hash.digest().subarray(0, digestBytes)])
    }
    return result
  }
}

// ---------------------------------------------------------------- the encoding

const flushAt = 1 << 16
const typeCodes: Readonly<Record<string, number>> = {
  utf8: 1,
  int32: 2,
  float64: 3,
  bool: 4,
  json: 5,
  file: 6,
  list: 7,
  nullable: 8,
  tensors: 9
}

/** The format, then a byte a level of the type (`list of float64`: 7, 3). */
function prefixOf(name: string, column: AnyColumn): Uint8Array {
  const codes = [digestFormat]
  for (let level: AnyColumn | null = column; level !== null;) {
    const code = typeCodes[level.type]
    if (code === undefined) throw new ValueError(`column "${name}": unknown type "${level.type}"`)
    codes.push(code)
    level = level.type === "list" || level.type === "nullable" ? (level.detail as AnyColumn) : null
  }
  return Uint8Array.from(codes)
}

type Encode = (out: Bytes, value: unknown) => void

function encoderOf(name: string, column: AnyColumn): Encode {
  switch (column.type) {
    case "utf8":
      return (out, value) => (typeof value === "string" ? out.text(value) : refuse("text", value))
    case "int32":
      return (out, value) =>
        typeof value === "number" && (value | 0) === value
          ? out.int32(value)
          : refuse("a whole number of 32 bits", value)
    case "float64":
      return (out, value) => (typeof value === "number" ? out.float64(value) : refuse("a number", value))
    case "bool":
      return (out, value) =>
        typeof value === "boolean" ? out.byte(value ? 1 : 0) : refuse("true or false", value)
    case "json":
      return (out, value) => out.text(canonicalJson(value))
    case "file":
      return (out, value) => out.sha256((value as { readonly sha256?: unknown } | null | undefined)?.sha256)
    case "list": {
      const element = encoderOf(name, column.detail as AnyColumn)
      return (out, value) => {
        if (!Array.isArray(value) && !ArrayBuffer.isView(value)) refuse("a list", value)
        const list = value as ArrayLike<unknown>
        out.int32(list.length)
        for (let i = 0; i < list.length; i++) element(out, list[i])
      }
    }
    case "nullable": {
      const inner = encoderOf(name, column.detail as AnyColumn)
      return (out, value) => {
        if (value === null) return out.byte(0)
        out.byte(1)
        inner(out, value)
      }
    }
    default:
      throw new ValueError(`column "${name}": values of type "${column.type}" have no encoding here`)
  }
}

function refuse(expected: string, value: unknown): never {
  const got = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value))
  throw new ValueError(`expected ${expected}, got ${got.length > 60 ? `${got.slice(0, 57)}…` : got}`)
}
const at = (error: unknown, name: string, row: number) =>
  error instanceof TypeError
    ? new ValueError(`column "${name}", row ${row}: ${error.message}`, { cause: error })
    : error

function vectorOf(vectors: Vectors, name: string, rows: number): ArrayLike<unknown> {
  const vector = vectors[name]
  if (vector === undefined) throw new ValueError(`column "${name}" is missing`)
  if (vector.length < rows)
    throw new ValueError(`column "${name}" has ${vector.length} rows, ${rows} were expected`)
  return vector
}

/** A buffer that grows. A call for each kind of value keeps what is hashed in one piece, and the hash calls few. */
class Bytes {
  #bytes = Buffer.allocUnsafe(1 << 12)
  length = 0
  #grow(more: number) {
    const need = this.length + more
    if (need <= this.#bytes.length) return
    const bytes = Buffer.allocUnsafe(Math.max(need, this.#bytes.length * 2))
    this.#bytes.copy(bytes, 0, 0, this.length)
    this.#bytes = bytes
  }
  view(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }
  flush(hash: Hash) {
    hash.update(this.view())
    this.length = 0
  }
  copy(bytes: Uint8Array) {
    this.#grow(bytes.byteLength)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.byteLength
  }
  byte(value: number) {
    this.#grow(1)
    this.#bytes[this.length++] = value
  }
  int32(value: number) {
    this.#grow(4)
    this.length = this.#bytes.writeInt32LE(value, this.length)
  }
  /** Row counts: 64 bits, as a table may be long. */
  count(value: number) {
    this.#grow(8)
    this.length = this.#bytes.writeBigUInt64LE(BigInt(value), this.length)
  }
  /** One bit pattern for all NaNs; −0 keeps its own. */
  float64(value: number) {
    this.#grow(8)
    const bytes = this.#bytes
    if (value !== value) {
      bytes.writeUInt32LE(0, this.length)
      this.length = bytes.writeUInt32LE(0x7ff80000, this.length + 4)
    } else this.length = bytes.writeDoubleLE(value, this.length)
  }
  text(value: string) {
    if (!isWellFormed(value))
      throw new ValueError(
        `${JSON.stringify(value.slice(0, 40))} has half of a surrogate pair, so that it is no Unicode text`
      )
    this.#grow(4 + value.length * 3)
    const written = this.#bytes.write(value, this.length + 4, "utf8")
    this.#bytes.writeUInt32LE(written, this.length)
    this.length += 4 + written
  }
  sha256(value: unknown) {
    if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) refuse("a file with its sha256", value)
    this.#grow(32)
    this.length += this.#bytes.write(value, this.length, "hex")
  }
}

/** String.prototype.isWellFormed of ES2024, which Node 20 has and this project's `lib` does not. */
const isWellFormed = (text: string): boolean =>
  (text as unknown as { isWellFormed(): boolean }).isWellFormed()

/** Writes the truncated sha256 as item i's. As a binary string, since that is the fastest way out of Node's hash. */
function writeDigest(digests: Buffer, i: number, bytes: Uint8Array) {
  digests.write(hashOnce("sha256", bytes, "binary"), i * digestBytes, digestBytes, "latin1")
}

// ---------------------------------------------------------------- tensors

/** Above this many bytes, hashing an item in pieces costs less than copying it. */
const copyBelow = 1 << 13

function tensorDigests(name: string, tensor: Tensor, rowOffsets: ArrayLike<number>): Uint8Array {
  const items = rowOffsets.length - 1
  const size = checkTensor(name, tensor, rowOffsets[items]!)
  const bytes = bytesOf(canonicalNaN(tensor.data))
  const prefix = prefixOf(name, { type: "tensors" } as AnyColumn)
  const head = Buffer.concat([prefix, shapeBytes(tensor.shape)])
  const digests = Buffer.alloc(items * digestBytes)
  const out = new Bytes()
  const tail = new Bytes()
  for (let i = 0; i < items; i++) {
    const rows = rowOffsets[i + 1]! - rowOffsets[i]!
    const cells = bytes.subarray(rowOffsets[i]! * size * 4, rowOffsets[i + 1]! * size * 4)
    if (cells.byteLength < copyBelow) {
      out.length = 0
      out.copy(rows === 0 ? prefix : head)
      out.copy(cells)
      out.count(rows)
      writeDigest(digests, i, out.view())
    } else {
      tail.length = 0
      tail.count(rows)
      const digest = createHash("sha256").update(head).update(cells).update(tail.view()).digest()
      digest.copy(digests, i * digestBytes, 0, digestBytes)
    }
  }
  return digests
}

/** The number of dimensions and each, 32 bits. An item without rows leaves it out: there, no shape is known. */
function shapeBytes(shape: ReadonlyArray<number>): Uint8Array {
  const out = new Bytes()
  out.int32(shape.length)
  for (const size of shape) out.int32(size)
  return out.view()
}

function checkTensor(name: string, { shape, data }: Tensor, rows: number): number {
  let size = 1
  for (const one of shape) {
    if (!Number.isInteger(one) || one < 1 || one > 0x7fffffff)
      throw new ValueError(`column "${name}": a row's shape is of whole numbers from 1, got [${shape}]`)
    size *= one
  }
  if (data.length < rows * size)
    throw new ValueError(
      `column "${name}" has ${data.length} values; ${rows} rows of shape [${shape}] have ${rows * size}`
    )
  return size
}

const bytesOf = (data: Float32Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The same values with one bit pattern for all NaNs (0x7fc00000); copies only if another is there. */
function canonicalNaN(data: Float32Array): Float32Array {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length)
  for (let i = 0; i < bits.length; i++) {
    if (!isOtherNaN(bits[i]!)) continue
    const copy = bits.slice()
    for (let k = i; k < copy.length; k++) if (isOtherNaN(copy[k]!)) copy[k] = 0x7fc00000
    return new Float32Array(copy.buffer)
  }
  return data
}
const isOtherNaN = (bits: number) => (bits & 0x7fffffff) > 0x7f800000 && bits !== 0x7fc00000
