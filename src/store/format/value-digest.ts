/**
 * Digests of an artifact's values, independent of files, row groups and shards.
 *
 * Source: docs/digests.md, with the encoding byte by byte and test vectors. In short: an item's digest in a
 * column is the first 16 bytes of the sha256 of (format, type, cells in order, row count); a column's digest
 * is the sha256 of its items' digests in order; an artifact's digest covers its schema, ids and columns.
 */
import { emptyRecord, own } from "../../support/own.ts"
import { createHash } from "node:crypto"
import type { AnyColumn, Columns } from "../../pipeline/columns.ts"
import type { Form } from "../../pipeline/ports.ts"
import { digestJson } from "./canonical-json.ts"
import { StringArray } from "./string-array.ts"
import {
  ByteBuilder,
  bytesOfFloats,
  canonicalNaN,
  checkTensor,
  digestBytes,
  digestFormat,
  columnEncoder,
  flushAt,
  prefixOf,
  shapeBytes,
  type Tensor,
  type TensorFamilies,
  ValueError,
  vectorOf,
  type ColumnVectors,
  writeDigest
} from "./value-encoding.ts"

export { digestBytes, digestFormat, type Tensor, type TensorFamilies, ValueError, type ColumnVectors }

/**
 * The digests of every item in every column: 16 bytes per item, by column (`family/member` for tensors).
 *
 * Item i has rows `rowOffsets[i]` … `rowOffsets[i + 1] − 1`, so there is one more offset than items. Equal
 * values give equal digests, however the items are split into calls. Cells must be valid (`cell.ts`).
 *
 * @throws ValueError if a column is missing, too short, or has an impossible type or shape
 */
export function itemDigests(
  columns: Columns,
  vectors: ColumnVectors,
  tensors: TensorFamilies,
  rowOffsets: ArrayLike<number>
): Record<string, Uint8Array> {
  const items = rowOffsets.length - 1
  if (items < 0) throw new ValueError("row offsets: expected one more than items, got none")
  const result = emptyRecord<Uint8Array>()
  for (const [name, column] of Object.entries(columns)) {
    if (column.type === "tensors") {
      for (const [member, tensor] of Object.entries(own(tensors, name) ?? {}))
        result[`${name}/${member}`] = tensorDigests(`${name}/${member}`, tensor, rowOffsets)
      continue
    }
    const vector = vectorOf(vectors, name, rowOffsets[items]!)
    const encode = columnEncoder(name, column)
    const out = new ByteBuilder()
    out.copy(prefixOf(name, column))
    const start = out.length
    const digests = Buffer.alloc(items * digestBytes)
    for (let i = 0; i < items; i++) {
      out.length = start
      const end = rowOffsets[i + 1]!
      for (let row = rowOffsets[i]!; row < end; row++) encode(out, vector[row])
      out.count(end - rowOffsets[i]!)
      writeDigest(digests, i, out.view())
    }
    result[name] = digests
  }
  return result
}

/**
 * The digest of an item without rows in a column. A shard without rows does not know its members and needs
 * this.
 */
export function emptyItemDigest(column: AnyColumn): Uint8Array {
  const out = new ByteBuilder()
  out.copy(prefixOf("", column))
  out.count(0)
  const digest = Buffer.alloc(digestBytes)
  writeDigest(digest, 0, out.view())
  return digest
}

/** A column's digest: the sha256, in hexadecimal, of its items' digests in input order. */
export function columnDigest(parts: Iterable<Uint8Array>): string {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest("hex")
}

/** The digest of ids in order: the sha256 of each id's length (32 bits) and UTF-8. */
export function idsDigest(ids: Iterable<string>): string {
  const hash = new IdsHash()
  if (ids instanceof StringArray) hash.add(ids, 0, ids.length)
  else for (const id of ids) hash.text(id)
  return hash.digest()
}

/** The same, for ids that arrive in parts. */
export class IdsHash {
  readonly #hash = createHash("sha256")
  readonly #out = new ByteBuilder()
  text(id: string): void {
    this.#out.text(id)
    if (this.#out.length > flushAt) this.#out.flush(this.#hash)
  }
  /** Adds texts `from` … `to − 1`. */
  add({ offsets, bytes }: StringArray, from: number, to: number): void {
    const out = this.#out
    for (let i = from; i < to; i++) {
      const [start, end] = [offsets[i]!, offsets[i + 1]!]
      out.int32(end - start)
      out.range(bytes, start, end)
      if (out.length > flushAt) out.flush(this.#hash)
    }
  }
  digest(): string {
    this.#out.flush(this.#hash)
    return this.#hash.digest("hex")
  }
}

/**
 * The digest of a tensor family's member names in order, which readers see; stored as a column with the
 * family's name.
 */
export const membersDigest = (members: ReadonlyArray<string>): string => idsDigest(members)

export interface ArtifactValues {
  readonly form: Form
  readonly columns: Columns
  /** the name of the id column; null in a table without items */
  readonly idColumn: string | null
  /** digest of the ids; null in a table without items */
  readonly ids: string | null
  /** of each column, each member of a family, and each family's member names */
  readonly digests: Readonly<Record<string, string>>
  /** ids of failed items, in input order */
  readonly failed?: ReadonlyArray<string>
}
/** An artifact's digest in hexadecimal: covers the format, its schema, ids, columns and failed ids. */
export const artifactDigest = ({ form, columns, idColumn, ids, digests, failed }: ArtifactValues): string =>
  digestJson({ format: digestFormat, form, columns, label: idColumn, ids, digests, failed: failed ?? [] })

/** Above this many bytes, hashing an item in pieces costs less than copying it. */
const copyBelow = 1 << 13

function tensorDigests(name: string, tensor: Tensor, rowOffsets: ArrayLike<number>): Uint8Array {
  const items = rowOffsets.length - 1
  const size = checkTensor(name, tensor, rowOffsets[items]!)
  const bytes = bytesOfFloats(canonicalNaN(tensor.data))
  const prefix = prefixOf(name, { type: "tensors" } as AnyColumn)
  const head = Buffer.concat([prefix, shapeBytes(tensor.shape)])
  const digests = Buffer.alloc(items * digestBytes)
  const out = new ByteBuilder()
  const tail = new ByteBuilder()
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
