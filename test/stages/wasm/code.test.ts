import { expect, it, test } from "vitest"
import {
  type Code,
  doWhile,
  extend,
  func,
  i32,
  i32x4,
  moduleBytes,
  narrow,
  v128
} from "../../../stages/wasm/code.ts"
import { instantiate, type Memory } from "../../../stages/wasm/instance.ts"

/** The 16 bytes at 0 after the vector was stored there, as four whole numbers. */
function stored(vector: Code, memory: ReadonlyArray<number> = []): Array<number> {
  const store = func("store", [], {}, () => [v128.store(i32.const(0), vector)])
  const module = instantiate<{ memory: Memory; store(): void }>(moduleBytes([store]))
  const bytes = new Uint8Array(module.memory.buffer)
  bytes.set(memory, 16)
  module.store()
  return [...new Int32Array(bytes.buffer, 0, 4)]
}

test.each([0, 1, 63, 64, 127, 128, 8191, 8192, 2 ** 21, 2 ** 31 - 1, -1, -64, -65, -8192, -8193, -(2 ** 31)])(
  "a constant is what it is: %i",
  (value) => expect(stored(i32x4.splat(i32.const(value)))).toEqual([value, value, value, value])
)

it("widens bytes without a sign, and narrows to the nearest that fits", () => {
  const levels = [200, 1, 255, 0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 250]
  const sixteen = [extend.low8, extend.high8].map((half) => half(v128.load(i32.const(16))))
  const quarters = sixteen.flatMap((half) => [
    stored(extend.low16(half), levels),
    stored(extend.high16(half), levels)
  ])
  expect(quarters.flat()).toEqual(levels)
  const [tooLow, tooHigh] = [i32x4.splat(i32.const(-7)), i32x4.splat(i32.const(300))]
  const clipped = stored(narrow.toUnsigned8(narrow.to16(tooLow, tooHigh), narrow.to16(tooHigh, tooLow)))
  expect(clipped).toEqual([0, -1, -1, 0])
})

it("a loop runs once, and again while its condition holds; parameters come before variables", () => {
  const fill = func("fill", ["from", "to"], { at: "i32", four: "v128" }, ({ from, to, at, four }) => [
    at.set(from.get),
    four.set(i32x4.splat(i32.const(9))),
    doWhile([v128.store(at.get, four.get), at.set(i32.plus(at.get, i32.const(16)))], i32.ltU(at.get, to.get))
  ])
  const module = instantiate<{ memory: Memory; fill(from: number, to: number): void }>(moduleBytes([fill]))
  module.fill(16, 16)
  module.fill(64, 96)
  const numbers = new Int32Array(module.memory.buffer)
  // four at 16 … 31 bytes, and eight at 64 … 95
  const written = Array.from({ length: 32 }, (_, i) => ((i >= 4 && i < 8) || (i >= 16 && i < 24) ? 9 : 0))
  expect([...numbers.subarray(0, 32)]).toEqual(written)
})
