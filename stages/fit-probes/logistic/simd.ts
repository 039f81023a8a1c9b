/**
 * The instructions on vectors of floats that the kernel needs, beside those of `stages/vision/wasm/code.ts`. Constants are
 * written as numbers and fill all lanes.
 *
 * Without the "relaxed" instructions, none of which is here, WebAssembly defines every result to the last bit.
 * Source: https://webassembly.github.io/spec/core/binary/instructions.html#vector-instructions.
 */
import { type Code, i32, type Local } from "../../wasm/code.ts"

function vector(number: number, ...immediate: Code) {
  return (...operands: ReadonlyArray<Code>): Code => [
    ...operands.flat(),
    0xfd,
    // LEB128
    ...(number < 0x80 ? [number] : [(number & 0x7f) | 0x80, number >> 7]),
    ...immediate
  ]
}
/** Where constants lie in memory. V8 would build a constant in the code from two halves, at every use. */
export const CONSTANTS = 64
/** 16 bytes each, in the order of their first use */
const constants: Array<Uint8Array> = []

function constant(values: Float32Array | Float64Array | BigInt64Array): Code {
  const bytes = new Uint8Array(values.buffer)
  const known = constants.findIndex((other) => other.every((byte, i) => byte === bytes[i]))
  const index = known < 0 ? constants.push(bytes) - 1 : known
  return load(i32.const(CONSTANTS + 16 * index))
}

/** The bytes that code with constants expects at `CONSTANTS`, once that code is built. */
export const constantBytes = (): Uint8Array => Uint8Array.from(constants.flatMap((bytes) => [...bytes]))

/** Loads and stores of 16 bytes, `offset` bytes (less than 128) after the address. */
export function load(address: Code, offset = 0): Code {
  return vector(0, 0, offset)(address)
}
export const store = (address: Code, value: Code, offset = 0): Code => vector(11, 0, offset)(address, value)
/** 4 bytes, four times */
export const loadSplat = (address: Code): Code => vector(9, 0, 0)(address)

const lanesOf = (...lanes: ReadonlyArray<number>) => {
  const width = 16 / lanes.length
  return lanes.flatMap((lane) => Array.from({ length: width }, (_, i) => lane * width + i))
}
const swap = vector(13, ...lanesOf(2, 3, 0, 1))
const joinHalves = vector(13, ...lanesOf(0, 1, 4, 5))

export const and = vector(78)
/** (a, b, mask): bits of `a` where the mask is 1, else of `b` */
export const select = vector(82)

export const f32 = {
  const: (value: number): Code => constant(new Float32Array(4).fill(value)),
  add: vector(228),
  sub: vector(229),
  mul: vector(230),
  div: vector(231),
  max: vector(233),
  abs: vector(224),
  neg: vector(225),
  nearest: vector(106),
  eq: vector(65),
  gt: vector(68),
  /** of four integers */
  from: vector(250),
  /** as four integers */
  toInt: vector(248)
}
export const f64 = {
  const: (value: number): Code => constant(new Float64Array(2).fill(value)),
  add: vector(240),
  sub: vector(241),
  mul: vector(242),
  div: vector(243)
}
export const int32 = { splat: vector(17), add: vector(174), shl: vector(171) }
export const int64 = {
  const: (value: bigint): Code => constant(new BigInt64Array(2).fill(value)),
  add: vector(206),
  shrU: vector(205)
}

/** The lower two of four floats as doubles, and the upper two. */
export const promoteLow = vector(95)
export const promoteHigh = (four: Code): Code => promoteLow(swap(four, four))
/** Two and two doubles as four floats. */
export const demote = (low: Code, high: Code): Code => joinHalves(vector(94)(low), vector(94)(high))

export const advance = (place: Local, by: number): Code => place.set(i32.add(place.get, i32.const(by)))
export const accumulate = (sum: Local, value: Code): Code => sum.set(f64.add(sum.get, value))
