import { readFileSync } from "node:fs"
import { describe, expect, it, test } from "vitest"
import { seededRandom } from "../../../src/support/random.ts"
import { bytesAccess, fileAccess } from "../../../stages/onnx/access.ts"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { OnnxError } from "../../../stages/onnx/onnx-error.ts"
import { readModel } from "../../../stages/onnx/reader.ts"
import { embedded, integer, message, text } from "../../../stages/onnx/writer.ts"
import { fixture, graphBytes, modelOf, quickstartModel } from "./fixture.ts"

const bytes = new Uint8Array(readFileSync(fixture("dinov2.onnx")))

describe("readModel", () => {
  it("keeps shapes of weights, inputs and outputs, and skips the weights", () => {
    const { graph, opsets, externalFiles, localFunctions } = modelOf(fixture("dinov2.onnx"))
    expect(opsets.get("")).toBe(18)
    expect([externalFiles, localFunctions]).toEqual([[], []])
    expect(graph.inputs).toEqual([
      { name: "pixel_values", elementType: "float32", dims: ["batch", 3, 32, 32] }
    ])
    const convolution = graph.nodes.find(({ op }) => op === "Conv")!
    expect(convolution.integers.get("strides")).toEqual([8, 8])
    expect(graph.initializers.get(convolution.inputs[1]!)).toMatchObject({
      dims: [32, 3, 8, 8],
      elementType: "float32",
      location: null
    })
  })

  it("reads negative attributes", () => {
    const { graph } = modelOf(fixture("dinov2.onnx"))
    const norm = graph.nodes.find(({ op }) => op === "LayerNormalization")!
    expect(norm.integers.get("axis")).toEqual([-1])
  })

  it("gives the same from a file as from bytes", () => {
    expect(modelOf(fixture("dinov2.onnx"))).toEqual(readModel(bytesAccess(bytes)))
  })

  it("reads a fraction of the file", () => {
    const access = fileAccess(quickstartModel)
    let read = 0
    readModel({
      size: access.size,
      read: (position, length) => {
        const part = access.read(position, length)
        read += part.length
        return part
      }
    })
    access.close()
    expect(read).toBeLessThan(access.size / 4)
  })

  it("knows which file has the weights that are outside", () => {
    expect(modelOf(fixture("vit-fp16.onnx")).externalFiles).toEqual(["vit-fp16.onnx_data"])
  })

  it("knows what a subgraph reads from around it", () => {
    const branch = message(
      embedded(1, message(text(1, "outer"), text(1, "inner"), text(2, "result"), text(4, "Add"))),
      embedded(5, message(text(8, "inner"))),
      embedded(12, text(1, "result"))
    )
    const choice = message(text(1, "condition"), text(2, "y"), text(4, "If"))
    const attribute = embedded(5, message(text(1, "then_branch"), embedded(6, branch)))
    const model = message(embedded(8, integer(2, 17)), embedded(7, embedded(1, message(choice, attribute))))
    expect(readModel(bytesAccess(model)).graph.nodes[0]!.captured).toEqual(["outer"])
  })
})

describe("a file that is no model", () => {
  test.each([
    ["nothing", "", /the file is empty/],
    [
      "a Git LFS pointer",
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
      /git lfs pull/
    ],
    [
      "a web page",
      "\n<!DOCTYPE html>\n<html><title>Not found</title></html>",
      /a web page instead of the model/
    ],
    ["a PyTorch checkpoint", "PK\u0003\u0004\u0000\u0000archive/data.pkl", /a PyTorch checkpoint: export it/],
    [
      "safetensors",
      '@\u0000\u0000\u0000\u0000\u0000\u0000\u0000{"w":{"dtype":"F32"}}',
      /only weights \(safetensors\)/
    ],
    ["onnxruntime's own format", "\u0018\u0000\u0000\u0000ORTM\u0000\u0000", /give the \.onnx file/],
    ["a JPEG", "\u00ff\u00d8\u00ff\u00e0\u0000\u0010JFIF\u0000\u0001", /does not start a protobuf field/],
    ["zeros", "\u0000".repeat(64), /byte 0 starts a field 0/],
    ["another protobuf", "\u0008\u0008", /has 0 nodes and 0 operator sets/]
  ])("is refused: %s", (_, content, message) => {
    const access = bytesAccess(Buffer.from(content, "latin1"))
    expect(() => readModel(access)).toThrow(OnnxError)
    expect(() => readModel(access)).toThrow(/^this is not an ONNX file/)
    expect(() => readModel(access)).toThrow(message)
  })

  test.each(["dinov2", "clip", "clip-opset14", "flava", "vit-fp16"])(
    "is refused wherever it was cut off: %s",
    (name) => {
      const whole = new Uint8Array(readFileSync(fixture(`${name}.onnx`)))
      const random = seededRandom("cut", name)
      // operator sets come last: what is behind them may be missed
      const needed = whole.length - 64
      const cuts = [...Array(100).keys(), ...Array.from({ length: 300 }, () => Math.floor(random() * needed))]
      for (const size of cuts) {
        const cut = () => readModel(bytesAccess(whole.subarray(0, size)))
        expect(cut, `${size}`).toThrow(OnnxError)
        expect(cut, `${size}`).toThrow(/truncated|empty/)
      }
    }
  )

  it("is refused or read, and nothing else happens, whatever bytes are changed", () => {
    const random = seededRandom("change")
    let refused = 0
    for (let round = 0; round < 400; round++) {
      const changed = Uint8Array.from(bytes)
      for (let k = 0; k < 20; k++) changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256)
      try {
        describeEncoder(readModel(bytesAccess(changed)))
      } catch (error) {
        refused++
        expect(error).toBeInstanceOf(OnnxError)
      }
    }
    expect(refused).toBeGreaterThan(100)
  })
})

describe("external weights must lie in the model's folder", () => {
  const withWeightsAt = (location: string) => {
    const entry = embedded(13, message(text(1, "location"), text(2, location)))
    const tensor = message(integer(1, 4), text(8, "w"), entry, integer(14, 1))
    return message(graphBytes([["Relu", "image", "y"]], "y"), embedded(7, embedded(5, tensor)))
  }
  it("so that a folder below it is fine", () => {
    const { externalFiles } = readModel(bytesAccess(withWeightsAt("data/../weights/w.bin")))
    expect(externalFiles).toEqual(["data/../weights/w.bin"])
  })
  test.each([
    "../w.bin",
    "a/../../w.bin",
    "/etc/passwd",
    "..",
    "..\\w.bin",
    "C:\\w.bin",
    "",
    ".",
    "a/..",
    "data/",
    "w\0.bin",
    "w\n.bin"
  ])("and %j is refused", (location) => {
    expect(() => readModel(bytesAccess(withWeightsAt(location)))).toThrow(/weights of w/)
  })
})
