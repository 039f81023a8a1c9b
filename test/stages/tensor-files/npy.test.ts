/** NumPy's files. Fixtures: test/fixtures/import/tensors, by numpy itself. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { encodeNpy, openNpy } from "../../../stages/tensor-files/npy.ts"
import { readHalves, readValues } from "../../../stages/tensor-files/stored-tensor.ts"
import { TensorFileError } from "../../../stages/tensor-files/tensor-file-error.ts"
import { fixture, inMemory, mutated, values } from "./fixture.ts"

const open = (name: string) => openNpy(inMemory(fixture(name)))

describe("a .npy file", () => {
  it.each([
    ["f4.npy", "float32", values.F32],
    ["version2.npy", "float32", values.F32],
    ["f8.npy", "float64", values.F64],
    ["f2.npy", "float16", values.F16]
  ])("%s of numpy is read as %s", (name, type, expected) => {
    const tensor = open(name)
    expect(tensor).toMatchObject({ type, shape: [2, 3] })
    expect([...readValues(tensor)]).toEqual(expected)
  })
  it("is read in slices: no other byte of the values is touched", () => {
    const bytes = fixture("f4.npy")
    const asked: Array<readonly [number, number]> = []
    const tensor = openNpy({
      size: bytes.length,
      read: (position, length) => {
        asked.push([position, length])
        return bytes.subarray(position, position + length)
      }
    })
    asked.length = 0
    expect([...readValues(tensor, 1, 3)]).toEqual(values.F32.slice(1, 4))
    expect(asked).toEqual([[tensor.offset + 4, 12]])
  })
  it("may be given in pieces, as a read of a large file is", () => {
    const bytes = fixture("f4.npy")
    const drip = {
      size: bytes.length,
      read: (at: number, n: number) => bytes.subarray(at, at + Math.min(n, 5))
    }
    const whole = openNpy(inMemory(bytes))
    expect([...readValues({ ...whole, bytes: drip })]).toEqual(values.F32)
  })
  it("of float16 gives its bits as they are", () => {
    expect([...readHalves(open("f2.npy"), 1, 2)]).toEqual([0x3e00, 0xc080])
  })
  it("may be a scalar, a vector, or have no values", () => {
    expect([open("scalar.npy").shape, open("vector.npy").shape, open("empty.npy").shape]).toEqual([
      [],
      [3],
      [0, 3]
    ])
    expect([...readValues(open("scalar.npy"))]).toEqual([1.5])
    expect([...readValues(open("empty.npy"))]).toEqual([])
  })
  it.each([
    ["fortran.npy", /Fortran order: save numpy\.ascontiguousarray/],
    ["big.npy", /big-endian \(>f4\)/],
    ["i8.npy", /its values are <i8; supported are float16, float32 and float64/],
    ["object.npy", /pickled Python objects/],
    ["structured.npy", /a structured array/]
  ])("%s is refused, with what to do", (name, says) => {
    expect(() => open(name)).toThrow(says)
    expect(() => open(name)).toThrow(TensorFileError)
  })
  it("is refused when a value is missing, or one too many is there", () => {
    const bytes = fixture("f4.npy")
    expect(() => openNpy(inMemory(bytes.subarray(0, -1)))).toThrow(
      /<f4 \[2, 3\], 24 bytes of values, but 23 follow/
    )
    expect(() => openNpy(inMemory(Buffer.concat([bytes, Buffer.alloc(4)])))).toThrow(
      /but 28 follow: .*appended/
    )
  })
  it("has no values beyond its shape", () => {
    expect(() => readValues(open("f4.npy"), 5, 2)).toThrow(RangeError)
    expect(() => readValues(open("f4.npy"), -1, 2)).toThrow(RangeError)
  })
  it("is read or refused with a message, whatever bytes it holds", () => {
    fc.assert(
      fc.property(mutated(fixture("f4.npy")), (bytes) => {
        try {
          const tensor = openNpy(inMemory(bytes))
          expect(readValues(tensor).length).toBe(tensor.shape.reduce((a, b) => a * b, 1))
        } catch (error) {
          expect(error).toBeInstanceOf(TensorFileError)
        }
      }),
      { numRuns: 2000, seed: 7 }
    )
  })
})

describe("what is written", () => {
  it("is numpy's own file, byte for byte", () => {
    expect(Buffer.from(encodeNpy([2, 3], Float32Array.from(values.F32)))).toEqual(fixture("f4.npy"))
    expect(Buffer.from(encodeNpy([3], Float32Array.from(values.F32.slice(0, 3))))).toEqual(
      fixture("vector.npy")
    )
  })
  it("is read again, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }),
        fc.float32Array({ minLength: 1024, maxLength: 1024 }),
        (shape, data) => {
          const some = data.subarray(
            0,
            shape.reduce((a, b) => a * b, 1)
          )
          const tensor = openNpy(inMemory(encodeNpy(shape, some)))
          expect(tensor.shape).toEqual(shape)
          expect(tensor.offset % 64).toBe(0)
          expect(readValues(tensor)).toEqual(some)
        }
      ),
      { numRuns: 200, seed: 7 }
    )
  })
  it("is of as many values as the shape says", () => {
    expect(() => encodeNpy([2, 2], new Float32Array(3))).toThrow(/3 values do not fill a tensor \[2, 2\]/)
  })
})
