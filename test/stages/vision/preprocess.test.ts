import { describe, expect, it, test } from "vitest"
import { decodeImage } from "../../../stages/vision/image.ts"
import { preprocess, preprocessInto } from "../../../stages/vision/preprocess.ts"
import type { Preprocessing } from "../../../stages/vision/preprocessing.ts"
import { presetNames, presetOf, presets } from "../../../stages/vision/presets.ts"
import { cropStart, preprocessedSize, resizedSize } from "../../../stages/vision/resized-size.ts"
import { bytesOf, expected, sha256, type Processed } from "./preprocessing-fixture.ts"

async function check(
  preprocessing: Preprocessing,
  { image: name, height, width, ...theirs }: Processed
): Promise<void> {
  const image = await decodeImage(await bytesOf(name), preprocessing.alpha)
  const ours = preprocess(image, preprocessing)
  expect([ours.height, ours.width]).toEqual([height, width])
  expect(ours.data.length).toBe(3 * height * width)
  const furthest = Math.max(
    ...theirs.sample.map((value, i) => Math.abs(value - ours.data[i * theirs.stride]!))
  )
  expect(furthest).toBeLessThan(1e-6)
  const levels = preprocess(image, { ...preprocessing, rescale: 1, mean: [0, 0, 0], std: [1, 1, 1] })
  expect(sha256(Uint8Array.from(levels.data))).toBe(theirs.levels)
  // the promise is 1e-6; held is equality
  expect(sha256(new Uint8Array(ours.data.buffer))).toBe(theirs.values)
}

const isRefused = (preprocessing: Preprocessing, { image }: Processed) =>
  image === "transparent.gif" && preprocessing.alpha === undefined

describe.each(expected.presets)("preset $name equals transformers' processor", ({ name, images }) => {
  const preprocessing = presetOf(name)
  test.each(images.filter((image) => !isRefused(preprocessing, image)))("$image", (image) =>
    check(preprocessing, image)
  )
})

describe.each(expected.others)("$name: as transformers' processor", ({ preprocessing, images }) => {
  test.each(images)("$image", (image) => check(preprocessing, image))
})

describe("presets", () => {
  it("have the settings of transformers' processors, and each was compared", () => {
    expect(presets).toEqual(Object.fromEntries(expected.presets.map((c) => [c.name, c.preprocessing])))
    expect([...presetNames].toSorted()).toEqual(expected.presets.map(({ name }) => name).toSorted())
  })

  it("blend alpha where the processor converts to RGB itself, and only there", () => {
    const blending = presetNames.filter((name) => presetOf(name).alpha === "white")
    expect(blending.filter((name) => !/^(clip|blip|dinov2)/.test(name))).toEqual([])
    expect(presetNames.filter((name) => !blending.includes(name))).toEqual(["vit", "flava", "dino"])
  })

  it("are plain JSON", () => {
    expect(JSON.parse(JSON.stringify(presets))).toEqual(presets)
  })

  it("name the choice when asked for another", () => {
    expect(() => presetOf("resnet")).toThrow(/"resnet": choose one of vit, clip,/)
    expect(() => presetOf("toString")).toThrow(RangeError)
  })
})

describe("preprocessInto", () => {
  it("fills a batch image by image and touches nothing else", async () => {
    const images = await Promise.all(
      ["wide.png", "tall.png"].map(async (name) => decodeImage(await bytesOf(name)))
    )
    const one = 3 * 224 * 224
    const batch = new Float32Array(2 * one + 2).fill(9)
    for (const [i, image] of images.entries()) preprocessInto(image, presets.clip, batch, 1 + i * one)
    expect([batch[0], batch.at(-1)]).toEqual([9, 9])
    for (const [i, image] of images.entries()) {
      expect(batch.subarray(1 + i * one, 1 + (i + 1) * one)).toEqual(preprocess(image, presets.clip).data)
    }
  })

  it("refuses a target that is too short", async () => {
    const image = await decodeImage(await bytesOf("small.png"))
    expect(() => preprocessInto(image, presets.vit, new Float32Array(3 * 224 * 224), 1)).toThrow(/do not fit/)
    expect(() => preprocessInto(image, presets.vit, new Float32Array(3 * 224 * 224), -1)).toThrow(RangeError)
  })
})

describe("sizes", () => {
  const shortest = (edge: number) => ({ resize: { kind: "shortest-edge", edge } as const })

  it.each([
    // COCO's commonest: 298.67 and 341.33 are truncated
    [224, 480, 640, 224, 298],
    [256, 480, 640, 256, 341],
    [224, 640, 427, 335, 224],
    [224, 100, 100, 224, 224],
    [224, 1, 3, 224, 672]
  ])("shortest edge %i of %i × %i", (edge, height, width, newHeight, newWidth) => {
    expect(resizedSize(shortest(edge), height, width)).toEqual({ height: newHeight, width: newWidth })
  })

  it("a centre crop starts at the floor of half the rest, also below zero", () => {
    expect([cropStart(298, 224), cropStart(341, 224), cropStart(224, 224)]).toEqual([37, 58, 0])
    expect([cropStart(40, 51), cropStart(40, 50)]).toEqual([-6, -5])
  })

  it("the input's size is the crop's, or else the resized", () => {
    expect(preprocessedSize(presets.clip, 480, 640)).toEqual({ height: 224, width: 224 })
    expect(preprocessedSize({ ...presets.clip, crop: null }, 480, 640)).toEqual({ height: 224, width: 298 })
    expect(preprocessedSize({ ...presets.clip, crop: null, resize: null }, 48, 64)).toEqual({
      height: 48,
      width: 64
    })
  })
})
