/**
 * Tensor files: one member of a tensor family for the rows of a shard, as an Arrow IPC file, uncompressed.
 *
 * Columns: the item's id of each row (Utf8, named by the item label; absent in a table of no items) and the
 * tensor (FixedSizeList of float32 or float16, named by the family). Source of the tensor's form: the canonical extension
 * type `arrow.fixed_shape_tensor`, https://arrow.apache.org/docs/format/CanonicalExtensions.html
 */
import { Field, FixedSizeList, Float16, Float32, makeData, Schema, Utf8 } from "apache-arrow"
import { ArrowFileWriter, utf8Data } from "./arrow-file.ts"
import { type ByteSink, MemorySink } from "./bytes.ts"
import { StringArray } from "./string-array.ts"

/** Keys of the metadata that such a file has in its schema. */
export const tensorMetadata = {
  format: "probeline.tensors",
  family: "probeline.family",
  member: "probeline.member",
  label: "probeline.item_label",
  shape: "probeline.shape",
  dims: "probeline.dim_names"
} as const
export const tensorFormat = "1"

export interface TensorFileHead {
  readonly family: string
  readonly member: string
  /** of one row; whole numbers from 1 */
  readonly shape: ReadonlyArray<number>
  /** the names of the shape's dimensions */
  readonly dims: ReadonlyArray<string>
  /** the name of the id column; null in a table of no items */
  readonly idColumn: string | null
  /** `float16` takes and stores its bits, in Uint16Arrays; float32 if left out */
  readonly elements?: "float32" | "float16"
  /** bytes of tensor a record batch, at most: 64 MiB. A row that is larger gets a batch of its own. */
  readonly batchBytes?: number
}

/** Writes a tensor file piece by piece; the sink gets the values' own memory, not a copy. */
export class TensorFileWriter {
  readonly #head: TensorFileHead
  readonly #writer: ArrowFileWriter
  readonly #element: Float32 | Float16
  readonly #type: FixedSizeList<Float32 | Float16>
  readonly #size: number
  readonly #batchRows: number
  /** @throws RangeError when the shape is not of whole numbers from 1, or a row has 1 GiB or more */
  constructor(sink: ByteSink, head: TensorFileHead) {
    const { family, member, shape, dims, idColumn } = head
    const size = shape.reduce((product, one) => product * one, 1)
    const place = `tensor "${family}/${member}"`
    const isHalf = head.elements === "float16"
    const rowBytes = size * (isHalf ? 2 : 4)
    if (!shape.every((one) => Number.isInteger(one) && one >= 1))
      throw new RangeError(`${place}: a row's shape is of whole numbers from 1, got [${shape}]`)
    if (shape.length !== dims.length)
      throw new RangeError(
        `${place}: shape [${shape}] has ${shape.length} dimensions, named are ${dims.length} (${dims})`
      )
    if (rowBytes >= 2 ** 30)
      throw new RangeError(`${place}: a row of ${rowBytes} bytes is too large; it must be below 1 GiB`)
    if (idColumn === family) throw new RangeError(`${place}: the id column cannot have the family's name`)
    this.#head = head
    this.#size = size
    this.#batchRows = Math.max(1, Math.floor((head.batchBytes ?? 2 ** 26) / rowBytes))
    // the element is named and nullable as pyarrow writes it
    this.#element = isHalf ? new Float16() : new Float32()
    this.#type = new FixedSizeList(size, new Field("item", this.#element, true))
    const extension = new Map([
      ["ARROW:extension:name", "arrow.fixed_shape_tensor"],
      ["ARROW:extension:metadata", JSON.stringify({ shape, dim_names: dims })]
    ])
    const fields: Array<Field> = [new Field(family, this.#type, false, extension)]
    if (idColumn !== null) fields.unshift(new Field(idColumn, new Utf8(), false))
    this.#writer = new ArrowFileWriter(
      sink,
      new Schema(
        fields,
        new Map([
          [tensorMetadata.format, tensorFormat],
          [tensorMetadata.family, family],
          [tensorMetadata.member, member],
          // again outside the extension, for readers that drop it
          [tensorMetadata.shape, JSON.stringify(shape)],
          [tensorMetadata.dims, JSON.stringify(dims)],
          ...(idColumn === null ? [] : [[tensorMetadata.label, idColumn] as [string, string]])
        ])
      )
    )
  }

  /**
   * Adds rows, cut into record batches.
   *
   * @param data rows × size, row-major, of the head's elements; not changed before the file is whole
   * @param items each row's id; null in a table
   * @throws RangeError when the lengths do not agree, or the elements are others
   */
  write(data: Float32Array | Uint16Array, items: ReadonlyArray<string> | null): void {
    const { family, member, idColumn, elements = "float32" } = this.#head
    if (data instanceof Float32Array !== (elements === "float32"))
      throw new RangeError(
        `tensor "${family}/${member}": a file of ${elements} got a ${data.constructor.name}`
      )
    const rows = data.length / this.#size
    if (
      !Number.isInteger(rows) ||
      (items === null) !== (idColumn === null) ||
      (items?.length ?? rows) !== rows
    )
      throw new RangeError(
        `tensor "${family}/${member}": ${data.length} values are no whole rows of ${this.#size} for ${items?.length ?? "no"} ids`
      )
    for (let start = 0; start < rows; start += this.#batchRows) {
      const end = Math.min(rows, start + this.#batchRows)
      const values = data.subarray(start * this.#size, end * this.#size)
      const child = makeData({ type: this.#element, length: values.length, nullCount: 0, data: values })
      const tensor = makeData({ type: this.#type, length: end - start, nullCount: 0, child })
      this.#writer.write(
        end - start,
        items === null ? [tensor] : [utf8Data(StringArray.of(items.slice(start, end))), tensor]
      )
    }
  }

  /** Ends the file; without it, there is none. */
  close(): void {
    this.#writer.close()
  }
}

/** A whole tensor file in memory. Throws as `TensorFileWriter` does. */
export function encodeTensors(
  head: TensorFileHead,
  data: Float32Array | Uint16Array,
  items: ReadonlyArray<string> | null
): Uint8Array {
  const sink = new MemorySink()
  const writer = new TensorFileWriter(sink, head)
  writer.write(data, items)
  writer.close()
  return sink.bytes()
}
