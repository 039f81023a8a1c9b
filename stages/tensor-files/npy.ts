/**
 * Writes and reads NumPy's array files.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1.0 to 3.0
 */
import { own } from "../../src/support/own.ts"
import { npyHeader, npyMagic } from "../../src/support/npy-header.ts"
import { utf8 } from "../../src/support/utf8.ts"
import {
  type ByteReader,
  bytesPerElement,
  sizeOf,
  type FileTensor,
  type StoredType
} from "./stored-tensor.ts"
import { TensorFileError } from "./tensor-file-error.ts"

const types: Readonly<Record<string, StoredType>> = { "<f2": "float16", "<f4": "float32", "<f8": "float64" }
/**
 * Enough for the header of an array with dozens of dimensions; a longer header means that the file is something else.
 */
const longestHeader = 1 << 16

/**
 * Opens the array in a .npy file; reads only the header.
 *
 * @throws {TensorFileError} not a .npy file, truncated, or with values that are not little-endian float16, float32 or
 *   float64 in C order
 */
export function openNpy(bytes: ByteReader): FileTensor {
  const start = bytes.read(0, 12)
  if (start.length < 10 || npyMagic.some((byte, i) => start[i] !== byte))
    throw new TensorFileError('not a .npy file: it does not start with "\\x93NUMPY"')
  const major = start[6]!
  if (major < 1 || major > 3) throw new TensorFileError(`unknown .npy version ${major}`)
  const view = new DataView(start.buffer, start.byteOffset, start.length)
  const lengthBytes = major === 1 ? 2 : 4
  if (start.length < 8 + lengthBytes) throw new TensorFileError("truncated: it ends within its header")
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > longestHeader) throw new TensorFileError(`its header claims ${length} bytes`)
  const offset = 8 + lengthBytes + length
  const header = bytes.read(8 + lengthBytes, length)
  if (header.length < length) throw new TensorFileError("truncated: it ends within its header")
  const { descr, fortran, shape } = parseHeader(headerText(header, major))
  const type = own(types, descr) ?? refuseType(descr)
  if (fortran && shape.filter((size) => size > 1).length > 1)
    throw new TensorFileError("its array is in Fortran order: save numpy.ascontiguousarray(array)")
  const wanted = sizeOf(shape) * bytesPerElement[type]
  if (!Number.isSafeInteger(wanted) || offset + wanted !== bytes.size)
    throw new TensorFileError(
      `its header declares ${descr} [${shape.join(", ")}], ${wanted} bytes of values, but ${bytes.size - offset} follow: the file is truncated, or something was appended`
    )
  return { type, shape, offset, bytes }
}

/** Latin-1 up to version 2, which accepts every byte; UTF-8 from version 3 on. */
function headerText(header: Uint8Array, major: number): string {
  if (major < 3) return Buffer.from(header).toString("latin1")
  try {
    return utf8(header)
  } catch (cause) {
    throw new TensorFileError(`its header cannot be read: ${(cause as Error).message}`, { cause })
  }
}

/** The header is a Python dict of exactly three keys, in any order. */
function parseHeader(text: string) {
  const dictionary = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]
  const field = (name: string, value: string): string | undefined =>
    new RegExp(`(?:^|,)\\s*['"]${name}['"]\\s*:\\s*(${value})\\s*(?=,|$)`).exec(dictionary ?? "")?.[1]
  const descr = field("descr", "'[^']*'|\"[^\"]*\"")
  const fortran = field("fortran_order", "True|False")
  const shape = field("shape", "\\([\\d,\\sL]*\\)")
  if (dictionary !== undefined && descr === undefined && /['"]descr['"]\s*:\s*\[/.test(dictionary))
    throw new TensorFileError("it is a structured array: save one plain array per file")
  if (descr === undefined || fortran === undefined || shape === undefined)
    throw new TensorFileError(`not a valid .npy header: ${JSON.stringify(text.slice(0, 80).trim())}`)
  const sizes = shape.slice(1, -1).match(/\d+/g) ?? []
  return { descr: descr.slice(1, -1), fortran: fortran === "True", shape: sizes.map(Number) }
}

function refuseType(descr: string): never {
  if (descr.includes("O"))
    throw new TensorFileError(
      "it holds pickled Python objects, which are not supported: save an array of float32"
    )
  if (descr.startsWith(">"))
    throw new TensorFileError(`its values are big-endian (${descr}): save array.astype("<f4")`)
  throw new TensorFileError(
    `its values are ${descr}; supported are float16, float32 and float64 (<f2, <f4, <f8): save array.astype("float32")`
  )
}

/**
 * Encodes a .npy file of float32 in C order, version 1.0.
 *
 * @throws {RangeError} the number of values does not match the shape
 */
export function encodeNpy(shape: ReadonlyArray<number>, values: Float32Array): Uint8Array<ArrayBuffer> {
  if (sizeOf(shape) !== values.length)
    throw new RangeError(`${values.length} values do not fill a tensor [${shape.join(", ")}]`)
  const header = npyHeader("<f4", shape)
  const file = new Uint8Array(header.byteLength + values.byteLength)
  file.set(header)
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.byteLength)
  return file
}
