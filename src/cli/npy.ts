/**
 * The header of a NumPy array file, version 1.0.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

/** little-endian float32, float64 and int32; one byte of truth */
export type NpyType = "<f4" | "<f8" | "<i4" | "|b1"

/** Followed by the values, in C order, it is the file; its length is a multiple of 64. */
export function npyHeader(type: NpyType, shape: ReadonlyArray<number>): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`
  const magic = 10 // "\x93NUMPY", the version, the header's length
  const length = Math.ceil((magic + dictionary.length + 1) / 64) * 64 - magic
  const header = Buffer.alloc(magic + length, 0x20)
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  header.writeUInt16LE(length, 8)
  header.write(dictionary, magic, "latin1")
  header[header.length - 1] = 0x0a
  return header
}
