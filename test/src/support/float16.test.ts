import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { expect, test } from "vitest"
import { float16Limit, fromFloat16, toFloat16 } from "../../../src/support/float16.ts"

/** What numpy gives: made by make_float16.py beside it. */
const expected = JSON.parse(
  fs.readFileSync(new URL("../../fixtures/float16/expected.json", import.meta.url), "utf8")
) as {
  readonly cases: ReadonlyArray<readonly [float32: number, float16: number]>
  readonly values: string
  readonly halfway: string
}
const sha256 = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  createHash("sha256")
    .update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength))
    .digest("hex")
const all = fromFloat16(Uint16Array.from({ length: 1 << 16 }, (_, half) => half))

test("rounds as numpy does: ties to even, subnormals, signed zeros, overflow", () => {
  const values = new Float32Array(Uint32Array.from(expected.cases, ([bits]) => bits).buffer)

  expect([...toFloat16(values)]).toEqual(expected.cases.map(([, half]) => half))
})

test("rounds every value halfway between two halves, and its neighbours, as numpy does", () => {
  const largest = 0x7bff
  const middles = Float32Array.from({ length: largest }, (_, half) => (all[half]! + all[half + 1]!) / 2)
  // neighbours of a positive float32 are neighbours as whole numbers, too
  const bits = [...new Uint32Array(middles.buffer)].flatMap((middle) => [middle - 1, middle, middle + 1])
  const around = new Float32Array(Uint32Array.from(bits).buffer)
  const values = Float32Array.from([...around, ...around.map((value) => -value)])

  expect(sha256(toFloat16(values))).toBe(expected.halfway)
})

test("gives every half the value that numpy gives it, and back", () => {
  const numbers = all.filter((value) => !Number.isNaN(value))

  expect(sha256(numbers)).toBe(expected.values)
  const halves = toFloat16(all)
  const changed = [...halves.keys()].filter((half) => halves[half] !== half && !Number.isNaN(all[half]!))
  expect(changed).toEqual([])
})

test("makes all NaNs one", () => {
  const nans = new Float32Array(Uint32Array.of(0x7fc00000, 0x7f800001, 0xffffffff).buffer)
  expect([...toFloat16(nans)]).toEqual([0x7e00, 0x7e00, 0x7e00])
})

test("float16Limit is the least magnitude that becomes infinite", () => {
  const below = Math.fround(float16Limit - 2 ** -8)
  expect([...fromFloat16(toFloat16(Float32Array.of(float16Limit, -float16Limit, below)))]).toEqual([
    Infinity,
    -Infinity,
    65504
  ])
})

test("reads a view into a longer buffer", () => {
  const view = new Float32Array(Float32Array.of(9, 1, 2, 9).buffer, 4, 2)
  const target = new Float32Array(2)

  expect(fromFloat16(toFloat16(view), target)).toBe(target)
  expect([...target]).toEqual([1, 2])
})
