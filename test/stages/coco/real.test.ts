/** COCO's own annotations, where they are at hand: nothing of them is kept in this repository. */
import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parseInstances } from "../../../stages/coco/annotations.ts"
import { parseCaptions } from "../../../stages/coco/captions.ts"
import { coverageOf } from "../../../stages/vision/coverage.ts"
import { geometryOf } from "../../../stages/vision/geometry.ts"
import { maskOf } from "../../../stages/vision/mask.ts"
import { areaOf, boundingBoxOf } from "../../../stages/vision/rle.ts"

const shared = new URL("../../../../shared/", import.meta.url)
const files = [
  { name: "coco-samples/instances.json", images: 4, annotations: 13, crowds: 0 },
  { name: "real/coco350/instances.json", images: 350, annotations: 3157, crowds: 33 }
]
const stretched = {
  resize: { kind: "exact", height: 224, width: 224 },
  crop: null,
  resample: "bilinear",
  rescale: 1 / 255,
  mean: [0, 0, 0],
  std: [1, 1, 1]
} as const

describe.each(files)("$name of COCO", ({ name, images, annotations, crowds }) => {
  const url = new URL(name, shared)
  const missing = !existsSync(url)
  const skipped = missing ? ` (skipped: ../shared/${name} is missing)` : ""
  const read = () => parseInstances(readFileSync(url, "utf8"), { file: name })

  it.skipIf(missing)(`parses whole, crowds included${skipped}`, () => {
    const instances = read()
    const objects = [...instances.objects.values()].flat()
    expect(instances.images).toHaveLength(images)
    expect(objects).toHaveLength(annotations)
    expect(objects.filter(({ crowd }) => crowd)).toHaveLength(crowds)
  })

  it.skipIf(missing)(`has masks of about the annotated areas where polygons are large${skipped}`, () => {
    const { images, objects } = read()
    const json = JSON.parse(readFileSync(url, "utf8")) as {
      annotations: Array<{ id: number; bbox: Array<number> }>
    }
    const boxes = new Map(json.annotations.map(({ id, bbox }) => [id, bbox]))
    const distances: Array<number> = []
    for (const { id, height, width } of images) {
      for (const object of objects.get(id)!) {
        const mask = maskOf(object.segmentation, height, width)
        expect(areaOf(mask)).toBeLessThanOrEqual(height * width)
        // crowds' areas are not of their masks; small masks lose much of their outline to rounding
        if (object.crowd || object.area < 96 ** 2) continue
        expect(Math.abs(areaOf(mask) / object.area - 1)).toBeLessThan(0.04)
        const [x, y, w, h] = boundingBoxOf(mask)
        const [left, top, boxWidth, boxHeight] = boxes.get(object.id)!
        const off = [x - left!, y - top!, x + w - left! - boxWidth!, y + h - top! - boxHeight!]
        distances.push(Math.max(...off.map(Math.abs)))
      }
    }
    distances.sort((a, b) => a - b)
    expect(distances.length).toBeGreaterThan(annotations / 10)
    // half a pixel is rounding; more where the outline ends in a spike thinner than a pixel
    expect(distances[Math.floor(distances.length / 2)]).toBeLessThan(0.75)
    expect(distances.at(-1)).toBeLessThan(10)
  })

  it.skipIf(missing)(`keeps each mask's area on a grid without crop${skipped}`, () => {
    const { images, objects } = read()
    const grid = { rows: 14, columns: 14, patch: { height: 16, width: 16 } }
    for (const { id, height, width } of images.slice(0, 60)) {
      const geometry = geometryOf(stretched, height, width)
      for (const { segmentation } of objects.get(id)!) {
        const mask = maskOf(segmentation, height, width)
        const covered = coverageOf(mask, geometry, grid).reduce((sum, share) => sum + share, 0)
        expect((covered * height * width) / 196).toBeCloseTo(areaOf(mask), 6)
      }
    }
  })
})

describe("captions of COCO", () => {
  const name = "real/coco350/captions.json"
  const url = new URL(name, shared)
  const missing = !existsSync(url)
  it.skipIf(missing)(`parse whole${missing ? ` (skipped: ../shared/${name} is missing)` : ""}`, () => {
    const captions = parseCaptions(readFileSync(url, "utf8"), { file: name })
    expect(captions.size).toBe(282)
    expect([...captions.values()].every((list) => list.length >= 5)).toBe(true)
  })
})
