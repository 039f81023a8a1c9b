/**
 * Half precision: IEEE 754 binary16 as bits in a Uint16Array, as in Arrow, ONNX and onnxruntime. (Node 20 has
 * no Float16Array.)
 *
 * Source: IEEE 754-2019, 3.4 and 4.3.1 (round to nearest, ties to even), as numpy's `astype(float16)` rounds.
 */

/**
 * The smallest magnitude that becomes infinite: halfway from the largest float16, 65504, to the next power of
 * two.
 */
export const float16Limit = 65520

/**
 * Rounds to the nearest float16, ties to even; magnitudes from `float16Limit` on become infinite, all NaNs
 * 0x7e00.
 *
 * @returns the bits, one element per value
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < source.length; i++) {
    const bits = source[i]!
    const sign = (bits >>> 16) & 0x8000
    const magnitude = bits & 0x7fffffff
    let half: number
    if (magnitude > 0x7f800000) half = 0x7e00
    else if (magnitude >= 0x477ff000) half = 0x7c00
    // from 2⁻¹⁴ on: the exponent's bias goes from 127 to 15, and 13 bits are rounded away
    else if (magnitude >= 0x38800000) half = (magnitude - 0x37fff001 + ((magnitude >>> 13) & 1)) >>> 13
    // subnormal: in units of 2⁻²⁴, rounded to an integer by adding 2⁵² (float64 rounds ties to even)
    else half = Math.abs(values[i]!) * 2 ** 24 + 2 ** 52 - 2 ** 52
    halves[i] = magnitude > 0x7f800000 ? half : half | sign
  }
  return halves
}

/** The value of each of the 65,536 halves: 256 KiB, filled on first use. */
let table: Float32Array | undefined

/** The exact float32 value of each half; written into `target` of the same length, if given. */
export function fromFloat16(
  halves: Uint16Array,
  target: Float32Array = new Float32Array(halves.length)
): Float32Array {
  table ??= valuesOfHalves()
  for (let i = 0; i < halves.length; i++) target[i] = table[halves[i]!]!
  return target
}

function valuesOfHalves(): Float32Array {
  const values = new Float32Array(1 << 16)
  const bits = new Uint32Array(values.buffer)
  for (let half = 0; half < values.length; half++) {
    const sign = half & 0x8000
    const exponent = (half >>> 10) & 31
    const fraction = half & 1023
    if (exponent === 0) values[half] = (sign ? -1 : 1) * fraction * 2 ** -24
    else if (exponent < 31) bits[half] = (sign << 16) | ((exponent - 15 + 127) << 23) | (fraction << 13)
    else values[half] = fraction === 0 ? (sign ? -Infinity : Infinity) : NaN
  }
  return values
}
