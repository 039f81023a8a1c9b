import * as fc from "fast-check"
import { expect, it } from "vitest"
import { encodeSafetensors } from "../../../stages/tensor-files/encode-safetensors.ts"
import { openSafetensors } from "../../../stages/tensor-files/safetensors.ts"
import { readValues, sizeOf } from "../../../stages/tensor-files/stored-tensor.ts"
import { tensorsOf } from "./float64.ts"
import { inMemory } from "./fixture.ts"

it("writes what the reader reads: names, shapes and values", () => {
  const shape = fc.array(fc.nat(4), { maxLength: 3 })
  const name = fc.string({ unit: "grapheme", maxLength: 8 }).filter((text) => text !== "__metadata__")
  const tensor = fc.tuple(shape, fc.boolean(), fc.nat()).map(([dims, isDouble, first]) => {
    const values = Array.from({ length: sizeOf(dims) }, (_, i) => Math.fround(first / 7 + i))
    return { shape: dims, values: isDouble ? Float64Array.from(values) : Float32Array.from(values) }
  })
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, tensor), { selector: ([of]) => of, maxLength: 5 }), (given) => {
      const read = openSafetensors(inMemory(encodeSafetensors(new Map(given))))
      expect([...read.keys()].sort()).toEqual(given.map(([of]) => of).sort())
      for (const [of, { shape: dims, values }] of given) {
        expect(read.get(of)!.type).toBe(values instanceof Float32Array ? "float32" : "float64")
        expect(read.get(of)!.shape).toEqual(dims)
        expect([...readValues(read.get(of)!)]).toEqual([...values])
      }
    })
  )
})

it("keeps every bit of a double, NaN included, and metadata beside it", () => {
  const values = Float64Array.of(0.1, -0, NaN, 5e-324, Infinity, 1 / 3)
  const file = encodeSafetensors(new Map([["x", { shape: [2, 3], values }]]), new Map([["classes", '["é"]']]))
  const { tensors, metadata } = tensorsOf(file)
  expect([...tensors.get("x")!.values]).toEqual([...values])
  expect(metadata).toEqual({ classes: '["é"]' })
})

it("begins the values at a multiple of eight bytes", () => {
  for (const name of ["a", "ab", "abc", "abcd", "abcdefgh"]) {
    const file = encodeSafetensors(new Map([[name, { shape: [1], values: Float64Array.of(1) }]]))
    expect(openSafetensors(inMemory(file)).get(name)!.offset % 8).toBe(0)
  }
})

it("refuses values that do not fill the shape, and the name of the metadata", () => {
  const one = { shape: [2], values: Float64Array.of(1) }
  expect(() => encodeSafetensors(new Map([["x", one]]))).toThrow('1 values do not fill tensor "x" [2]')
  expect(() => encodeSafetensors(new Map([["__metadata__", { ...one, shape: [1] }]]))).toThrow(
    "cannot be called __metadata__"
  )
})
