import { describe, expect, test } from "vitest"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { fixture, pixelsOf, quickstartModel, relativeDifference } from "./fixture.ts"
import { readNpy } from "./npy.ts"

const stateTaps = (blocks: number) => [
  "embed",
  ...Array.from({ length: blocks }, (_, i) => `block.${i}.resid_post`)
]

/** [states, …] → the values of each state. */
function statesOf(name: string): ReadonlyArray<Float32Array> {
  const { data, shape } = readNpy(fixture(name))
  const size = data.length / shape[0]!
  return Array.from({ length: shape[0]! }, (_, i) => data.subarray(i * size, (i + 1) * size))
}

async function outputsOf(model: string, taps: ReadonlyArray<string>, pixelsFile: string) {
  const { pixels, shape } = pixelsOf(pixelsFile)
  const session = await openEncoder(model, { taps })
  const outputs = await session.run(pixels, shape)
  await session.release()
  return outputs
}

describe("embed and every block.{i}.resid_post equal transformers' hidden_states", () => {
  test.each([
    ["clip", 1e-5],
    ["clip-opset14", 1e-5],
    ["blip", 1e-5],
    ["flava", 1e-5],
    ["dinov2", 1e-5],
    ["dinov2-registers", 1e-5],
    ["vit-fp16", 2e-3] // half precision has 11 bits
  ])("of %s", async (name, tolerance) => {
    const states = statesOf(`${name}.npy`)
    const taps = stateTaps(states.length - 1)
    const outputs = await outputsOf(fixture(`${name}.onnx`), taps, "pixels.npy")
    taps.forEach((tap, i) => {
      expect(outputs[tap]!.shape).toEqual([2, states[i]!.length / 64, 32])
      expect(relativeDifference(outputs[tap]!.data, states[i]!), tap).toBeLessThan(tolerance)
      // and no neighbour would have passed for it
      if (i > 0)
        expect(relativeDifference(outputs[taps[i - 1]!]!.data, states[i]!), tap).toBeGreaterThan(0.05)
    })
  })

  test("of the quickstart's encoder, at every third token", async () => {
    const states = statesOf("vit-states.npy")
    const taps = stateTaps(6)
    const outputs = await outputsOf(quickstartModel, taps, "vit-pixels.npy")
    taps.forEach((tap, i) => {
      const { data, shape } = outputs[tap]!
      expect(shape).toEqual([2, 65, 96])
      const thirds = Float32Array.from(states[i]!, (_, k) => {
        const [image, token, channel] = [Math.floor(k / (22 * 96)), Math.floor(k / 96) % 22, k % 96]
        return data[(image * 65 + token * 3) * 96 + channel]!
      })
      expect(relativeDifference(thirds, states[i]!), tap).toBeLessThan(1e-5)
    })
  })
})

describe("so do those of graphs that were rewritten, whose weights are the same", () => {
  test.each([
    ["clip-fused", "clip-opset14", 1e-5], // Attention, and SkipLayerNormalization with biases inside
    ["flava-opset11", "flava", 1e-5], // norms written out
    ["blip-int8", "blip", 0.05], // dynamic quantisation
    ["dinov2-qdq", "dinov2", 0.1] // quantisation of the stream
  ])("%s", async (name, original, tolerance) => {
    const states = statesOf(`${original}.npy`)
    const taps = stateTaps(states.length - 1)
    const outputs = await outputsOf(fixture(`${name}.onnx`), taps, "pixels.npy")
    taps.forEach((tap, i) => {
      const errors = states.map((state) => relativeDifference(outputs[tap]!.data, state))
      expect(errors[i], tap).toBeLessThan(tolerance)
      // each is its own, and nearest to its own by far
      expect(Math.min(...errors.filter((_, k) => k !== i)), tap).toBeGreaterThan(3 * errors[i]!)
    })
  })
})

describe("final.norm and pooled are the model's own", () => {
  test.each(["blip", "flava", "dinov2", "dinov2-registers"])("in %s", async (name) => {
    const taps = ["final.norm", "pooled", "tensor:last_hidden_state", "tensor:pooler_output"]
    const outputs = await outputsOf(fixture(`${name}.onnx`), taps, "pixels.npy")
    expect(outputs["pooled"]!.shape).toEqual([2, 32])
    expect(outputs["pooled"]).toEqual(outputs["tensor:pooler_output"])
    expect(outputs["final.norm"]).toEqual(outputs["tensor:last_hidden_state"])
  })

  test("CLIP, whose last norm is for the class token alone, has no final.norm", async () => {
    await expect(openEncoder(fixture("clip.onnx"), { taps: ["final.norm"] })).rejects.toThrow(
      /clip\.onnx: there is no tap "final\.norm"; the taps are embed, block\.0\.attn_out, .*pooled/
    )
  })
})
