/** WebAssembly's instructions on floats. They round to the nearest, as JavaScript does, and never fuse. */
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
const [loadVector, storeVector, loadF64, storeI32] = [
  inMemory(vectorPrefix, 0),
  inMemory(vectorPrefix, 11),
  inMemory(0x2b),
  inMemory(0x36)
]

/** Loads and stores, `offset` bytes after the address. */
export const at = {
  load: (address: Code, offset: number) => loadVector([address], offset),
  store: (address: Code, offset: number, value: Code) => storeVector([address, value], offset),
  loadF64: (address: Code, offset: number) => loadF64([address], offset),
  storeI32: (address: Code, offset: number, value: Code) => storeI32([address, value], offset)
}
/** Four float32. */
export const f32x4 = {
  add: vector(228),
  sub: vector(229),
  mul: vector(230),
  lane: (values: Code, lane: number): Code => [...vector(31)(values), lane]
}
export const f64 = {
  fromF32: instruction(0xbb),
  add: instruction(0xa0),
  mul: instruction(0xa2),
  gt: instruction(0x64)
}
/** Of two conditions. */
export const both = instruction(0x71)
