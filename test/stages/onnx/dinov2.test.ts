import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../../../src/support/random.ts"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { modelOf, relativeDifference, tapsOfBlock } from "./fixture.ts"

const file = fileURLToPath(new URL("../../../../shared/real/dinov2-small-saliency.onnx", import.meta.url))
const present = existsSync(file)
const name = "a trained DINOv2-small under a convolutional head, exported by others"

describe.skipIf(!present)(present ? name : `${name} (skipped: ../shared/real is missing)`, () => {
  const states = ["embed", ...Array.from({ length: 12 }, (_, i) => `block.${i}.resid_post`)]

  test("is described", () => {
    const { taps, ...description } = describeEncoder(modelOf(file))
    expect(description).toEqual({
      input: { name: "input_image", height: 224, width: 224, batch: "dynamic", elementType: "float32" },
      patch: { height: 14, width: 14 },
      prefixTokens: 1,
      positions: null,
      width: 384,
      blocks: 12,
      outputs: ["output_importance"],
      opset: 14,
      producer: "pytorch",
      warnings: []
    })
    expect(taps.map(({ name }) => name)).toEqual([
      "embed",
      ...Array.from({ length: 12 }, (_, i) => tapsOfBlock(i)).flat(),
      "final.norm"
    ])
  })

  test("gives out all of its states, each of its own", async () => {
    const random = seededRandom("dinov2 test")
    const pixels = Float32Array.from({ length: 3 * 224 * 224 }, () => 4 * random() - 2)
    const session = await openEncoder(file, {
      taps: [...states, ...tapsOfBlock(0), ...tapsOfBlock(11), "final.norm"]
    })
    const outputs = await session.run(pixels, [1, 3, 224, 224])
    await session.release()
    const norms = states.map((tap) => {
      const { data, shape } = outputs[tap]!
      expect(shape).toEqual([1, 257, 384])
      expect(data.every(Number.isFinite)).toBe(true)
      return Math.hypot(...data.subarray(0, 384))
    })
    expect(new Set(norms).size).toBe(states.length)
    // what is added within the first and the last block, LayerScale included, makes the difference
    for (const i of [0, 11]) {
      const of = (tap: string) => outputs[tap]!.data
      const [before, mid] = [i === 0 ? "embed" : `block.${i - 1}.resid_post`, `block.${i}.resid_mid`]
      const sum = (a: Float32Array, b: Float32Array) => a.map((value, k) => value + b[k]!)
      const [attended, left] = [
        sum(of(before), of(`block.${i}.attn_out`)),
        sum(of(mid), of(`block.${i}.mlp_out`))
      ]
      expect(relativeDifference(of(mid), attended)).toBeLessThan(1e-6)
      expect(relativeDifference(of(`block.${i}.resid_post`), left)).toBeLessThan(1e-6)
    }
    const norm = outputs["final.norm"]!
    expect(norm.shape).toEqual([1, 257, 384])
    // scale and shift are the same for all tokens: what two tokens tell of them holds for a third
    const unit = (token: number) => {
      const x = outputs["block.11.resid_post"]!.data.subarray(token * 384, (token + 1) * 384)
      const mean = x.reduce((a, b) => a + b) / 384
      const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / 384
      return Float64Array.from(x, (value) => (value - mean) / Math.sqrt(variance + 1e-6))
    }
    const [a, b, c] = [unit(1), unit(100), unit(200)]
    const at = (token: number, channel: number) => norm.data[token * 384 + channel]!
    for (let k = 0; k < 384; k++) {
      const between = (c[k]! - a[k]!) / (b[k]! - a[k]!)
      if (Math.abs(b[k]! - a[k]!) < 0.2) continue
      expect(at(200, k)).toBeCloseTo(at(1, k) + (at(100, k) - at(1, k)) * between, 3)
    }
  })
})
