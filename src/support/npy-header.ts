/**
 * The header of a NumPy array file, version 1.0.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

/** little-endian float16, float32, float64 and int32; one-byte booleans */
export type NpyType = "<f2" | "<f4" | "<f8" | "<i4" | "|b1"

/** The first bytes of such a file: "\\x93NUMPY" */
export const npyMagic: ReadonlyArray<number> = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** Makes the header. The values follow it in C order; its length is a multiple of 64. */
export function npyHeader(type: NpyType, shape: ReadonlyArray<number>): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`
  const magic = 10 // "\x93NUMPY", the version, the header's length
  const length = Math.ceil((magic + dictionary.length + 1) / 64) * 64 - magic
  const header = new Uint8Array(magic + length)
  header.set([...npyMagic, 1, 0])
  new DataView(header.buffer).setUint16(8, length, true)
  header.set(new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`), magic)
  return header
}
