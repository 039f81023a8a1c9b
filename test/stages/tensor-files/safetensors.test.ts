/** Hugging Face's safetensors. Fixture: test/fixtures/import/tensors/all.safetensors, by the safetensors package. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { openSafetensors } from "../../../stages/tensor-files/safetensors.ts"
import { readValues } from "../../../stages/tensor-files/stored-tensor.ts"
import { TensorFileError } from "../../../stages/tensor-files/tensor-file-error.ts"
import { openTensor } from "../../../stages/tensor-files/tensor-file.ts"
import { fixture, inMemory, mutated, values } from "./fixture.ts"

/** A file of `size` bytes of values behind a header. */
function fileOf(header: unknown, size: number): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, Buffer.alloc(size)])
}
const open = (bytes: Uint8Array) => openSafetensors(inMemory(bytes))

describe("a .safetensors file", () => {
  it.each(["F16", "BF16", "F32", "F64"] as const)("of %s is read as float32", (name) => {
    const tensor = open(fixture("all.safetensors")).get(name)!
    expect(tensor.shape).toEqual([2, 3])
    expect([...readValues(tensor)]).toEqual(values[name])
    expect([...readValues(tensor, 3, 2)]).toEqual(values[name].slice(3, 5))
  })
  it("may hold tensors of integers, which are passed over, and metadata", () => {
    expect([...open(fixture("all.safetensors")).keys()].sort()).toEqual(["BF16", "F16", "F32", "F64"])
  })
  it("may hold nothing, or a tensor without values", () => {
    expect(open(fileOf({}, 0)).size).toBe(0)
    expect(
      open(fileOf({ a: { dtype: "F32", shape: [0, 4], data_offsets: [0, 0] } }, 0)).get("a")!.shape
    ).toEqual([0, 4])
  })
  const f32 = (from: number, to: number, shape = [(to - from) / 4]) => ({
    dtype: "F32",
    shape,
    data_offsets: [from, to]
  })
  it.each([
    ["nothing", Buffer.alloc(0), /shorter than 8 bytes/],
    [
      "a header longer than the file",
      fileOf({}, 0).subarray(0, 9),
      /its header claims 2 bytes, but the file has 9/
    ],
    ["a header that is no JSON", fileOf("{", 0), /its header is not JSON/],
    ["a header that is a list", fileOf([], 0), /not a JSON object/],
    ["no dtype", fileOf({ a: { shape: [1], data_offsets: [0, 4] } }, 4), /"a" lacks a valid dtype/],
    ["a negative size", fileOf({ a: { ...f32(0, 4), shape: [-1] } }, 4), /"a" lacks a valid dtype, shape or/],
    [
      "a shape beyond all numbers",
      fileOf({ a: { ...f32(0, 4), shape: [2 ** 40, 2 ** 40] } }, 4),
      /lacks a valid/
    ],
    ["offsets that are none", fileOf({ a: { ...f32(0, 4), data_offsets: "all" } }, 4), /lacks a valid/],
    ["offsets that do not fit the shape", fileOf({ a: f32(0, 8, [3]) }, 8), /F32 \[3\], 12 bytes, .* span 8/],
    [
      "values that two tensors share",
      fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12),
      /"b" begins at byte 4 .* not at 8/
    ],
    ["a hole", fileOf({ a: f32(0, 4), b: f32(8, 12) }, 12), /"b" begins at byte 8 of the values, not at 4/],
    ["values cut off", fileOf({ a: f32(0, 8) }, 7), /take 8 bytes, but 7 follow/],
    ["something appended", fileOf({ a: f32(0, 8) }, 9), /take 8 bytes, but 9 follow/]
  ])("with %s is refused", (_, bytes, says) => {
    expect(() => open(bytes)).toThrow(says)
    expect(() => open(bytes)).toThrow(TensorFileError)
  })
  it("is read or refused with a message, whatever bytes it holds", () => {
    fc.assert(
      fc.property(mutated(fixture("all.safetensors")), (bytes) => {
        try {
          for (const tensor of open(bytes).values()) readValues(tensor)
        } catch (error) {
          expect(error).toBeInstanceOf(TensorFileError)
        }
      }),
      { numRuns: 2000, seed: 7 }
    )
  })
})

describe("a tensor of a file", () => {
  const all = inMemory(fixture("all.safetensors"))
  it("is found by the file's extension and the tensor's name", () => {
    expect(openTensor("x/ALL.SAFETENSORS", all, "F32").type).toBe("float32")
    expect(openTensor("x.npy", inMemory(fixture("f4.npy")), null).type).toBe("float32")
    const alone = inMemory(fileOf({ a: f32() }, 4))
    expect(openTensor("x.safetensors", alone, null).shape).toEqual([1])
  })
  it.each([
    ["x.npy", "a", /a single unnamed array/],
    ["x.safetensors", null, /name one of its tensors: it has /],
    ["x.safetensors", "f32", /no floating-point tensor "f32": it has .*F32/],
    ["x.bin", null, /its extension is neither \.npy nor \.safetensors/]
  ])("in %s by the name %s is refused", (file, name, says) => {
    expect(() => openTensor(file, all, name)).toThrow(says)
  })
  const f32 = () => ({ dtype: "F32", shape: [1], data_offsets: [0, 4] })
})
