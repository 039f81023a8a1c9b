/** Images with transparency become what the encoder's preprocessing makes of them. */
import { describe, expect, test } from "vitest"
import { InputReader } from "../../../stages/extract-activations/inputs.ts"
import { decodeImage } from "../../../stages/vision/image.ts"
import { preprocess } from "../../../stages/vision/preprocess.ts"
import { presetOf } from "../../../stages/vision/presets.ts"
import { bytesOf } from "../vision/preprocessing-fixture.ts"
import { imageFile } from "./images.ts"

describe.each([
  ["clip", "white"],
  ["dinov2", "white"],
  ["vit", "drop"]
] as const)("an encoder of the preset %s: alpha goes to %s", (preset, alpha) => {
  test.each(["rgba.png", "grey-alpha.png", "palette-transparent.png"])("%s", async (name) => {
    const preprocessing = presetOf(preset)
    const reader = new InputReader(preprocessing, { height: 224, width: 224 })
    const input = await reader.input(await reader.open(imageFile(name)))
    const expected = preprocess(await decodeImage(await bytesOf(name), alpha), preprocessing)
    expect(input).toEqual(expected.data)
  })
})
