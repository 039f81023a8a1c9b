/**
 * Digests a table's columns batch by batch, in memory independent of the row count.
 *
 * Source: docs/digests.md. A table without items counts as a single item that has all rows, so its digests
 * equal those of `itemDigests` for that item.
 */
import { emptyRecord } from "../../support/own.ts"
import { createHash, type Hash } from "node:crypto"
import type { AnyColumn, Columns } from "../../pipeline/columns.ts"
import {
  ByteBuilder,
  bytesOfFloats,
  canonicalNaN,
  checkTensor,
  digestBytes,
  columnEncoder,
  flushAt,
  prefixOf,
  shapeBytes,
  type Tensor,
  type TensorFamilies,
  ValueError,
  vectorOf,
  type ColumnVectors
} from "./value-encoding.ts"

export class TableDigester {
  readonly #columns: Columns
  readonly #hashes = new Map<string, Hash>()
  readonly #shapes = new Map<string, string>()
  readonly #out = new ByteBuilder()
  #rows = 0
  constructor(columns: Columns) {
    this.#columns = columns
    for (const [name, column] of Object.entries(columns))
      if (column.type !== "tensors") this.#start(name, column)
  }

  /**
   * Adds rows. Their cells must be valid (`cell.ts`).
   *
   * @throws ValueError if a column is missing or too short, or a tensor's shape changes
   */
  add(vectors: ColumnVectors, tensors: TensorFamilies, rows: number): void {
    for (const [name, column] of Object.entries(this.#columns))
      if (column.type !== "tensors") this.#addVector(name, column, vectorOf(vectors, name, rows), rows)
      else
        for (const [member, tensor] of Object.entries(tensors[name] ?? {}))
          this.#addTensor(`${name}/${member}`, column, tensor, rows)
    this.#rows += rows
  }

  #start(name: string, column: AnyColumn): Hash {
    const hash = createHash("sha256").update(prefixOf(name, column))
    this.#hashes.set(name, hash)
    return hash
  }

  #addVector(name: string, column: AnyColumn, vector: ArrayLike<unknown>, rows: number): void {
    const hash = this.#hashes.get(name)!
    const encode = columnEncoder(name, column)
    const out = this.#out
    for (let row = 0; row < rows; row++) {
      encode(out, vector[row])
      if (out.length > flushAt) out.flush(hash)
    }
    out.flush(hash)
  }

  #addTensor(name: string, column: AnyColumn, tensor: Tensor, rows: number): void {
    if (!this.#hashes.has(name) && this.#rows > 0)
      throw new ValueError(`column "${name}": the rows before row ${this.#rows} have no such member`)
    const hash = this.#hashes.get(name) ?? this.#start(name, column)
    const size = checkTensor(name, tensor, rows)
    if (rows === 0) return
    const shape = `[${tensor.shape}]`
    const before = this.#shapes.get(name)
    if (before === undefined) hash.update(shapeBytes(tensor.shape))
    else if (before !== shape)
      throw new ValueError(`column "${name}": rows of shape ${shape} after rows of shape ${before}`)
    this.#shapes.set(name, shape)
    hash.update(bytesOfFloats(canonicalNaN(tensor.data.subarray(0, rows * size))))
  }

  /** 16 bytes per column (`family/member` for tensors). The digester cannot be used afterwards. */
  finish(): Record<string, Uint8Array> {
    const result = emptyRecord<Uint8Array>()
    for (const [name, hash] of this.#hashes) {
      this.#out.count(this.#rows)
      this.#out.flush(hash)
      result[name] = hash.digest().subarray(0, digestBytes)
    }
    return result
  }
}
