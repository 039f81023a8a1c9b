import { describe, expect, test } from "vitest"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { openEncoder, type TapOutputs } from "../../../stages/onnx/session.ts"
import { fixture, modelOf, pixelsOf, quickstartModel, relativeDifference } from "./fixture.ts"
import { readNpy } from "./npy.ts"

const within = ["attn_out", "resid_mid", "mlp_out"]

async function allTaps(file: string, input: string): Promise<TapOutputs> {
  const taps = describeEncoder(modelOf(file)).taps.map(({ name }) => name)
  const { pixels, shape } = pixelsOf(input)
  const session = await openEncoder(file, { taps })
  const outputs = await session.run(pixels, shape)
  await session.release()
  return outputs
}
const sum = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + b[i]!)

describe("attn_out, resid_mid and mlp_out equal what hooks see in transformers", () => {
  test.each([
    ["clip", "clip", 1e-5],
    ["clip-opset14", "clip-opset14", 1e-5],
    ["blip", "blip", 1e-5],
    ["flava", "flava", 1e-5],
    ["dinov2", "dinov2", 1e-5], // LayerScale is in them
    ["dinov2-registers", "dinov2-registers", 1e-5],
    ["vit-fp16", "vit-fp16", 2e-3], // half precision has 11 bits
    ["clip-fused", "clip-opset14", 1e-5], // biases are inside of the nodes that add
    ["flava-opset11", "flava", 1e-5],
    ["blip-int8", "blip", 0.05],
    ["dinov2-qdq", "dinov2", 0.1]
  ])("of %s", async (name, original, tolerance) => {
    const { data, shape } = readNpy(fixture(`${original}-within.npy`))
    const [blocks, , tokens, width] = shape as [number, number, number, number]
    const outputs = await allTaps(fixture(`${name}.onnx`), "pixels.npy")
    const size = tokens * width
    const expected = Array.from({ length: blocks * 3 }, (_, k) => ({
      tap: `block.${Math.floor(k / 3)}.${within[k % 3]}`,
      values: data.subarray(k * size, (k + 1) * size)
    }))
    for (const { tap, values } of expected) {
      const actual = outputs[tap]!.data.subarray(0, size)
      expect(relativeDifference(actual, values), tap).toBeLessThan(tolerance)
      // and no other would have passed for it
      for (const other of expected)
        if (other.tap !== tap) expect(relativeDifference(actual, other.values), tap).toBeGreaterThan(0.2)
    }
  })
})

describe("the stream is what enters it plus what is added", () => {
  test.each([
    ["clip", fixture("clip.onnx"), "pixels.npy", 1e-6],
    ["CLIP of fused nodes", fixture("clip-fused.onnx"), "pixels.npy", 1e-6],
    ["FLAVA of opset 11", fixture("flava-opset11.onnx"), "pixels.npy", 1e-6],
    ["BLIP", fixture("blip.onnx"), "pixels.npy", 1e-6],
    ["FLAVA", fixture("flava.onnx"), "pixels.npy", 1e-6],
    ["DINOv2 with registers", fixture("dinov2-registers.onnx"), "pixels.npy", 1e-6],
    ["ViT in half precision", fixture("vit-fp16.onnx"), "pixels.npy", 1e-3],
    ["the quickstart's encoder", quickstartModel, "vit-pixels.npy", 1e-6]
  ])("in %s", async (_, file, input, tolerance) => {
    const outputs = await allTaps(file, input)
    const { blocks } = describeEncoder(modelOf(file))
    let before = outputs["embed"]!.data
    for (let i = 0; i < blocks; i++) {
      const of = (tap: string) => outputs[`block.${i}.${tap}`]!.data
      expect(relativeDifference(of("resid_mid"), sum(before, of("attn_out")))).toBeLessThan(tolerance)
      expect(relativeDifference(of("resid_post"), sum(of("resid_mid"), of("mlp_out")))).toBeLessThan(
        tolerance
      )
      before = of("resid_post")
    }
  })
})
