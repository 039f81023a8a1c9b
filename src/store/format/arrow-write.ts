/**
 * Tensor files: one member of a tensor family for the rows of a shard, as an uncompressed Arrow IPC file.
 *
 * Columns: each row's item id (Utf8, named by the item label; absent in a table without items) and the tensor
 * (FixedSizeList of float32 or float16, named by the family). Source of the tensor's form: the canonical
 * extension type `arrow.fixed_shape_tensor`, https://arrow.apache.org/docs/format/CanonicalExtensions.html
 */
import { Field, FixedSizeList, Float16, Float32, makeData, Schema, Utf8 } from "apache-arrow"
import { ArrowFileWriter, utf8Data } from "./arrow-file.ts"
import { type ByteSink, MemorySink } from "./bytes.ts"
import { StringArray } from "./string-array.ts"

/** Keys of the metadata in such a file's schema. */
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
  /** of one row; integers from 1 */
  readonly shape: ReadonlyArray<number>
  /** the names of the shape's dimensions */
  readonly dims: ReadonlyArray<string>
  /** the name of the id column; null in a table without items */
  readonly idColumn: string | null
  /** `float16` takes and stores raw bits, in Uint16Arrays; default: float32 */
  readonly elements?: "float32" | "float16"
  /** the most tensor bytes per record batch; default: 64 MiB. A larger row gets a batch of its own. */
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
  /** @throws RangeError if the shape has anything but integers from 1, or a row has 1 GiB or more */
  constructor(sink: ByteSink, head: TensorFileHead) {
    const { family, member, shape, dims, idColumn } = head
    const size = shape.reduce((product, one) => product * one, 1)
    const place = `tensor "${family}/${member}"`
    const isHalf = head.elements === "float16"
    const rowBytes = size * (isHalf ? 2 : 4)
    if (!shape.every((one) => Number.isInteger(one) && one >= 1))
      throw new RangeError(`${place}: a row's shape must be of whole numbers from 1, got [${shape}]`)
    if (shape.length !== dims.length)
      throw new RangeError(
        `${place}: shape [${shape}] has ${shape.length} dimensions, but ${dims.length} names (${dims})`
      )
    if (rowBytes >= 2 ** 30)
      throw new RangeError(`${place}: a row of ${rowBytes} bytes is too large; it must be below 1 GiB`)
    if (idColumn === family) throw new RangeError(`${place}: the id column cannot have the family's name`)
    this.#head = head
    this.#size = size
    this.#batchRows = Math.max(1, Math.floor((head.batchBytes ?? 2 ** 26) / rowBytes))
    // the element has the name and nullability that pyarrow gives it
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
          // repeated outside the extension, for readers that drop it
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
   * @param data rows × size, row-major, with the head's element type; must not change before the file is
   *   complete
   * @param items each row's id; null in a table without items
   * @throws RangeError if the lengths do not agree, or the element type is different
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
        `tensor "${family}/${member}": ${data.length} values are not whole rows of ${this.#size} for ${items?.length ?? "no"} ids`
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

  /** Completes the file; without this call there is no file. */
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
