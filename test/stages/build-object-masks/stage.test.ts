import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { seededRandom } from "../../../src/index.ts"
import { rulesOf } from "../../../stages/build-object-masks/rules.ts"
import { buildObjectMasks } from "../../../stages/build-object-masks/stage.ts"
import { renderScene } from "../../../stages/sample-scenes/synthetic/render-scene.ts"
import { type Selection, selections } from "../../../stages/tables/masks.ts"
import { onnx } from "../../../stages/vision/encoder.ts"
import { geometryOf, patchPreimage } from "../../../stages/vision/geometry.ts"
import { maskOf } from "../../../stages/vision/mask.ts"
import type { Preprocessing } from "../../../stages/vision/preprocessing.ts"
import { areaOf, rowMajorOf } from "../../../stages/vision/rle.ts"
import type { SceneObject } from "../../../stages/tables/scenes.ts"
import { computeOf, fakeContext, rejection, worldOf } from "../fakes.ts"

const quickstart = fileURLToPath(new URL("../../fixtures/vit-random/model.onnx", import.meta.url))

interface MaskRow {
  readonly selection: string
  readonly object: number
  readonly category: string
  readonly patch: number
  readonly coverage: number
}
interface Scene {
  readonly height: number
  readonly width: number
  readonly objects: ReadonlyArray<SceneObject>
}
const grid = { rows: 8, columns: 8, patch: { height: 8, width: 8 }, prefix: 1, classToken: true }
const colours = { resample: "bilinear", rescale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] } as const
const stretched: Preprocessing = {
  resize: { kind: "exact", height: 64, width: 64 },
  crop: null,
  ...colours
}
const cropped: Preprocessing = {
  resize: { kind: "shortest-edge", edge: 64 },
  crop: { height: 64, width: 64 },
  ...colours
}

interface Options {
  readonly preprocessing?: Preprocessing
  readonly selections?: ReadonlyArray<Selection>
  readonly side?: number | null
}
const masksOf = (
  scenes: ReadonlyArray<Scene>,
  { preprocessing = stretched, selections: chosen = ["aligned"], side = null }: Options = {}
): Array<Array<MaskRow> | { failed: string }> =>
  computeOf(buildObjectMasks)(
    scenes.map((scene, i) => ({ id: `scene-${i}`, scenes: scene })),
    { resource: { preprocessing, rules: rulesOf({ selections: chosen, grid: side }, grid) } },
    fakeContext(buildObjectMasks)
  )
function rowsOf(scene: Scene, options: Options = {}): Array<MaskRow> {
  const [rows] = masksOf([scene], options)
  if (!Array.isArray(rows)) throw new Error(rows?.failed)
  return rows
}
const published = ["as-published"] as const

const rendered = (seed: number): Scene => {
  const size = { height: 96, width: 128 }
  return { ...size, ...renderScene(size, seededRandom(seed, "masks")) }
}
/** A rectangle of an image of 8 × 16 pixels. */
const rectangle = (left: number, top: number, right: number, bottom: number) => [
  [left, top, right, top, right, bottom, left, bottom]
]
const object = (id: number, category: string, segmentation: SceneObject["segmentation"], crowd = false) => ({
  id,
  category,
  segmentation,
  crowd,
  area: 1
})
const wide: Scene = {
  height: 8,
  width: 16,
  objects: [
    object(1, "cup", rectangle(4, 0, 8, 4)),
    object(2, "table", rectangle(0, 4, 16, 8)),
    object(3, "cup", rectangle(6, 2, 12, 6)),
    object(4, "dog", rectangle(0, 0, 2, 2))
  ]
}

describe("build-object-masks, aligned", () => {
  it("keeps each object's area: coverage times preimage adds up to the mask's pixels", () => {
    for (let seed = 0; seed < 10; seed++) {
      const scene = rendered(seed)
      const geometry = geometryOf(stretched, scene.height, scene.width)
      const rows = rowsOf(scene)
      for (const [index, { segmentation, category, area }] of scene.objects.entries()) {
        const own = rows.filter((row) => row.object === index)
        const covered = own.reduce((sum, { patch, coverage }) => {
          const { left, top, right, bottom } = patchPreimage(geometry, grid, patch)
          return sum + coverage * (right - left) * (bottom - top)
        }, 0)
        expect(covered).toBeCloseTo(area, 9)
        expect(area).toBe(areaOf(maskOf(segmentation, scene.height, scene.width)))
        expect(new Set(own.map((row) => row.category))).toEqual(new Set([category]))
      }
    }
  })

  it("gives every patch once an object, by number, with a coverage above 0 and up to 1", () => {
    const rows = rowsOf(rendered(3))
    const keys = rows.map((row) => `${row.object} ${row.category} ${row.patch}`)
    expect(new Set(keys).size).toBe(rows.length)
    for (const { patch, coverage } of rows) {
      expect(patch).toBeGreaterThanOrEqual(0)
      expect(patch).toBeLessThan(64)
      expect(coverage).toBeGreaterThan(0)
      expect(coverage).toBeLessThanOrEqual(1)
    }
  })

  it("unites the objects of a category that has several as object −1, overlaps once", () => {
    const unions = rowsOf(wide).filter((row) => row.object === -1)
    expect(new Set(unions.map((row) => row.category))).toEqual(new Set(["cup"]))
    const pixels = unions.reduce((sum, { coverage }) => sum + coverage * ((8 * 16) / 64), 0)
    // 4 × 4 and 6 × 4 pixels, which share 2 × 2
    expect(pixels).toBeCloseTo(16 + 24 - 4, 12)
  })

  it("unites crowds with the others, and has no union of a category's only object: its own rows serve", () => {
    const crowd = object(9, "dog", { size: [8, 16], counts: [64, 64] }, true)
    const rows = rowsOf({ ...wide, objects: [...wide.objects, crowd] })
    const patches = (index: number) => rows.filter((row) => row.object === index && row.category === "dog")
    expect(patches(-1).map(({ patch }) => patch)).toEqual(
      [...patches(3), ...patches(4)].map(({ patch }) => patch).sort((a, b) => a - b)
    )
    expect(rows.some((row) => row.object === -1 && row.category === "table")).toBe(false)
  })

  it("loses what the crop cuts away: an object outside has no row, one across the edge has its inner part", () => {
    // of 16 × 8 pixels the crop keeps columns 4 … 11, and a patch sees one pixel
    const rows = rowsOf(wide, { preprocessing: cropped })
    expect(rows.some((row) => row.category === "dog")).toBe(false)
    const table = rows.filter((row) => row.object === 1)
    expect(table.map(({ patch }) => patch)).toEqual(Array.from({ length: 32 }, (_, i) => 32 + i))
    expect(table.every(({ coverage }) => coverage === 1)).toBe(true)
    expect(rows.filter((row) => row.object === 0).map(({ patch }) => patch)).toEqual(
      [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((column) => 8 * row + column))
    )
  })

  it("has rows of crowds too", () => {
    const crowd = object(9, "people", { size: [8, 16], counts: [64, 64] }, true)
    expect(rowsOf({ ...wide, objects: [crowd] }).filter((row) => row.object === 0)).toHaveLength(32)
  })

  it("fails an item with a malformed mask, naming object and scene, and no other", () => {
    const damaged = object(7, "cat", { size: [8, 16], counts: [100] })
    const [before, failed, after] = masksOf([
      wide,
      { ...wide, objects: [...wide.objects, damaged] },
      rendered(1)
    ])
    expect(before).toEqual(rowsOf(wide))
    expect(after).toEqual(rowsOf(rendered(1)))
    expect(failed).toEqual({
      failed: expect.stringMatching(/^object 4 \(cat\) of scene scene-1: .*add up to 100 pixels/)
    })
  })

  it("gives a scene without objects no rows, and does not fail it", () => {
    expect(rowsOf({ ...wide, objects: [] })).toEqual([])
  })
})

describe("build-object-masks, as published", () => {
  it("takes the pixel at each patch's centre in the whole image, whatever the crop", () => {
    const scene = rendered(5)
    const rows = rowsOf(scene, { preprocessing: cropped, selections: published })
    expect(rows).toEqual(rowsOf(scene, { selections: published }))
    for (const [index, { segmentation }] of scene.objects.entries()) {
      const pixels = rowMajorOf(maskOf(segmentation, scene.height, scene.width))
      // patches see 12 × 16 pixels: their centres lie on the first pixel after the middle
      const expected = Array.from({ length: 64 }, (_, patch) => patch).filter((patch) => {
        const [y, x] = [12 * Math.floor(patch / 8) + 6, 16 * (patch % 8) + 8]
        return pixels[y * 128 + x] === 1
      })
      expect(rows.filter((row) => row.object === index).map(({ patch }) => patch)).toEqual(expected)
    }
    expect(new Set(rows.map(({ coverage }) => coverage))).toEqual(new Set([1]))
  })

  it("keeps the objects that an aligned crop loses", () => {
    const rows = rowsOf(wide, { preprocessing: cropped, selections: published })
    expect(rows.some((row) => row.category === "dog")).toBe(true)
  })

  it("on a grid of its own takes positions in that grid for the encoder's patches", () => {
    const rows = rowsOf(wide, { selections: published, side: 4 })
    const table = rows.filter(({ object: index }) => index === 1)
    // the lower half of 4 × 4 patches: 8 … 15, which on the encoder's 8 × 8 are its second row
    expect(table.map(({ patch }) => patch)).toEqual([8, 9, 10, 11, 12, 13, 14, 15])
    expect(() => rowsOf(wide, { selections: ["aligned"], side: 4 })).toThrow(/grid has no effect/)
  })
})

describe("build-object-masks, by the centre through the geometry", () => {
  it("takes the pixel at the patch's centre after the crop", () => {
    // of 16 × 8 pixels the crop keeps columns 4 … 11, and a patch sees one pixel
    const rows = rowsOf(wide, { preprocessing: cropped, selections: ["centre"] })
    const aligned = rowsOf(wide, { preprocessing: cropped })
    expect(rows).toEqual(aligned.map((row) => ({ ...row, selection: "centre" })))
  })

  it("is as published where the image is only stretched", () => {
    for (let seed = 0; seed < 5; seed++) {
      const rows = rowsOf(rendered(seed), { selections: ["centre", "as-published"] })
      const of = (name: string) =>
        rows.filter(({ selection }) => selection === name).map((row) => ({ ...row, selection: "" }))
      expect(of("centre").length).toBeGreaterThan(0)
      expect(of("centre")).toEqual(of("as-published"))
    }
  })
})

describe("build-object-masks, by several selections", () => {
  it("has the rows of each, whatever the order in which they are named", () => {
    const scene = rendered(2)
    const alone = selections.flatMap((selection) =>
      rowsOf(scene, { preprocessing: cropped, selections: [selection] })
    )
    expect(new Set(alone.map(({ selection }) => selection))).toEqual(new Set(selections))
    for (const chosen of [selections, selections.toReversed()])
      expect(rowsOf(scene, { preprocessing: cropped, selections: chosen })).toEqual(alone)
  })

  it("refuses no selection, one named twice, and a grid with more patches than the encoder's", () => {
    expect(() => rulesOf({ selections: [], grid: null }, grid)).toThrow("selections is empty")
    expect(() => rulesOf({ selections: ["centre", "centre"], grid: null }, grid)).toThrow(
      "selections names centre twice"
    )
    expect(() => rulesOf({ selections: published, grid: 9 }, grid)).toThrow(
      "grid: 9 × 9 is 81 patches, but the encoder has only 8 × 8 (64)"
    )
    expect(rulesOf({ selections: published, grid: 8 }, grid)).toHaveLength(1)
  })

  it("refuses such a grid when it is planned", async () => {
    const params = { encoder: onnx(quickstart), selections: published, grid: 9 }
    const { identity, open } = buildObjectMasks.stage.spec
    const world = worldOf(path.dirname(quickstart))
    for (const call of [
      () => identity!(params, world),
      () => open!(params, fakeContext(buildObjectMasks), {})
    ])
      expect(await rejection(call())).toMatchObject({
        field: "grid",
        hint: expect.stringContaining("leave grid out")
      })
    const answer = await identity!({ ...params, grid: 8 }, world)
    expect(Object.keys(answer)).toEqual(["encoder", "about"])
  })
})
