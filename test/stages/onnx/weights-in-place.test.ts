import { readFileSync } from "node:fs"
import { InferenceSession, Tensor } from "onnxruntime-node"
import { describe, expect, it, test } from "vitest"
import { bytesAccess } from "../../../stages/onnx/access.ts"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { tapModel } from "../../../stages/onnx/patch.ts"
import { readModel } from "../../../stages/onnx/reader.ts"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { withoutWeights } from "../../../stages/onnx/weights-in-place.ts"
import { fixture, modelOf, pixelsOf, quickstartModel } from "./fixture.ts"

const withoutWeightsOf = (file: string) => withoutWeights(bytesAccess(readFileSync(file)), "model.onnx")

describe("a model without its weights", () => {
  test.each(["clip", "clip-opset14", "clip-fused", "dinov2-qdq", "flava-opset11"])(
    "has all else of it: %s",
    (name) => {
      const whole = modelOf(fixture(`${name}.onnx`))
      const { graph, externalFiles, ...others } = readModel(
        bytesAccess(withoutWeightsOf(fixture(`${name}.onnx`)))
      )
      const moved = [...graph.initializers.values()].filter(({ location }) => location !== null)
      expect(moved.length).toBeGreaterThan(0)
      expect(externalFiles).toEqual(["model.onnx"])
      const { irVersion, producer, opsets, localFunctions } = whole
      expect(others).toEqual({ irVersion, producer, opsets, localFunctions })
      for (const part of ["nodes", "inputs", "outputs", "valueInfo"] as const) {
        expect(graph[part]).toEqual(whole.graph[part])
      }
      const inside = [...graph.initializers].map(([key, tensor]) => [key, { ...tensor, location: null }])
      expect(inside).toEqual([...whole.graph.initializers])
    }
  )

  it("has no nodes and outputs but those that are needed, where that is said", () => {
    const file = fixture("clip-fused.onnx")
    const model = modelOf(file)
    const part = (taps: ReadonlyArray<string>) => {
      const { needed } = tapModel(model, taps)
      const bytes = withoutWeights(bytesAccess(readFileSync(file)), "model.onnx", new Map(), needed)
      return { ...readModel(bytesAccess(bytes)).graph, needed }
    }
    const all = part(describeEncoder(model).taps.map(({ name }) => name))
    expect([all.nodes, all.outputs]).toEqual([model.graph.nodes, model.graph.outputs])
    const { nodes, outputs, inputs, needed } = part(["block.0.resid_post"])
    expect(nodes.length).toBeLessThan(all.nodes.length)
    expect(nodes).toEqual(model.graph.nodes.filter((_, i) => needed.nodes.has(i)))
    expect([inputs, outputs]).toEqual([model.graph.inputs, []])
  })

  it("is small", () => {
    expect(withoutWeightsOf(quickstartModel).length).toBeLessThan(readFileSync(quickstartModel).length / 8)
  })

  it("leaves weights that are outside already, and data that are not raw, as they are", () => {
    const file = fixture("vit-fp16.onnx")
    expect(Buffer.from(withoutWeightsOf(file))).toEqual(readFileSync(file))
  })
})

test.each([
  ["the quickstart's", quickstartModel, "vit-pixels.npy"],
  ["of fused nodes", fixture("clip-fused.onnx"), "pixels.npy"],
  ["of opset 11", fixture("flava-opset11.onnx"), "pixels.npy"],
  ["in 8 bits", fixture("blip-int8.onnx"), "pixels.npy"],
  ["with quantised steps", fixture("dinov2-qdq.onnx"), "pixels.npy"]
])(
  "an encoder gives the same, to the last bit, as with all of its bytes in memory, and so does its part before a tap: %s",
  async (_, file, input) => {
    const { pixels, shape } = pixelsOf(input)
    const model = modelOf(file)
    const taps = describeEncoder(model).taps.map(({ name }) => name)
    const encoder = await openEncoder(file, { taps })
    const outputs = await encoder.run(pixels, shape)
    await encoder.release()
    const early = "block.0.resid_post"
    const part = await openEncoder(file, { taps: [early] })
    const alone = await part.run(pixels, shape)
    await part.release()

    const { patch, outputs: names } = tapModel(model, taps)
    const session = await InferenceSession.create(Buffer.concat([readFileSync(file), patch]))
    const results = await session.run({ [session.inputNames[0]!]: new Tensor("float32", pixels, shape) })
    for (const tap of taps) expect(outputs[tap]!.data, tap).toEqual(results[names.get(tap)!]!.data)
    expect(alone[early]!.data).toEqual(results[names.get(early)!]!.data)
  }
)
