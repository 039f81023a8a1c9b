/**
 * Turns a stage's rows into columns: puts new files into the store and joins the tensors of a member into one
 * matrix.
 */
import {
  type AnyColumn,
  type Columns,
  type FileHandle,
  isFileColumn,
  type NewFile
} from "../../pipeline/columns.ts"
import { fromFloat16 } from "../../support/float16.ts"
import { emptyRecord, own } from "../../support/own.ts"
import { pathOf } from "../files/outside-file.ts"
import type { FileCell } from "../format/parquet-layout.ts"
import type { Objects } from "../objects/objects.ts"
import type { Tensor, ColumnVectors } from "../format/value-digest.ts"
import type { StoredFile } from "../objects/object-ref.ts"

export type WrittenCells = Readonly<Record<string, unknown>>
type Elements = Float32Array | Uint16Array
/** Digests cover what readers get, float32; float16 given by a stage is stored as float16. */
export interface TensorColumn extends Tensor {
  readonly halves: Uint16Array | null
}
interface MemberKind {
  readonly length: number
  readonly isHalf: boolean
}
export interface ColumnsOfRows {
  readonly vectors: ColumnVectors
  /** by family, then by member */
  readonly tensors: Readonly<Record<string, Readonly<Record<string, TensorColumn>>>>
}

/**
 * For the rows of one shard, in one batch or several. All rows must have the tensor members and sizes of the
 * first one.
 */
export class RowColumns {
  readonly #objects: Objects
  readonly #columns: ReadonlyArray<readonly [name: string, column: AnyColumn]>
  readonly #files = new Map<string, StoredFile>()
  /** of the first row, by family */
  readonly #first = new Map<string, ReadonlyMap<string, MemberKind>>()
  #rows = 0
  constructor(objects: Objects, columns: Columns) {
    this.#objects = objects
    this.#columns = Object.entries(columns)
  }

  /** New files of all rows so far. */
  get files(): ReadonlyArray<StoredFile> {
    return [...this.#files.values()]
  }

  /**
   * The columns of more rows. Their cells must be valid (`cell.ts`).
   *
   * @throws Error if tensors differ in members, sizes or element type
   * @throws Problem if a new file cannot be stored
   */
  of(rows: ReadonlyArray<WrittenCells>): ColumnsOfRows {
    const vectors = emptyRecord<ReadonlyArray<unknown>>()
    const tensors = emptyRecord<Readonly<Record<string, TensorColumn>>>()
    for (const [name, column] of this.#columns)
      if (column.type === "tensors") tensors[name] = this.#family(name, rows)
      else if (isFileColumn(column))
        vectors[name] = rows.map((row) => this.#fileCell(row[name] as FileCell | FileHandle | NewFile | null))
      else vectors[name] = rows.map((row) => row[name])
    this.#rows += rows.length
    return { vectors, tensors }
  }

  /** Bytes made by a stage go into the store; outside files are recorded by their path. */
  #fileCell(value: FileCell | FileHandle | NewFile | null): FileCell | null {
    if (value === null) return value
    if ("sha256" in value) {
      const { size, sha256 } = value
      return { path: "path" in value ? value.path : pathOf(value)!, size, sha256 }
    }
    const dot = value.name.lastIndexOf(".")
    const extension = /^[a-z0-9]{1,8}$/i.exec(value.name.slice(dot + 1))?.[0].toLowerCase() ?? "bin"
    const object = this.#objects.put(value.content, extension)
    this.#files.set(object.sha256, object)
    return { path: this.#objects.location(object), size: object.bytes, sha256: object.sha256 }
  }

  #family(name: string, rows: ReadonlyArray<WrittenCells>): Readonly<Record<string, TensorColumn>> {
    if (rows.length === 0) return {}
    const cells = rows.map((row) => row[name] as Readonly<Record<string, Elements>>)
    let first = this.#first.get(name)
    if (first === undefined) this.#first.set(name, (first = kindsOf(cells[0]!)))
    cells.forEach((cell, i) => checkMembers(cell, first, `column "${name}": row ${this.#rows + i}`))
    const members = [...first].map(([member, { length, isHalf }]): [string, TensorColumn] => {
      const data = new (isHalf ? Uint16Array : Float32Array)(rows.length * length)
      cells.forEach((cell, i) => data.set(cell[member]!, i * length))
      return [
        member,
        data instanceof Uint16Array
          ? { shape: [length], data: fromFloat16(data), halves: data }
          : { shape: [length], data, halves: null }
      ]
    })
    return Object.fromEntries(members)
  }
}

const kindsOf = (cell: Readonly<Record<string, Elements>>): ReadonlyMap<string, MemberKind> =>
  new Map(
    Object.entries(cell).map(([member, one]) => [
      member,
      { length: one.length, isHalf: one instanceof Uint16Array }
    ])
  )

function checkMembers(
  cell: Readonly<Record<string, Elements>>,
  first: ReadonlyMap<string, MemberKind>,
  place: string
): void {
  for (const [member, { length, isHalf }] of first) {
    const values = own(cell, member)
    if (values?.length !== length)
      throw new Error(
        `${place} has ${values === undefined ? "no" : `${values.length} values in`} "${member}", the first row has ${length}`
      )
    if (values instanceof Uint16Array !== isHalf)
      throw new Error(
        `${place} has ${isHalf ? "float32" : "float16"} in "${member}", the first row has ${isHalf ? "float16" : "float32"}`
      )
  }
  const members = Object.keys(cell)
  for (const member of members)
    if (!first.has(member)) throw new Error(`${place} has "${member}", which the first row lacks`)
  const order = [...first.keys()]
  if (members.some((member, i) => member !== order[i]))
    throw new Error(
      `${place} has its tensors in the order ${members.join(", ")}, the first row ${order.join(", ")}`
    )
}
