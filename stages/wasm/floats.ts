/**
 * WebAssembly's instructions on floats. They round to the nearest, as JavaScript does, and never fuse: without the
 * "relaxed" instructions, none of which is here, every result is defined to the last bit.
 *
 * Source: https://webassembly.github.io/spec/core/binary/instructions.html
 */
import { type Code, instruction, unsigned, vector, vectorPrefix } from "./code.ts"

/** Declares no alignment. */
const inMemory =
  (...bytes: Code) =>
  (operands: ReadonlyArray<Code>, offset: number): Code => [
    ...operands.flat(),
    ...bytes,
    0,
    ...unsigned(offset)
  ]
const [loadVector, storeVector, splat32, loadF64, storeI32] = [
  inMemory(vectorPrefix, 0),
  inMemory(vectorPrefix, 11),
  inMemory(vectorPrefix, 9),
  inMemory(0x2b),
  inMemory(0x36)
]

/** Loads and stores, `offset` bytes after the address. */
export const access = {
  load: (address: Code, offset = 0) => loadVector([address], offset),
  store: (address: Code, value: Code, offset = 0) => storeVector([address, value], offset),
  /** 4 bytes, four times */
  loadSplat: (address: Code, offset = 0) => splat32([address], offset),
  loadF64: (address: Code, offset = 0) => loadF64([address], offset),
  storeI32: (address: Code, value: Code, offset = 0) => storeI32([address, value], offset)
}

/** A shuffle of two vectors in pieces of 16 bytes / the number of pieces. */
const pieces = (...from: ReadonlyArray<number>) => {
  const width = 16 / from.length
  const bytes = from.flatMap((piece) => Array.from({ length: width }, (_, i) => piece * width + i))
  return instruction(vectorPrefix, ...unsigned(13), ...bytes)
}
const swapHalves = pieces(2, 3, 0, 1)
const joinLowHalves = pieces(0, 1, 4, 5)
const [promote, demote] = [vector(95), vector(94)]

/** Four float32. */
export const f32x4 = {
  plus: vector(228),
  minus: vector(229),
  times: vector(230),
  over: vector(231),
  max: vector(233),
  abs: vector(224),
  neg: vector(225),
  nearest: vector(106),
  eq: vector(65),
  gt: vector(68),
  /** of four int32, and as such */
  fromI32x4: vector(250),
  toI32x4: vector(248),
  /** of two and two float64 */
  fromF64x2: (low: Code, high: Code): Code => joinLowHalves(demote(low), demote(high)),
  lane: (values: Code, lane: number): Code => [...vector(31)(values), lane]
}
/** Two float64. */
export const f64x2 = {
  plus: vector(240),
  minus: vector(241),
  times: vector(242),
  over: vector(243),
  /** of the first two of four float32, and of the last two */
  fromLow: promote,
  fromHigh: (four: Code): Code => promote(swapHalves(four, four))
}
export const i64x2 = { plus: vector(206), shrU: vector(205) }
export const bits = {
  and: vector(78),
  /** (a, b, mask): bits of `a` where the mask is 1, else of `b` */
  select: vector(82)
}
/** One float64. */
export const f64 = {
  fromF32: instruction(0xbb),
  plus: instruction(0xa0),
  times: instruction(0xa2),
  gt: instruction(0x64)
}
/** Of two conditions. */
export const both = instruction(0x71)
