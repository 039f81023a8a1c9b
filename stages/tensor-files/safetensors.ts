/**
 * Hugging Face's safetensors files, read.
 *
 * Source: https://github.com/huggingface/safetensors, "Format": 8 bytes n, little-endian; n bytes of JSON, name →
 * { dtype, shape, data_offsets } with offsets from the header's end; the values, which cover the rest without holes.
 */
import { own } from "../../src/support/own.ts"
import { utf8 } from "../../src/support/utf8.ts"
import {
  type ByteReader,
  bytesPerElement,
  sizeOf,
  type FileTensor,
  type StoredType
} from "./stored-tensor.ts"
import { TensorFileError } from "./tensor-file-error.ts"

const types: Readonly<Record<string, StoredType>> = {
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64"
}
/** As in the reference implementation. */
const longestHeader = 100_000_000

/**
 * The tensors of floating point in a .safetensors file, by name; of the file only the header is read. Others, such as
 * of integers, may be in it and are passed over.
 *
 * @throws {TensorFileError} not such a file, truncated, or with offsets that do not fit its shapes
 */
export function openSafetensors(bytes: ByteReader): ReadonlyMap<string, FileTensor> {
  const start = bytes.read(0, 8)
  if (start.length < 8) throw new TensorFileError("not a .safetensors file: it is shorter than 8 bytes")
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true))
  if (length > longestHeader || length + 8 > bytes.size)
    throw new TensorFileError(
      `not a .safetensors file, or truncated: its header would take ${length} bytes of a file of ${bytes.size}`
    )
  const entries = parseHeader(bytes.read(8, length))
  const tensors = new Map<string, FileTensor>()
  const spans: Array<Span> = []
  for (const [name, entry] of entries) {
    if (name === "__metadata__") continue
    const { dtype, shape, from, to } = checkEntry(name, entry)
    spans.push({ name, from, to })
    const type = own(types, dtype)
    if (type === undefined) continue
    const wanted = sizeOf(shape) * bytesPerElement[type]
    if (to - from !== wanted)
      throw new TensorFileError(
        `its tensor "${name}" is ${dtype} [${shape.join(", ")}], which is ${wanted} bytes, but its data_offsets span ${to - from}`
      )
    tensors.set(name, { type, shape, offset: 8 + length + from, bytes })
  }
  checkSpans(spans, bytes.size - 8 - length)
  return tensors
}

function parseHeader(header: Uint8Array): ReadonlyArray<readonly [string, unknown]> {
  let json: unknown
  try {
    json = JSON.parse(utf8(header))
  } catch (cause) {
    throw new TensorFileError(
      `not a .safetensors file: its header is not JSON (${(cause as Error).message})`,
      {
        cause
      }
    )
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return Object.entries(json)
  throw new TensorFileError("not a .safetensors file: its header is no JSON object")
}

function checkEntry(name: string, entry: unknown) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Readonly<Record<string, unknown>>
  const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
  const isPair = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isWhole)
  if (
    typeof dtype !== "string" ||
    !Array.isArray(shape) ||
    !shape.every(isWhole) ||
    !Number.isSafeInteger(sizeOf(shape)) ||
    !isPair
  )
    throw new TensorFileError(`its tensor "${name}" has no proper dtype, shape and data_offsets`)
  const [from, to] = offsets as [number, number]
  return { dtype, shape: shape as ReadonlyArray<number>, from, to }
}

interface Span {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** Tensors lie one after the other, from the first byte to the last: neither may values be shared nor be hidden. */
function checkSpans(spans: Array<Span>, size: number): void {
  spans.sort((a, b) => a.from - b.from || a.to - b.to)
  let end = 0
  for (const { name, from, to } of spans) {
    if (from !== end || to < from)
      throw new TensorFileError(`its tensor "${name}" begins at byte ${from} of the values, not at ${end}`)
    end = to
  }
  if (end !== size)
    throw new TensorFileError(
      `its tensors take ${end} bytes, but ${size} follow its header: it is truncated, or something was appended`
    )
}
