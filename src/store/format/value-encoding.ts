/**
 * The canonical encoding of values for digests.
 *
 * Source: docs/digests.md, which specifies it byte by byte.
 */
import { own } from "../../support/own.ts"
import { hash as hashOnce, type Hash } from "node:crypto"
import { endianness } from "node:os"
import type { AnyColumn } from "../../pipeline/columns.ts"
import { canonicalJson } from "./canonical-json.ts"

/** Version of the encoding; changing it makes everything stale. */
export const digestFormat = 1
/** Bytes of an item's digest in a column. */
export const digestBytes = 16

/** Rows, column by column, without the tensor columns. */
export type ColumnVectors = Readonly<Record<string, ArrayLike<unknown>>>
/** One member of a tensor family: rows × product of `shape`, row-major. */
export interface Tensor {
  /** of one row */
  readonly shape: ReadonlyArray<number>
  readonly data: Float32Array
}
/** By family, then by member. */
export type TensorFamilies = Readonly<Record<string, Readonly<Record<string, Tensor>>>>

/** Columns that contradict their declaration: one is missing, too short, or has another shape. */
export class ValueError extends TypeError {
  override readonly name = "ValueError"
}

// float32 is hashed in place, which assumes little-endian memory: true of every platform that Node supports
if (endianness() !== "LE") throw new Error("digests of values need a little-endian machine")

/** Bytes collected before they go to a streaming hash. */
export const flushAt = 1 << 16
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

/** The format version, then one byte per level of the type (`list of float64`: 7, 3). */
export function prefixOf(name: string, column: AnyColumn): Uint8Array {
  const codes = [digestFormat]
  for (let level: AnyColumn | null = column; level !== null;) {
    const code = own(typeCodes, level.type)
    if (code === undefined) throw new ValueError(`column "${name}": unknown type "${level.type}"`)
    codes.push(code)
    level = level.type === "list" || level.type === "nullable" ? (level.detail as AnyColumn) : null
  }
  return Uint8Array.from(codes)
}

/** Encodes a valid cell (`cell.ts`). */
export type Encode = (out: ByteBuilder, value: unknown) => void

export function columnEncoder(name: string, column: AnyColumn): Encode {
  switch (column.type) {
    case "utf8":
      return (out, value) => out.text(value as string)
    case "int32":
      return (out, value) => out.int32(value as number)
    case "float64":
      return (out, value) => out.float64(value as number)
    case "bool":
      return (out, value) => out.byte(value === true ? 1 : 0)
    case "json":
      return (out, value) => out.text(canonicalJson(value))
    case "file":
      return (out, value) => out.sha256((value as { readonly sha256: string }).sha256)
    case "list": {
      const element = columnEncoder(name, column.detail as AnyColumn)
      return (out, value) => {
        const list = value as ArrayLike<unknown>
        out.int32(list.length)
        for (let i = 0; i < list.length; i++) element(out, list[i])
      }
    }
    case "nullable": {
      const inner = columnEncoder(name, column.detail as AnyColumn)
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

export function vectorOf(vectors: ColumnVectors, name: string, rows: number): ArrayLike<unknown> {
  const vector = own(vectors, name)
  if (vector === undefined) throw new ValueError(`column "${name}" is missing`)
  if (vector.length < rows)
    throw new ValueError(`column "${name}" has ${vector.length} rows, ${rows} were expected`)
  return vector
}

/** A growable buffer. It joins the encoded values into one block, so that the hash is called rarely. */
export class ByteBuilder {
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
  /** Appends bytes `start` … `end − 1`. For short ranges: `copy` is faster for long ones. */
  range(bytes: Uint8Array, start: number, end: number) {
    this.#grow(end - start)
    for (let i = start; i < end; i++) this.#bytes[this.length++] = bytes[i]!
  }
  byte(value: number) {
    this.#grow(1)
    this.#bytes[this.length++] = value
  }
  int32(value: number) {
    this.#grow(4)
    this.length = this.#bytes.writeInt32LE(value, this.length)
  }
  /** A row count: 64 bits, because a table may be long. */
  count(value: number) {
    this.#grow(8)
    this.length = this.#bytes.writeBigUInt64LE(BigInt(value), this.length)
  }
  /** All NaNs get one bit pattern; −0 keeps its own. */
  float64(value: number) {
    this.#grow(8)
    const bytes = this.#bytes
    if (value !== value) {
      bytes.writeUInt32LE(0, this.length)
      this.length = bytes.writeUInt32LE(0x7ff80000, this.length + 4)
    } else this.length = bytes.writeDoubleLE(value, this.length)
  }
  text(value: string) {
    this.#grow(4 + value.length * 3)
    const written = this.#bytes.write(value, this.length + 4, "utf8")
    this.#bytes.writeUInt32LE(written, this.length)
    this.length += 4 + written
  }
  /** Takes 64 hexadecimal digits. */
  sha256(value: string) {
    this.#grow(32)
    this.length += this.#bytes.write(value, this.length, "hex")
  }
}

/** Writes the truncated sha256 as item i's digest. A binary string is the fastest way out of Node's hash. */
export function writeDigest(digests: Buffer, i: number, bytes: Uint8Array) {
  digests.write(hashOnce("sha256", bytes, "binary"), i * digestBytes, digestBytes, "latin1")
}

/**
 * The number of dimensions and each dimension, 32 bits each. Left out for an item without rows, which has no
 * known shape.
 */
export function shapeBytes(shape: ReadonlyArray<number>): Uint8Array {
  const out = new ByteBuilder()
  out.int32(shape.length)
  for (const size of shape) out.int32(size)
  return out.view()
}

export function checkTensor(name: string, { shape, data }: Tensor, rows: number): number {
  let size = 1
  for (const one of shape) {
    if (!Number.isInteger(one) || one < 1 || one > 0x7fffffff)
      throw new ValueError(`column "${name}": a row's shape must be of whole numbers from 1, got [${shape}]`)
    size *= one
  }
  if (data.length < rows * size)
    throw new ValueError(
      `column "${name}" has ${data.length} values; ${rows} rows of shape [${shape}] have ${rows * size}`
    )
  return size
}

export const bytesOfFloats = (data: Float32Array) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The same values with one bit pattern for all NaNs (0x7fc00000); copies only if another pattern occurs. */
export function canonicalNaN(data: Float32Array): Float32Array {
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
