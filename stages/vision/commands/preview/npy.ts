/** float32 arrays as NumPy files, version 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { endianness } from "node:os"

/** @param shape at least two sizes, row-major */
export function npyBytes(shape: ReadonlyArray<number>, values: Float32Array): Uint8Array {
  if (endianness() !== "LE") throw new Error("NumPy files are written on little-endian machines alone")
  const magic = Buffer.from("\x93NUMPY\x01\x00", "latin1")
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`
  // header and prelude fill whole lines of 64 bytes
  const length = Math.ceil((magic.length + 2 + dictionary.length + 1) / 64) * 64 - magic.length - 2
  const size = Buffer.alloc(2)
  size.writeUInt16LE(length)
  const header = Buffer.from(`${dictionary.padEnd(length - 1)}\n`, "latin1")
  return Buffer.concat([
    magic,
    size,
    header,
    Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  ])
}
