/**
 * Reads Hugging Face's safetensors files.
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
 * The floating-point tensors in a .safetensors file, by name; reads only the header. Other tensors, such as integer
 * ones, are allowed and skipped.
 *
 * @throws {TensorFileError} not a .safetensors file, truncated, or with offsets that do not fit its shapes
 */
export function openSafetensors(bytes: ByteReader): ReadonlyMap<string, FileTensor> {
  const start = bytes.read(0, 8)
  if (start.length < 8) throw new TensorFileError("not a .safetensors file: it is shorter than 8 bytes")
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true))
  if (length > longestHeader || length + 8 > bytes.size)
    throw new TensorFileError(
      `not a .safetensors file, or truncated: its header claims ${length} bytes, but the file has ${bytes.size}`
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
        `its tensor "${name}" is ${dtype} [${shape.join(", ")}], ${wanted} bytes, but its data_offsets span ${to - from}`
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
  throw new TensorFileError("not a .safetensors file: its header is not a JSON object")
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
    throw new TensorFileError(`its tensor "${name}" lacks a valid dtype, shape or data_offsets`)
  const [from, to] = offsets as [number, number]
  return { dtype, shape: shape as ReadonlyArray<number>, from, to }
}

interface Span {
  readonly name: string
  readonly from: number
  readonly to: number
}

/**
 * Tensors must fill the data section from the first byte to the last, without overlaps or gaps: no shared and no
 * hidden bytes.
 */
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
      `its tensors take ${end} bytes, but ${size} follow its header: the file is truncated, or something was appended`
    )
}
