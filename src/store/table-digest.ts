/** Digests of a table's columns, a batch after another. */
import { createHash, type Hash } from "node:crypto"
import type { AnyColumn, Columns } from "../pipeline/columns.ts"
import { columnDigest } from "./value-digest.ts"
import {
  at,
  Bytes,
  bytesOf,
  canonicalNaN,
  checkTensor,
  digestBytes,
  encoderOf,
  flushAt,
  prefixOf,
  shapeBytes,
  type Tensor,
  type Tensors,
  ValueError,
  vectorOf,
  type Vectors
} from "./value-encoding.ts"

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
