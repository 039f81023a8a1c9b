import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { seededRandom } from "../../../../src/support/random.ts"
import { drawCast, drawLayout } from "../../../../stages/sample-scenes/synthetic/description.ts"
import type { SceneDescription } from "../../../../stages/sample-scenes/synthetic/description.ts"
import { outlines } from "../../../../stages/sample-scenes/synthetic/outlines.ts"
import { encodePng } from "../../../../stages/sample-scenes/synthetic/png.ts"
import { rasterise } from "../../../../stages/sample-scenes/synthetic/rasterise.ts"
import { FEWEST_PIXELS, renderScene } from "../../../../stages/sample-scenes/synthetic/render-scene.ts"
import type { SceneObject } from "../../../../stages/tables/scenes.ts"
import { drawDescription } from "./draw.ts"

const size = { height: 96, width: 128 }
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const scenes = Array.from({ length: 60 }, (_, i) => renderScene(size, seededRandom("render", i)))

/** A mask of COCO's uncompressed RLE, row-major. */
function decode({ segmentation }: SceneObject): Uint8Array {
  if (!("counts" in segmentation) || typeof segmentation.counts === "string") throw new Error("no plain RLE")
  const [height, width] = segmentation.size
  const columns = segmentation.counts.flatMap((run, i) => Array<number>(run).fill(i % 2))
  expect(columns).toHaveLength(height * width)
  return Uint8Array.from(
    { length: height * width },
    (_, i) => columns[(i % width) * height + Math.floor(i / width)]!
  )
}

test("the same labels give the same pixels, now and later", () => {
  const scene = renderScene(size, seededRandom("pinned", 1))
  expect(sha256(scene.pixels)).toBe("177d10bd78f04cd4237f5c94742f8016813e228970b64dbfdae62247322425e0")
  expect(renderScene(size, seededRandom("pinned", 1))).toEqual(scene)
  expect(renderScene(size, seededRandom("pinned", 2)).pixels).not.toEqual(scene.pixels)
})

test("masks are exact: a pixel is of the last painted object that its centre lies in", () => {
  for (let i = 0; i < 10; i++) {
    const description = drawDescription(seededRandom("exact", i), size)
    const { owners } = rasterise(description)
    for (let at = 0; at < owners.length; at++) {
      const [px, py] = [(at % size.width) + 0.5, Math.floor(at / size.width) + 0.5]
      const owner = description.objects.findLastIndex(({ category, x, y, size, rotation }) => {
        const [u, v] = [(px - x) / size, (py - y) / size]
        const [cos, sin] = [Math.cos(-rotation), Math.sin(-rotation)]
        return outlines[category].distance(u * cos - v * sin, u * sin + v * cos) < 0
      })
      expect(owners[at]).toBe(owner + 1)
    }
  }
})

test("a scene's masks are where the objects were painted: column-major runs, starting with zeros", () => {
  for (const [i, scene] of scenes.entries()) {
    const { pixels, owners } = rasterise(drawDescription(seededRandom("render", i), size))
    if (i === 0) expect(sha256(pixels)).toBe(sha256(scene.pixels))
    if (sha256(pixels) !== sha256(scene.pixels)) continue // a scene that was drawn again
    for (const [k, object] of scene.objects.entries()) {
      expect(sha256(decode(object))).toBe(sha256(owners.map((owner) => (owner === k + 1 ? 1 : 0))))
    }
  }
})

test("masks are disjoint, and their areas count their pixels", () => {
  for (const { objects } of scenes) {
    const covered = new Uint8Array(size.height * size.width)
    for (const object of objects) {
      const mask = decode(object)
      let area = 0
      for (const [at, inside] of mask.entries()) {
        area += inside
        covered[at]! += inside
      }
      expect(object.area).toBe(area)
      expect(area).toBeGreaterThanOrEqual(FEWEST_PIXELS)
      expect(object.crowd).toBe(false)
    }
    expect(Math.max(...covered)).toBe(1)
    expect(new Set(objects.map(({ id }) => id)).size).toBe(objects.length)
  }
})

test("a layout that hides more than four tenths of an object is drawn again, with the same categories", () => {
  const small = { height: 64, width: 64 }
  const shown = ({ objects }: SceneDescription, owners: Uint8Array) =>
    objects.map(({ size }, k) => owners.filter((owner) => owner === k + 1).length / (Math.PI * size * size))
  let [first, later] = [0, 0]
  for (let i = 0; i < 200; i++) {
    const scene = renderScene(small, seededRandom("again", i))
    const random = seededRandom("again", i)
    const cast = drawCast(random)
    for (let attempt = 0; ; attempt++) {
      const description = drawLayout(random, cast, small)
      const { pixels, owners } = rasterise(description)
      const least = Math.min(...shown(description, owners))
      if (sha256(pixels) === sha256(scene.pixels)) {
        expect(least).toBeGreaterThanOrEqual(0.6)
        expect(scene).toMatchObject({ primary: cast.primary, secondary: cast.secondary })
        if (attempt === 0) first++
        else later++
        break
      }
      expect(least).toBeLessThan(0.6)
    }
  }
  expect(later).toBeGreaterThan(0)
  expect(later).toBeLessThan(first / 20) // seldom, so that the choice does not tell categories apart
})

test("pixels within a mask have the object's colour, whatever its neighbours'", () => {
  let compared = 0
  for (let i = 0; i < 40; i++) {
    const description = drawDescription(seededRandom("colour", i), size)
    const { owners, pixels } = rasterise(description)
    for (const [k, object] of description.objects.entries()) {
      if (object.texture !== "plain") continue
      const at = (Math.floor(object.y) * size.width + Math.floor(object.x)) * 3
      if (owners[at / 3] !== k + 1 || object.category === "ring" || object.category === "crescent") continue
      compared++
      for (let c = 0; c < 3; c++) expect(Math.abs(pixels[at + c]! - object.rgb[c]!)).toBeLessThanOrEqual(6)
    }
  }
  expect(compared).toBeGreaterThan(15)
})

test("the named categories are those of objects in the scene, once each", () => {
  for (const { objects, primary, secondary, captions } of scenes) {
    expect(objects.filter(({ category }) => category === primary)).toHaveLength(1)
    expect(objects.filter(({ category }) => category === secondary)).toHaveLength(1)
    expect(captions).toHaveLength(2)
  }
})

test.each([
  [32, 32],
  [64, 200],
  [300, 48]
])("scenes of %i × %i pixels can be rendered", (height, width) => {
  for (let i = 0; i < 20; i++) {
    const { pixels, objects } = renderScene({ height, width }, seededRandom("size", i))
    expect(pixels).toHaveLength(height * width * 3)
    for (const { segmentation } of objects) expect(segmentation).toMatchObject({ size: [height, width] })
  }
})

test("a PNG file holds the pixels without loss, in the same bytes each time", async () => {
  const { default: sharp } = await import("sharp")
  const { pixels } = scenes[0]!
  const file = await encodePng(pixels, size.height, size.width)
  expect(sha256(await encodePng(pixels, size.height, size.width))).toBe(sha256(file))
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
  expect(info).toMatchObject({ width: 128, height: 96, channels: 3 })
  expect(sha256(data)).toBe(sha256(pixels))
})

test("pixels that do not fit the image's size are refused", async () => {
  await expect(encodePng(new Uint8Array(10), 96, 128)).rejects.toThrow(/10 bytes.*36864/)
})
