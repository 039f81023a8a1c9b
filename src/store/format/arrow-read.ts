/** Reads tensor files (format: `arrow-write.ts`): all rows or some, straight into their final memory. */
import { DataType, Precision } from "apache-arrow"
import { fromFloat16 } from "../../support/float16.ts"
import { type ArrowBatch, openArrowFile, readTexts } from "./arrow-file.ts"
import { tensorFormat, tensorMetadata } from "./arrow-write.ts"
import { blamingFile, type ByteSource, FileFormatError } from "./bytes.ts"

export interface TensorFile {
  readonly family: string
  readonly member: string
  /** of one row */
  readonly shape: ReadonlyArray<number>
  readonly dims: ReadonlyArray<string>
  /** the name of the id column; null in a table without items */
  readonly idColumn: string | null
  /** as stored; values are always read as float32 */
  readonly elements: "float32" | "float16"
  readonly rows: number
  /** Number of values per row. */
  readonly size: number
  /** Rows `start` … `end − 1` (default: all), row-major; one read per record batch. */
  read(start?: number, end?: number): Float32Array
  /** The raw bits of those rows, for a float16 file. */
  readHalves(start?: number, end?: number): Uint16Array
  /** Like `read`, but into the given memory of (end − start) × size values. */
  readInto(into: Float32Array, start?: number, end?: number): void
  /** The item id of each of those rows; null in a table without items. */
  items(start?: number, end?: number): Array<string> | null
}

/**
 * Opens a tensor file: reads its footer and the metadata of its record batches, but no values.
 *
 * @throws FileFormatError if it is torn or compressed, or does not have the form that `arrow-write.ts` writes
 */
export const openTensors = (source: ByteSource): TensorFile => blamingFile(source.name, () => open(source))

function open(source: ByteSource): TensorFile {
  const { schema, rows, batches } = openArrowFile(source)
  const wrong = (what: string) => new FileFormatError(source.name, what)
  const meta = (key: keyof typeof tensorMetadata) => schema.metadata.get(tensorMetadata[key])
  const [family, member, format] = [meta("family"), meta("member"), meta("format")]
  if (format === undefined || family === undefined || member === undefined)
    throw wrong("it is an Arrow file, but not a Probeline tensor file (its schema names no family)")
  if (format !== tensorFormat)
    throw wrong(`tensor file of format ${format}; this Probeline reads format ${tensorFormat}`)
  const shape = wholeNumbers(meta("shape"))
  const dims = names(meta("dims"))
  if (shape === null || dims === null) throw wrong("its schema lacks the tensor's shape: it is damaged")
  const size = shape.reduce((product, one) => product * one, 1)
  const idColumn = meta("label") ?? null
  const fields = idColumn === null ? [family] : [idColumn, family]
  if (schema.fields.map((field) => field.name).join("\n") !== fields.join("\n"))
    throw wrong(
      `expected the columns ${fields.join(", ")}, got ${schema.fields.map((field) => field.name).join(", ")}`
    )
  const type = schema.fields[fields.length - 1]!.type
  const elements = DataType.isFixedSizeList(type) ? elementsOf(type.children[0]?.type) : null
  if (!DataType.isFixedSizeList(type) || type.listSize !== size || elements === null)
    throw wrong(`column "${family}" is ${type}, expected FixedSizeList[${size}] of Float32 or Float16`)
  const rowBytes = size * (elements === "float16" ? 2 : 4)
  if (idColumn !== null && !DataType.isUtf8(schema.fields[0]!.type))
    throw wrong(`column "${idColumn}" is not text`)

  // depth first: the ids have validity, offsets and text; the tensor has validity, its elements' validity and
  // values
  const valuesAt = (idColumn === null ? 0 : 3) + 2
  for (const batch of batches)
    if ((batch.buffers[valuesAt]?.length ?? -1) < batch.rows * rowBytes)
      throw wrong(`a record batch of ${batch.rows} rows has fewer values than that: it is damaged`)

  const range = (start: number, end: number) => {
    if (!(start >= 0 && start <= end && end <= rows))
      throw new RangeError(`${source.name}: rows ${start} … ${end} of a file of ${rows} rows`)
  }
  const load = (into: Float32Array | Uint16Array, batch: ArrowBatch, from: number) =>
    source.read(
      batch.buffers[valuesAt]!.position + from * rowBytes,
      new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
    )
  const readInto = (into: Float32Array, start = 0, end = rows) => {
    range(start, end)
    if (into.length !== (end - start) * size)
      throw new RangeError(`${source.name}: ${into.length} values to hold ${end - start} rows of ${size}`)
    for (const [batch, from, to] of overlapping(batches, start, end)) {
      const values = into.subarray((batch.start + from - start) * size, (batch.start + to - start) * size)
      if (elements === "float32") load(values, batch, from)
      else {
        const halves = new Uint16Array(values.length)
        load(halves, batch, from)
        fromFloat16(halves, values)
      }
    }
  }
  return {
    family,
    member,
    shape,
    dims,
    idColumn,
    elements,
    rows,
    size,
    readInto,
    read(start = 0, end = rows) {
      range(start, end)
      const data = new Float32Array((end - start) * size)
      readInto(data, start, end)
      return data
    },
    readHalves(start = 0, end = rows) {
      range(start, end)
      if (elements !== "float16") throw new RangeError(`${source.name}: it has ${elements} elements`)
      const halves = new Uint16Array((end - start) * size)
      for (const [batch, from, to] of overlapping(batches, start, end))
        load(
          halves.subarray((batch.start + from - start) * size, (batch.start + to - start) * size),
          batch,
          from
        )
      return halves
    },
    items(start = 0, end = rows) {
      range(start, end)
      if (idColumn === null) return null
      const ids: Array<string> = []
      for (const [batch, from, to] of overlapping(batches, start, end))
        for (const id of readTexts(source, batch, 1, from, to)) ids.push(id)
      return ids
    }
  }
}

/** The batches that overlap rows `start` … `end − 1`, each with its own row range. */
function* overlapping(
  batches: ReadonlyArray<ArrowBatch>,
  start: number,
  end: number
): Generator<[ArrowBatch, number, number]> {
  for (const batch of batches) {
    const from = Math.max(0, start - batch.start)
    const to = Math.min(batch.rows, end - batch.start)
    if (from < to) yield [batch, from, to]
  }
}

function elementsOf(type: DataType | undefined): TensorFile["elements"] | null {
  if (type === undefined || !DataType.isFloat(type)) return null
  if (type.precision === Precision.SINGLE) return "float32"
  return type.precision === Precision.HALF ? "float16" : null
}
const wholeNumbers = (text: string | undefined) =>
  listOf(text, (one) => Number.isInteger(one) && (one as number) >= 1) as Array<number> | null
const names = (text: string | undefined) =>
  listOf(text, (one) => typeof one === "string") as Array<string> | null
function listOf(text: string | undefined, fits: (one: unknown) => boolean): Array<unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? "")
    return Array.isArray(value) && value.every(fits) ? value : null
  } catch {
    return null
  }
}
