import { describe, expect, it } from "vitest"
import type { NewFile } from "../../../src/index.ts"
import { checkParams } from "../../../src/pipeline/check-params.ts"
import { sceneColumns, type SceneObject } from "../../../stages/tables/scenes.ts"
import { sampleScenes, synthetic, syntheticTask } from "../../../stages/sample-scenes/stage.ts"
import { decodeImage } from "../../../stages/vision/image.ts"
import { maskOf } from "../../../stages/vision/mask.ts"
import { areaOf } from "../../../stages/vision/rle.ts"
import { collect, computeOf, fakeContext, worldOf } from "../fakes.ts"

interface Scene {
  readonly id: string
  readonly image: NewFile
  readonly height: number
  readonly width: number
  readonly objects: ReadonlyArray<SceneObject>
  readonly captions: ReadonlyArray<string>
}
/** Parameters as the orchestrator gives them, defaults filled in. */
function sampled(options: Parameters<typeof synthetic>[0], context = fakeContext(sampleScenes)) {
  const { values, issues } = checkParams(
    sampleScenes.stage.spec.params!,
    { source: synthetic(options) },
    (path) => path
  )
  expect(issues).toEqual([])
  return collect<Scene>(computeOf(sampleScenes)(values, worldOf("/"), context))
}

describe("sample-scenes, synthetic", () => {
  it("gives scenes of every column, numbered from 00000 on", async () => {
    const context = fakeContext(sampleScenes)
    const scenes = await sampled({ count: 12 }, context)
    expect(scenes.map(({ id }) => id)).toEqual(
      Array.from({ length: 12 }, (_, i) => `000${String(i).padStart(2, "0")}`)
    )
    for (const scene of scenes)
      expect(Object.keys(scene).sort()).toEqual(["id", ...Object.keys(sceneColumns)].sort())
    expect(context.steps).toEqual(scenes.map((_, i) => [i + 1, 12]))
    expect(context.parts).toEqual([])
  })

  it("gives images of the size that it says, and masks that fit them", async () => {
    for (const size of [{}, { height: 32, width: 70 }]) {
      const { height, width } = { height: 96, width: 128, ...size }
      for (const scene of await sampled({ count: 3, ...size })) {
        expect([scene.height, scene.width]).toEqual([height, width])
        expect(scene.image.name).toBe(`${scene.id}.png`)
        const { data: _, ...decoded } = await decodeImage(scene.image.content)
        expect(decoded).toEqual({ height, width })
        for (const { segmentation, area } of scene.objects)
          expect(areaOf(maskOf(segmentation, height, width))).toBe(area)
      }
    }
  })

  it("is made for pairs: each scene has its primary and its secondary object, and captions name both", async () => {
    for (const { objects, captions } of await sampled({ count: 12 })) {
      for (const role of ["primary", "secondary"] as const) {
        const found = objects.filter(({ category }) => syntheticTask[role].includes(category as never))
        expect(found).toHaveLength(1)
        for (const caption of captions) expect(caption.toLowerCase()).toContain(found[0]!.category)
      }
      expect(captions).toHaveLength(2)
    }
  })

  it("begins a larger sample with the smaller one, to the byte, and repeats itself", async () => {
    const small = await sampled({ count: 5, seed: 3 })
    expect((await sampled({ count: 20, seed: 3 })).slice(0, 5)).toEqual(small)
    expect(await sampled({ count: 5, seed: 3 })).toEqual(small)
  })

  it("keeps ids whatever the count: the first of very many is called as the first of few", async () => {
    const [few] = await sampled({ count: 1 })
    const many = computeOf(sampleScenes)(
      { source: { kind: "synthetic", count: 1_000_000, seed: 0, height: 96, width: 128 } },
      worldOf("/"),
      fakeContext(sampleScenes)
    ) as AsyncGenerator<Scene>
    expect((await many.next()).value).toEqual(few)
    await many.return(undefined)
  })

  it("shows other scenes for another seed", async () => {
    const [one, other] = [await sampled({ count: 6, seed: 1 }), await sampled({ count: 6, seed: 2 })]
    for (const [i, { image, id }] of one.entries()) {
      expect(other[i]!.id).toBe(id)
      expect(other[i]!.image.content).not.toEqual(image.content)
    }
  })

  it.each([
    [{ count: 0 }, "source.count"],
    [{ count: 2.5 }, "source.count"],
    [{ count: 5, height: 31 }, "source.height"],
    [{ count: 5, width: 5000 }, "source.width"]
  ])("refuses %j by its field", (options, field) => {
    const { issues } = checkParams(
      sampleScenes.stage.spec.params!,
      { source: synthetic(options) },
      (path) => path
    )
    expect(issues.map((issue) => issue.field)).toEqual([field])
  })
})
