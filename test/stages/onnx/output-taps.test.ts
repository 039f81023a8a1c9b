import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it, test } from "vitest"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { writeTapped } from "../../../stages/onnx/write-tapped.ts"
import {
  embedded,
  graphPatch,
  integer,
  message,
  node,
  tensorInfo,
  text
} from "../../../stages/onnx/writer.ts"
import { fixture, modelOf, pixelsOf } from "./fixture.ts"

const folder = mkdtempSync(path.join(tmpdir(), "probeline-outputs-"))
afterAll(() => rmSync(folder, { recursive: true }))

const weight = (name: string, dims: ReadonlyArray<number>) => {
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i))
  const raw = embedded(9, new Uint8Array(values.buffer))
  const sizes = dims.map((dim) => integer(1, dim))
  return embedded(5, message(...sizes, integer(2, 1), text(8, name), raw))
}
/** CLIP with a head behind its `pooler_output`, of which the result alone is declared. */
function withHead(name: string, nodes: ReadonlyArray<Uint8Array>, output: string, width: number): string {
  const file = path.join(folder, `${name}.onnx`)
  const head = graphPatch({
    nodes,
    inputs: [],
    outputs: [tensorInfo(output, "float32", ["batch", width])]
  })
  const weights = embedded(7, message(weight("w24", [32, 24]), weight("w32", [32, 32]), weight("b32", [32])))
  writeFileSync(file, message(readFileSync(fixture("clip.onnx")), head, weights))
  return file
}
const named = (file: string) =>
  describeEncoder(modelOf(file)).taps.filter(({ name }) => !/^(?:embed|block\..*|final\.norm)$/.test(name))

describe("an output of two dimensions", () => {
  const embeds = withHead(
    "projection",
    [node("MatMul", ["pooler_output", "w24"], "image_embeds")],
    "image_embeds",
    24
  )

  it("is a tap under its own name, beside the vector that it is a projection of", () => {
    expect(named(embeds)).toEqual([
      { name: "pooled", tensor: "pooler_output" },
      { name: "image_embeds", tensor: "image_embeds" }
    ])
  })

  it("comes out with and without pooling, by its name or its tensor's", async () => {
    const { pixels, shape } = pixelsOf("pixels.npy")
    const taps = ["image_embeds", "tensor:image_embeds", "embed"]
    const whole = await openEncoder(embeds, { taps })
    const { image_embeds: plain } = await whole.run(pixels, shape)
    await whole.release()
    const pooling = await openEncoder(embeds, { taps, pool: true })
    const pooled = await pooling.run(pixels, shape, new Float32Array(2 * 2 * 17).fill(1), 2)
    await pooling.release()
    expect(plain!.shape).toEqual([2, 24])
    expect(pooled["embed"]!.shape).toEqual([2, 2, 32])
    for (const tap of ["image_embeds", "tensor:image_embeds"]) {
      const { data, shape: made } = pooled[tap]!
      expect(made).toEqual([2, 2, 24])
      for (const row of [0, 1]) expect(data.slice(row * 24, row * 24 + 24)).toEqual(plain!.data.slice(0, 24))
      for (const row of [2, 3]) expect(data.slice(row * 24, row * 24 + 24)).toEqual(plain!.data.slice(24))
    }
  })

  it("stays as it is in a file for other programs", () => {
    const { outputs } = writeTapped(embeds, path.join(folder, "tapped.onnx"))
    expect(outputs.map(({ name }) => name)).toContain("pooled")
    expect(outputs.map(({ name }) => name)).not.toContain("image_embeds")
    expect(modelOf(path.join(folder, "tapped.onnx")).graph.outputs.map(({ name }) => name)).toContain(
      "image_embeds"
    )
  })
})

describe("pooled is told by structure, not by width:", () => {
  const linear = [
    node("MatMul", ["pooler_output", "w32"], "product"),
    node("Add", ["product", "b32"], "logits")
  ]
  /** With the head's output alone: that of the norm is declared no more. */
  const only = (file: string, output: string) => {
    const model = modelOf(file)
    const graph = { ...model.graph, outputs: model.graph.outputs.filter(({ name }) => name === output) }
    const { taps } = describeEncoder({ ...model, graph })
    return taps.filter(({ name, tensor }) => name === "pooled" || tensor === output)
  }
  const norm = modelOf(fixture("clip.onnx")).graph.nodes.find(
    ({ outputs }) => outputs[0] === "pooler_output"
  )!

  test("logits of as many classes are not, but what the classifier reads is", () => {
    expect(norm.op).toBe("LayerNormalization")
    expect(only(withHead("classes", linear, "logits", 32), "logits")).toEqual([
      { name: "pooled", tensor: "pooler_output" },
      { name: "logits", tensor: "logits" }
    ])
  })
  test("a dense layer with tanh is", () => {
    const tanh = [
      ...linear.slice(0, 1),
      node("Add", ["product", "b32"], "dense"),
      node("Tanh", ["dense"], "state")
    ]
    expect(only(withHead("tanh", tanh, "state", 32), "state")).toEqual([{ name: "pooled", tensor: "state" }])
  })
  test("a head of two layers is not, nor what is between them", () => {
    const two = [
      node("MatMul", ["pooler_output", "w32"], "first"),
      node("Relu", ["first"], "hidden"),
      node("MatMul", ["hidden", "w32"], "logits")
    ]
    expect(only(withHead("two", two, "logits", 32), "logits")).toEqual([{ name: "logits", tensor: "logits" }])
  })
})

describe("a tensor that has neither tokens nor one vector an image", () => {
  const file = fixture("clip-opset14.onnx")
  const { graph } = modelOf(file)
  const scores = graph.nodes.find(({ op }) => op === "Softmax")!.outputs[0]!
  it("is not pooled, and the error says its shape", async () => {
    const run = async () => {
      const { pixels, shape } = pixelsOf("pixels.npy")
      const session = await openEncoder(file, { taps: [`tensor:${scores}`], pool: true })
      await session.run(pixels, shape, new Float32Array(2 * 2 * 17), 2).finally(() => session.release())
    }
    await expect(run()).rejects.toThrow(/the tap tensor:.* (?:has 4 dimensions|has shape \[2, 2, 2, 17\])/)
  })
})
