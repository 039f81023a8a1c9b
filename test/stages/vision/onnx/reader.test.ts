import { readFileSync } from "node:fs"
import { describe, expect, it, test } from "vitest"
import { bytesAccess, fileAccess } from "../../../../stages/vision/onnx/access.ts"
import { OnnxError } from "../../../../stages/vision/onnx/onnx-error.ts"
import { readModel } from "../../../../stages/vision/onnx/reader.ts"
import { embedded, integer, message, text } from "../../../../stages/vision/onnx/writer.ts"
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
    ["nothing", new Uint8Array(0)],
    ["text", Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")],
    ["a JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1)],
    ["zeros", new Uint8Array(64)],
    ["another protobuf", integer(1, 8)]
  ])("is refused: %s", (_, content) => {
    expect(() => readModel(bytesAccess(content))).toThrow(OnnxError)
    expect(() => readModel(bytesAccess(content))).toThrow(/not an ONNX|truncated/)
  })

  it("is refused wherever it was cut off", () => {
    for (let size = 1; size < bytes.length; size += 997) {
      expect(() => readModel(bytesAccess(bytes.subarray(0, size))), `${size}`).toThrow(OnnxError)
    }
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
  test.each(["../w.bin", "a/../../w.bin", "/etc/passwd", "..", "..\\w.bin", "C:\\w.bin", ""])(
    "and %j is refused",
    (location) => {
      expect(() => readModel(bytesAccess(withWeightsAt(location)))).toThrow(/weights of w/)
    }
  )
})
