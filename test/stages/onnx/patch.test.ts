import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { bytesAccess } from "../../../stages/onnx/access.ts"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import type { Model } from "../../../stages/onnx/model.ts"
import { tapModel, weightsInput } from "../../../stages/onnx/patch.ts"
import { readModel } from "../../../stages/onnx/reader.ts"
import { fixture, graphModel, modelOf } from "./fixture.ts"

/** What a file is with a patch behind it. */
const patched = (name: string, patch: Uint8Array): Model =>
  readModel(bytesAccess(Buffer.concat([readFileSync(fixture(name)), patch])))
const outputNames = ({ graph }: Model) => graph.outputs.map(({ name }) => name)

describe("tapModel", () => {
  const clip = modelOf(fixture("clip.onnx"))

  it("adds outputs by bytes behind the model's, and changes nothing else", () => {
    const { patch, outputs } = tapModel(clip, ["embed", "block.0.resid_post"])
    const after = patched("clip.onnx", patch)
    expect(outputNames(after)).toEqual(["last_hidden_state", "pooler_output", ...outputs.values()])
    expect(after.graph.nodes).toEqual(clip.graph.nodes)
    expect(after.graph.inputs).toEqual(clip.graph.inputs)
    expect(patch.length).toBeLessThan(100)
  })

  const pinned = (tap: string) =>
    new Set(outputNames(patched("clip.onnx", tapModel(clip, [tap], { pinStream: true }).patch)))
  const own = ["last_hidden_state", "pooler_output"]

  it("can make the whole stream outputs, so that it is fused the same whatever is chosen", () => {
    const { outputs: all } = tapModel(
      clip,
      describeEncoder(clip).taps.map(({ name }) => name)
    )
    expect([...tapModel(clip, ["pooled"], { pinStream: true }).outputs.keys()]).toEqual(["pooled"])
    expect(pinned("pooled")).toEqual(new Set([...own, ...all.values()]))
  })

  it("makes outputs of nothing behind the taps, and says what is needed for them", () => {
    const { outputs, needed } = tapModel(clip, ["embed", "block.0.resid_mid"])
    const [embed, middle] = [...outputs.values()] as [string, string]
    expect(pinned("embed")).toEqual(new Set([...own, embed]))
    expect(pinned("block.0.resid_mid")).toContain(embed)
    expect(["pixel_values", embed, middle].map(needed.has)).toEqual([true, true, true])
    expect([...own, ...tapModel(clip, ["block.0.resid_post"]).outputs.values()].map(needed.has)).toEqual([
      false,
      false,
      false
    ])
  })

  it("makes outputs of what loses a reader, so that it is fused as in the whole graph", () => {
    const tap = describeEncoder(clip).taps.find(({ name }) => name === "block.1.attn_out")!
    const stream = tapModel(clip, ["block.0.resid_post"]).outputs.get("block.0.resid_post")!
    const { patch } = tapModel(clip, [tap.name], { pinStream: true, known: [tap] })
    // the sum that the attention adds to: the addition itself is left out
    expect(outputNames(patched("clip.onnx", patch))).toContain(stream)
  })

  it("does not declare an output twice", () => {
    const taps = ["block.2.resid_post", "pooled", "embed", "embed", "tensor:last_hidden_state"]
    const { patch, outputs } = tapModel(clip, taps)
    expect(outputNames(patched("clip.onnx", patch))).toEqual([
      "last_hidden_state",
      "pooler_output",
      outputs.get("embed")
    ])
    expect(outputs.get("block.2.resid_post")).toBe("last_hidden_state")
    expect(outputs.get("tensor:last_hidden_state")).toBe("last_hidden_state")
  })

  it("adds one product a tap to pool, with weights for as many images as come in", () => {
    const { patch, outputs } = tapModel(clip, ["embed", "block.2.resid_post", "pooled"], { pool: true })
    expect([...outputs]).toEqual([
      ["embed", "probeline/embed"],
      ["block.2.resid_post", "probeline/block.2.resid_post"],
      ["pooled", "pooler_output"]
    ])
    const { graph } = patched("clip.onnx", patch)
    expect(graph.nodes.slice(clip.graph.nodes.length).map(({ op }) => op)).toEqual(["MatMul", "MatMul"])
    expect(graph.inputs.at(-1)).toEqual({
      name: weightsInput,
      elementType: "float32",
      dims: ["batch", "probeline_rows", "probeline_tokens"]
    })
  })

  it("casts half precision", () => {
    const { patch } = tapModel(modelOf(fixture("vit-fp16.onnx")), ["embed"])
    const added = patched("vit-fp16.onnx", patch).graph.nodes.at(-1)!
    expect(added.op).toBe("Cast")
    expect(added.integers.get("to")).toEqual([1])
  })

  it("refuses taps that are not there, a model patched before, and to do nothing", () => {
    expect(() => tapModel(clip, ["block.3.resid_post"])).toThrow(
      /no tap "block\.3\.resid_post"; the taps are embed/
    )
    expect(() => tapModel(clip, ["tensor:nothing"])).toThrow(
      'no node of the graph produces a tensor "nothing"'
    )
    expect(() => tapModel(clip, [])).toThrow("no taps are chosen")
    const { patch } = tapModel(clip, ["embed"], { pool: true })
    expect(() => tapModel(patched("clip.onnx", patch), ["embed"], { pool: true })).toThrow(
      "already has an input probeline_weights"
    )
  })

  it("taps by tensor name what is no transformer", () => {
    const model = graphModel(
      [
        ["Relu", "image", "x"],
        ["Relu", "x", "y"]
      ],
      "y"
    )
    expect([...tapModel(model, ["tensor:x"]).outputs]).toEqual([["tensor:x", "x"]])
  })
})
