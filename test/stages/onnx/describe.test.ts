import { describe, expect, it, test } from "vitest"
import { describeEncoder, prefixTokens } from "../../../stages/onnx/describe.ts"
import { fixture, modelOf, quickstartModel, tapsOfBlock } from "./fixture.ts"

const names = (file: string) => describeEncoder(modelOf(file)).taps.map(({ name }) => name)

describe("an encoder is described from its graph", () => {
  test.each([
    ["clip", 3, 1, 18, "dynamic"],
    ["clip-opset14", 2, 1, 14, "dynamic"],
    ["blip", 2, 1, 18, "dynamic"],
    ["flava", 2, 1, 18, 2],
    ["dinov2", 2, 1, 18, "dynamic"],
    ["dinov2-registers", 2, 5, 18, "dynamic"],
    ["vit-fp16", 2, 1, 18, "dynamic"],
    ["clip-fused", 2, 1, 11, "dynamic"],
    ["flava-opset11", 2, 1, 11, "dynamic"],
    ["blip-int8", 2, 1, 17, "dynamic"],
    ["dinov2-qdq", 2, 1, 17, "dynamic"]
  ])(
    "%s: %i blocks, %i tokens before the patches, opset %i, batch %s",
    (name, blocks, prefix, opset, batch) => {
      const description = describeEncoder(modelOf(fixture(`${name}.onnx`)))
      expect(description).toMatchObject({
        input: { name: "pixel_values", height: 32, width: 32, batch, elementType: "float32" },
        patch: { height: 8, width: 8 },
        prefixTokens: prefix,
        width: 32,
        blocks,
        outputs: ["last_hidden_state", "pooler_output"],
        opset,
        producer: expect.stringMatching(/^(pytorch|onnxruntime\.transformers|onnx\.quantize)$/),
        warnings: []
      })
    }
  )

  test("taps come in the order of computing, under the same names in all families", () => {
    const common = ["embed", ...[0, 1].flatMap(tapsOfBlock)]
    for (const name of ["blip", "flava", "dinov2", "dinov2-registers", "vit-fp16"]) {
      expect(names(fixture(`${name}.onnx`))).toEqual([...common, "final.norm", "pooled"])
    }
    expect(names(fixture("clip-opset14.onnx"))).toEqual([...common, "pooled"])
    expect(names(quickstartModel)).toHaveLength(1 + 4 * 6 + 2)
  })
})

describe("prefixTokens", () => {
  it("is what the patches leave of all tokens", () => {
    expect(prefixTokens(257, { rows: 16, columns: 16 })).toBe(1)
    expect(prefixTokens(256, { rows: 16, columns: 16 })).toBe(0)
  })
  it("throws when there are fewer tokens than patches", () => {
    expect(() => prefixTokens(50, { rows: 8, columns: 8 })).toThrow(
      "50 tokens are fewer than the 8×8 patches"
    )
  })
})
