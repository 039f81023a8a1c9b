/**
 * Digests of a table's columns, a batch after another: memory does not grow with the rows.
 *
 * Source: docs/digests.md. The rows of a table belong to no item: it counts as one that has all rows, so its digests
 * are those that `itemDigests` gives for a single item.
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
   * Adds rows, whose cells must be valid (`cell.ts`).
   *
   * @throws ValueError when a column is missing or too short, or a tensor's shape is another than before
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

  /** 16 bytes a column (`family/member` for tensors). Ends the digester. */
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
