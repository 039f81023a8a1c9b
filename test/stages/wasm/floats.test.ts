import { expect, it } from "vitest"
import { doWhile, func, i32, moduleBytes } from "../../../stages/wasm/code.ts"
import { access, both, f32x4, f64 } from "../../../stages/wasm/floats.ts"
import { instantiate, type Memory } from "../../../stages/wasm/instance.ts"

const zero = i32.const(0)

/** Runs the code on a memory that begins with these floats; returns the memory. */
function after(floats: ReadonlyArray<number>, code: ReadonlyArray<ReadonlyArray<number>>): ArrayBuffer {
  const module = instantiate<{ memory: Memory; run(): void }>(moduleBytes([func("run", [], {}, () => code)]))
  new Float32Array(module.memory.buffer).set(floats)
  module.run()
  return module.memory.buffer
}

it("adds, subtracts and multiplies four floats, each rounded as Math.fround does", () => {
  const a = [0.1, 1e-30, 3e38, -0].map(Math.fround)
  const b = [0.7, 1e-12, 3e38, 0].map(Math.fround)
  const operations = {
    plus: (x: number, y: number) => x + y,
    minus: (x: number, y: number) => x - y,
    times: (x: number, y: number) => x * y,
    over: (x: number, y: number) => x / y,
    max: (x: number, y: number) => Math.max(x, y)
  }
  for (const [name, operation] of Object.entries(operations)) {
    const result = f32x4[name as keyof typeof operations](access.load(zero, 0), access.load(zero, 16))
    const memory = after([...a, ...b], [access.store(i32.const(32), result, 300)])
    const expected = a.map((value, i) => Math.fround(operation(value, b[i]!)))
    expect([...new Float32Array(memory, 332, 4)]).toEqual(expected)
  }
})

it("computes and compares in float64", () => {
  const lane = (n: number) => f64.fromF32(f32x4.lane(access.load(zero, 0), n))
  const [x, y, z] = [0.1, 0.7, 3].map(Math.fround) as [number, number, number]
  const isAbove = (limit: number) => {
    const memory = after(
      [x, y, z, 0, ...new Float32Array(Float64Array.of(limit).buffer)],
      [
        access.storeI32(
          i32.const(64),
          f64.gt(f64.times(lane(2), f64.plus(lane(0), lane(1))), access.loadF64(zero, 16)),
          4
        )
      ]
    )
    return new Int32Array(memory)[17]
  }
  expect(isAbove(z * (x + y))).toBe(0)
  expect(isAbove(z * (x + y) * (1 - 2 ** -52))).toBe(1)
  expect(isAbove(NaN)).toBe(0)
})

it("joins two conditions", () => {
  const count = func("run", ["times", "limit"], { i: "i32" }, ({ times, limit, i }) => [
    doWhile(
      [i.set(i32.plus(i.get, i32.const(1)))],
      both(i32.ltU(i.get, times.get), i32.ltU(i.get, limit.get))
    ),
    access.storeI32(zero, i.get)
  ])
  const module = instantiate<{ memory: Memory; run(times: number, limit: number): void }>(
    moduleBytes([count])
  )
  const counted = (times: number, limit: number) => {
    module.run(times, limit)
    return new Int32Array(module.memory.buffer)[0]
  }
  expect([counted(5, 9), counted(9, 4), counted(3, 3)]).toEqual([5, 4, 3])
})
