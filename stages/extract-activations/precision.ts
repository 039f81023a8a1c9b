/** How activations are stored: as float32, or rounded to float16 in half the space. */
import { float16Limit, toFloat16 } from "../../src/index.ts"

export const precisions = ["float32", "float16"] as const
export type Precision = (typeof precisions)[number]

/** The stored form of values; float16 is stored as bits. Values must be finite and within the limit. */
export const stored = (values: Float32Array, precision: Precision): Float32Array | Uint16Array =>
  precision === "float16" ? toFloat16(values) : values

/** Why values cannot be stored, or null. NaN and infinity are always refused: they would spoil every fit. */
export function reasonNotKept(values: Float32Array, precision: Precision): string | null {
  const limit = precision === "float16" ? float16Limit : Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (Math.abs(value) < limit) continue
    return Number.isFinite(value)
      ? `${value} at ${i}, beyond float16, which ends at 65504: keep it with precision "float32"`
      : `${value} at ${i}, which is not finite`
  }
  return null
}
