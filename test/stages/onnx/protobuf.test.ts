/** Numbers in a file that are not what they should be: none of them moves the reader, or makes it allocate. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { bytesAccess, WindowedReader } from "../../../stages/onnx/access.ts"
import { OnnxError } from "../../../stages/onnx/onnx-error.ts"
import { Protobuf } from "../../../stages/onnx/protobuf.ts"
import { readModel } from "../../../stages/onnx/reader.ts"
import { embedded, integer, message, text } from "../../../stages/onnx/writer.ts"
import { fixture, modelOf } from "./fixture.ts"

const model = new Uint8Array(readFileSync(fixture("dinov2.onnx")))
const minusOne = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]
const minusEleven = [245, 255, 255, 255, 255, 255, 255, 255, 255, 1]
const protobufOf = (bytes: Uint8Array) => new Protobuf(new WindowedReader(bytesAccess(bytes)))
const firstField = (bytes: ReadonlyArray<number>) => protobufOf(Uint8Array.from(bytes)).top().next().value!

describe.each([
  ["alone", 0],
  ["behind a good model", model.length]
])("a field %s", (_, start) => {
  const readBehind = (...bytes: ReadonlyArray<number>) =>
    readModel(bytesAccess(message(model.subarray(0, start), Uint8Array.from(bytes))))
  it.each([
    [
      "of a negative length, back to its own beginning",
      [0x7a, ...minusEleven],
      `at byte ${start + 11} has a negative length`
    ],
    ["of length −1", [0x7a, ...minusOne], "has a negative length"],
    ["of length −2⁶³", [0x7a, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1], "has a negative length"],
    [
      "of length 2⁶³ − 1",
      [0x7a, ...Array.from({ length: 8 }, () => 255), 127],
      "the file is truncated or not ONNX"
    ],
    ["of length 2⁵³", [0x7a, 128, 128, 128, 128, 128, 128, 128, 16], "the file is truncated or not ONNX"],
    [
      "a byte longer than the file",
      [0x7a, 3, 1, 2],
      `at byte ${start + 2} needs 3 bytes, but its message has 2`
    ],
    ["of a number −1 / 8", minusOne, `byte ${start} starts a field`],
    ["of a number beyond 2²⁹", [0x80, 0x80, 0x80, 0x80, 0x80, 1], `byte ${start} starts a field`],
    [
      "with a value of 11 bytes",
      [8, ...Array.from({ length: 10 }, () => 128), 1],
      `at byte ${start + 1} has more than 64 bits`
    ],
    [
      "with a value of 66 bits",
      [8, ...Array.from({ length: 9 }, () => 255), 4],
      `at byte ${start + 1} has more than 64 bits`
    ],
    ["with a value that is cut off", [8, 255], `a number at byte ${start + 1} is cut off`]
  ] as const)("%s is refused", (_, bytes, says) => {
    expect(() => readBehind(...bytes)).toThrow(OnnxError)
    expect(() => readBehind(...bytes)).toThrow(says)
  })
})

describe("a varint", () => {
  it.each([
    [[8, 0], 0],
    [[8, 127], 127],
    [[8, ...minusOne], -1],
    [[8, ...minusEleven], -11],
    [[8, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1], -(2 ** 63)],
    [[8, 255, 255, 255, 255, 255, 255, 255, 255, 127], 2 ** 63],
    // longer than it need be, but no more than 64 bits
    [[8, 133, 128, 128, 128, 128, 128, 128, 128, 128, 0], 5]
  ] as const)("%j is %d", (bytes, value) => expect(firstField(bytes).value).toBe(value))
})

describe("a message", () => {
  it("may not reach beyond the one that it is in", () => {
    const bytes = message(embedded(7, Uint8Array.of(0x0a, 9, 0, 0)), new Uint8Array(20).fill(8))
    const protobuf = protobufOf(bytes)
    const [graph] = protobuf.top()
    expect(() => [...protobuf.message(graph!)]).toThrow("at byte 4 needs 9 bytes, but its message has 2")
  })
  it("may not have numbers that do", () => {
    const protobuf = protobufOf(message(embedded(7, Uint8Array.of(8, 128)), Uint8Array.of(1, 1)))
    const [graph] = protobuf.top()
    expect(() => [...protobuf.message(graph!)]).toThrow("at byte 3 is cut off")
    const packed = protobufOf(Uint8Array.of(0x42, 2, 1, 128, 1))
    const [list] = packed.top()
    expect(() => packed.integers(list!)).toThrow("at byte 3 is cut off")
  })
  it("is not as deep as the stack", () => {
    // an attribute with a graph with a node with an attribute …
    let node = text(4, "If")
    for (let depth = 0; depth < 300; depth++)
      node = message(text(4, "If"), embedded(5, embedded(6, embedded(1, node))))
    const bytes = message(embedded(7, embedded(1, node)), embedded(8, integer(2, 18)))
    expect(() => readModel(bytesAccess(bytes))).toThrow(/messages are nested more than 100 deep/)
  })
  it("is read where it is as deep as control flow goes", () => {
    let node = text(4, "Relu")
    for (let depth = 0; depth < 20; depth++)
      node = message(text(4, "If"), embedded(5, embedded(6, embedded(1, node))))
    const bytes = message(embedded(7, embedded(1, node)), embedded(8, integer(2, 18)))
    expect(readModel(bytesAccess(bytes)).graph.nodes).toHaveLength(1)
  })
})

it("long texts and lists are not read", () => {
  const long = protobufOf(embedded(2, new Uint8Array(2 ** 20 + 1).fill(65)))
  const [field] = long.top()
  expect(() => long.text(field!)).toThrow("the text at byte 4 has 1048577 bytes")
  expect(() => long.integers(field!)).toThrow("the list of integers at byte 4 has 1048577 bytes")
})

describe("a graph", () => {
  const initializer = (...dims: ReadonlyArray<Uint8Array>) =>
    message(
      embedded(7, message(embedded(1, text(4, "Relu")), embedded(5, message(...dims, text(8, "w"))))),
      embedded(8, integer(2, 18))
    )
  it.each([
    ["negative", Uint8Array.of(8, ...minusOne)],
    ["larger than any tensor", integer(1, 2 ** 40)],
    ["beyond 2⁵³", Uint8Array.of(8, 255, 255, 255, 255, 255, 255, 255, 255, 127)]
  ])("may not have a weight with a dimension that is %s", (_, dim) => {
    expect(() => readModel(bytesAccess(initializer(integer(1, 3), dim)))).toThrow(/has a dimension of/)
  })
  it("may have weights of any real size", () => {
    const bytes = initializer(integer(1, 2 ** 31 - 1), integer(1, 0))
    expect(readModel(bytesAccess(bytes)).graph.initializers.get("w")!.dims).toEqual([2 ** 31 - 1, 0])
  })
  it("may not be larger than there is time for", () => {
    const nodes = new Uint8Array(
      Buffer.concat(Array.from({ length: 2 ** 16 + 1 }, () => embedded(1, text(4, "Relu"))))
    )
    expect(() => readModel(bytesAccess(embedded(7, nodes)))).toThrow("more than 65536 nodes")
    const inputs = Array.from({ length: 2 ** 12 + 1 }, () => text(1, "x"))
    expect(() => readModel(bytesAccess(embedded(7, embedded(1, message(...inputs)))))).toThrow(
      "more than 4096 tensors"
    )
  })
  it("still is a model where all is well", () => {
    expect(modelOf(fixture("dinov2.onnx")).graph.nodes.length).toBeGreaterThan(50)
  })
})
