/** Baselines of real inputs: the mean of all patches, positions and colours, as the encoder's grid and crop have them. */
import * as path from "node:path"
import sharp from "sharp"
import { expect, it } from "vitest"
import { addImageMean } from "../../../stages/add-image-mean/stage.ts"
import { baselineActivations } from "../../../stages/baseline-activations/stage.ts"
import { onnx } from "../../../stages/vision/encoder.ts"
import { computeOf, fakeContext } from "../fakes.ts"

const encoder = onnx(path.join(import.meta.dirname, "../../fixtures/vit-random/model.onnx"))
const params = { encoder }
const cls = {
  selection: null,
  task: null,
  source: "image",
  object: -1,
  token: "cls",
  indices: [0],
  weights: [1]
}
/** Rows of a port have their item, too. */
const row = { item: "1", ...cls }
const opened = (stage: typeof addImageMean | typeof baselineActivations) =>
  (stage.stage.spec.open as any)(params, fakeContext(stage), {})

it("adds the mean of all patches to a scene's tokens, and nothing to a scene without any", async () => {
  const resource = await opened(addImageMean)
  const [some, none] = await computeOf(addImageMean)(
    [
      { id: "1", tokens: [row] },
      { id: "2", tokens: [] }
    ],
    { params, resource },
    fakeContext(addImageMean)
  )
  const count = resource.rows * resource.columns
  expect(some[0]).toEqual(cls)
  expect(some[1]).toMatchObject({
    selection: null,
    task: null,
    source: "image",
    object: -1,
    token: "avg_all"
  })
  expect(some[1].indices).toEqual(Array.from({ length: count }, (_, i) => resource.prefix + i))
  for (const weight of some[1].weights) expect(weight).toBeCloseTo(1 / count, 12)
  expect(none).toEqual([])
})

it("gives position and colour of tokens, of what the encoder sees", async () => {
  const resource = await opened(baselineActivations)
  const { grid } = resource
  // red on the left, blue on the right
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="48" height="96" fill="#f00"/><rect x="48" width="48" height="96" fill="#00f"/></svg>`
  const bytes = await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer()
  const token = (name: string, patch: number) => ({
    ...row,
    token: name,
    selection: "aligned",
    indices: [grid.prefix + patch],
    weights: [1]
  })
  const image = { bytes: async () => new Uint8Array(bytes) }
  const [rows, broken, none] = await computeOf(baselineActivations)(
    [
      { id: "1", scenes: { image }, tokens: [token("left", 0), token("right", grid.columns - 1)] },
      { id: "2", scenes: { image: { bytes: async () => new Uint8Array(8) } }, tokens: [cls] },
      { id: "3", scenes: { image }, tokens: [] }
    ],
    { params, resource },
    fakeContext(baselineActivations)
  )
  const [left, right] = rows
  expect(left).not.toHaveProperty("item")
  expect(left).toMatchObject({ token: "left", selection: "aligned", encoder_digest: null, blocks: null })
  expect(left.activation.position[0]).toBeCloseTo(0.5 / grid.columns, 6)
  expect(right.activation.position[0]).toBeCloseTo(1 - 0.5 / grid.columns, 6)
  expect(left.activation.pixel[0]).toBeGreaterThan(right.activation.pixel[0])
  expect(left.activation.pixel[2]).toBeLessThan(right.activation.pixel[2])
  expect(broken).toHaveProperty("failed")
  expect(none).toEqual([])
})
