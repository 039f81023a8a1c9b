/** A tensor stored in a file: read in slices of its first dimension, as float32. */
import { fromFloat16, type RandomAccess } from "../../src/index.ts"
import { TensorFileError } from "./tensor-file-error.ts"

/** Random access to a file; may return fewer bytes than requested, like `fs.read`. */
export type ByteReader = Pick<RandomAccess, "size" | "read">

export type StoredType = "float16" | "bfloat16" | "float32" | "float64"

export const bytesPerElement: Readonly<Record<StoredType, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8
}

/** Little-endian values in C order. The code that creates one has checked that the file holds all values. */
export interface FileTensor {
  readonly type: StoredType
  /** empty for a scalar */
  readonly shape: ReadonlyArray<number>
  /** of the first value, in bytes from the start of the file */
  readonly offset: number
  readonly bytes: ByteReader
}

export const sizeOf = (shape: ReadonlyArray<number>): number => shape.reduce((a, b) => a * b, 1)

/**
 * The values [from, from + count) of the tensor, flattened. float64 is rounded to float32.
 *
 * @throws {RangeError} the tensor has fewer values
 * @throws {TensorFileError} the file was truncated after its header was read
 */
export function readValues(tensor: FileTensor, from = 0, count = sizeOf(tensor.shape) - from): Float32Array {
  const raw = readRaw(tensor, from, count)
  switch (tensor.type) {
    case "float32":
      return new Float32Array(raw.buffer)
    case "float64":
      return Float32Array.from(new Float64Array(raw.buffer))
    case "float16":
      return fromFloat16(new Uint16Array(raw.buffer))
    case "bfloat16":
      return fromBfloat16(new Uint16Array(raw.buffer))
  }
}

/** The bits of a float16 tensor's values [from, from + count). */
export const readHalves = (tensor: FileTensor, from: number, count: number): Uint16Array =>
  new Uint16Array(readRaw(tensor, from, count).buffer)

/** The bytes in a buffer of their own, so that a view of any element type can be laid over them. */
function readRaw(
  { type, shape, offset, bytes }: FileTensor,
  from: number,
  count: number
): Uint8Array<ArrayBuffer> {
  if (!(Number.isInteger(from) && from >= 0 && count >= 0 && from + count <= sizeOf(shape)))
    throw new RangeError(
      `values ${from} to ${from + count} are out of range for a tensor [${shape.join(", ")}]`
    )
  const raw = new Uint8Array(count * bytesPerElement[type])
  for (let filled = 0; filled < raw.length;) {
    // a single read returns at most 2 GiB
    const part = bytes.read(
      offset + from * bytesPerElement[type] + filled,
      Math.min(raw.length - filled, 1 << 30)
    )
    if (part.length === 0) throw new TensorFileError("the file was truncated while it was read")
    raw.set(part, filled)
    filled += part.length
  }
  return raw
}

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16
  return new Float32Array(words.buffer)
}
