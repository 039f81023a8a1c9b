/**
 * Constants of the kernel: written in its code as numbers, and loaded from its memory. V8 would build a constant in the
 * code from two halves, at every use.
 */
import { type Code, i32, type Local } from "../../wasm/code.ts"
import { access, f64x2 } from "../../wasm/floats.ts"

/** Where they lie in memory, in bytes. */
export const CONSTANTS = 64
/** 16 bytes each, in the order of their first use */
const constants: Array<Uint8Array> = []

function constant(values: Float32Array | Float64Array | BigInt64Array): Code {
  const bytes = new Uint8Array(values.buffer)
  const known = constants.findIndex((other) => other.every((byte, i) => byte === bytes[i]))
  const index = known < 0 ? constants.push(bytes) - 1 : known
  return access.load(i32.const(CONSTANTS + 16 * index))
}

/** A number in all four, or both, lanes. */
export const float32s = (value: number): Code => constant(new Float32Array(4).fill(value))
export const float64s = (value: number): Code => constant(new Float64Array(2).fill(value))
export const int64s = (value: bigint): Code => constant(new BigInt64Array(2).fill(value))

/** The bytes that code with constants expects at `CONSTANTS`, once that code is built. */
export const constantBytes = (): Uint8Array => Uint8Array.from(constants.flatMap((bytes) => [...bytes]))

export const advance = (place: Local, by: number): Code => place.set(i32.plus(place.get, i32.const(by)))
export const accumulate = (sum: Local, value: Code): Code => sum.set(f64x2.plus(sum.get, value))
