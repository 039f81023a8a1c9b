import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { centrePixelCoverage, coverageOf } from "../../../stages/vision/coverage.ts"
import { geometryOf, patchPreimage, type Geometry, type PatchGrid } from "../../../stages/vision/geometry.ts"
import type { Preprocessing } from "../../../stages/vision/preprocessing.ts"
import { countsOfString, maskOfRowMajor, rowMajorOf, type Mask } from "../../../stages/vision/rle.ts"

const numbers = { resample: "bilinear", rescale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] } as const
const overlap = (a: number, b: number, c: number, d: number) => Math.max(0, Math.min(b, d) - Math.max(a, c))
const full = (height: number, width: number): Mask => ({
  height,
  width,
  counts: Uint32Array.of(0, height * width)
})

/** Images, preprocessings that crop, pad, stretch and shrink them, grids that fit, and masks from sparse to full. */
const situations = fc
  .record({
    height: fc.integer({ min: 1, max: 14 }),
    width: fc.integer({ min: 1, max: 14 }),
    grid: fc.record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 4 }) }),
    patch: fc.integer({ min: 4, max: 6 }),
    resize: fc.constantFrom("exact", "shortest-edge", "none"),
    edge: fc.integer({ min: 3, max: 40 }),
    density: fc.constantFrom(0.1, 0.5, 0.9, 1),
    pixels: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 196, maxLength: 196 })
  })
  .map(({ height, width, grid, patch, resize, edge, density, pixels }) => {
    const crop = { height: grid.rows * patch, width: grid.columns * patch }
    const preprocessing: Preprocessing = {
      ...numbers,
      resize:
        resize === "exact"
          ? { kind: "exact", ...crop }
          : resize === "none"
            ? null
            : { kind: "shortest-edge", edge },
      crop: resize === "exact" ? null : crop
    }
    const inside = pixels.slice(0, height * width).map((value) => (value <= density ? 1 : 0))
    return {
      mask: maskOfRowMajor(inside, height, width),
      geometry: geometryOf(preprocessing, height, width),
      grid
    }
  })

/** Coverage by definition: pixel by pixel, patch by patch, in floating point. */
function byRectangles(mask: Mask, geometry: Geometry, grid: PatchGrid): Array<number> {
  const pixels = rowMajorOf(mask)
  return Array.from({ length: grid.rows * grid.columns }, (_, patch) => {
    const { left, top, right, bottom } = patchPreimage(geometry, grid, patch)
    let area = 0
    for (let y = 0; y < mask.height; y++)
      for (let x = 0; x < mask.width; x++)
        if (pixels[y * mask.width + x] === 1)
          area += overlap(x, x + 1, left, right) * overlap(y, y + 1, top, bottom)
    return area / ((right - left) * (bottom - top))
  })
}

/** Coverage by looking: which share of n × n points of the *input's* patch fall on the mask, through the affine map. */
function bySampling(mask: Mask, g: Geometry, grid: PatchGrid, n: number): Array<number> {
  const pixels = rowMajorOf(mask)
  const [height, width] = [g.inputHeight / grid.rows, g.inputWidth / grid.columns]
  return Array.from({ length: grid.rows * grid.columns }, (_, patch) => {
    const [row, column] = [Math.floor(patch / grid.columns), patch % grid.columns]
    let hits = 0
    for (let j = 0; j < n; j++) {
      const y = Math.floor(((row + (j + 0.5) / n) * height - g.offsetY) / g.scaleY)
      for (let i = 0; i < n; i++) {
        const x = Math.floor(((column + (i + 0.5) / n) * width - g.offsetX) / g.scaleX)
        if (x >= 0 && x < mask.width && y >= 0 && y < mask.height) hits += pixels[y * mask.width + x]!
      }
    }
    return hits / (n * n)
  })
}

const differences = (a: ArrayLike<number>, b: ReadonlyArray<number>) =>
  b.map((value, i) => Math.abs(a[i]! - value))

describe("the coverage of a patch", () => {
  it("is the mask's area in the patch's preimage over the preimage's area", () => {
    fc.assert(
      fc.property(situations, ({ mask, geometry, grid }) => {
        const error = differences(coverageOf(mask, geometry, grid), byRectangles(mask, geometry, grid))
        expect(Math.max(...error)).toBeLessThan(1e-12)
      }),
      { numRuns: 300 }
    )
  })

  it("is what an encoder's patch shows of the mask, point by point", () => {
    fc.assert(
      fc.property(situations, ({ mask, geometry, grid }) => {
        const error = differences(coverageOf(mask, geometry, grid), bySampling(mask, geometry, grid, 200))
        expect(Math.max(...error)).toBeLessThan(0.05)
        expect(error.reduce((sum, one) => sum + one, 0) / error.length).toBeLessThan(0.01)
      }),
      { numRuns: 40 }
    )
  })

  it("times the preimage's area sums up to the mask's area within the crop", () => {
    fc.assert(
      fc.property(situations, ({ mask, geometry, grid }) => {
        let covered = 0
        for (const [patch, share] of coverageOf(mask, geometry, grid).entries()) {
          const { left, top, right, bottom } = patchPreimage(geometry, grid, patch)
          covered += share * (right - left) * (bottom - top)
        }
        const { cropLeft, cropTop, inputWidth, inputHeight, scaleX, scaleY } = geometry
        const pixels = rowMajorOf(mask)
        let area = 0
        for (let y = 0; y < mask.height; y++)
          for (let x = 0; x < mask.width; x++)
            if (pixels[y * mask.width + x] === 1)
              area +=
                overlap(x, x + 1, cropLeft / scaleX, (cropLeft + inputWidth) / scaleX) *
                overlap(y, y + 1, cropTop / scaleY, (cropTop + inputHeight) / scaleY)
        expect(covered).toBeCloseTo(area, 9)
      })
    )
  })

  it("is exactly 1 for every patch inside the image where the mask is the whole image", () => {
    fc.assert(
      fc.property(situations, ({ mask: { height, width }, geometry, grid }) => {
        const coverage = coverageOf(full(height, width), geometry, grid)
        for (const [patch, share] of coverage.entries()) {
          const { left, top, right, bottom } = patchPreimage(geometry, grid, patch)
          const inside = left >= 0 && top >= 0 && right <= width && bottom <= height
          if (inside) expect(share).toBe(1)
          else expect(share).toBeLessThan(1)
        }
      })
    )
  })

  it("adds up over a mask and its complement to that of the whole image", () => {
    fc.assert(
      fc.property(situations, ({ mask, geometry, grid }) => {
        const inverse = { ...mask, counts: Uint32Array.from([0, ...mask.counts]) }
        const both = coverageOf(mask, geometry, grid).map(
          (share, i) => share + coverageOf(inverse, geometry, grid)[i]!
        )
        const whole = coverageOf(full(mask.height, mask.width), geometry, grid)
        expect(Math.max(...differences(both, [...whole]))).toBeLessThan(1e-15 * 4)
      }),
      { numRuns: 50 }
    )
  })

  it("follows the crop: what the encoder does not see covers nothing", () => {
    const preprocessing: Preprocessing = {
      ...numbers,
      resize: { kind: "shortest-edge", edge: 4 },
      crop: { height: 4, width: 4 }
    }
    const geometry = geometryOf(preprocessing, 4, 8)
    const row = [1, 1, 1, 0, 0, 1, 1, 1] // columns 2 … 5 survive
    const mask = maskOfRowMajor([...row, ...row, ...row, ...row], 4, 8)
    expect([...coverageOf(mask, geometry, { rows: 1, columns: 4 })]).toEqual([1, 0, 0, 1])
    expect([...coverageOf(mask, geometry, { rows: 2, columns: 2 })]).toEqual([0.5, 0.5, 0.5, 0.5])
  })

  it("counts padding as uncovered", () => {
    const geometry = geometryOf({ ...numbers, resize: null, crop: { height: 4, width: 4 } }, 2, 4)
    expect([...coverageOf(full(2, 4), geometry, { rows: 1, columns: 1 })]).toEqual([0.5])
    expect([...coverageOf(full(2, 4), geometry, { rows: 4, columns: 1 })]).toEqual([0, 1, 1, 0])
  })

  it("is refused for the mask of another image", () => {
    const geometry = geometryOf({ ...numbers, resize: null, crop: null }, 4, 8)
    expect(() => coverageOf(full(8, 4), geometry, { rows: 1, columns: 1 })).toThrow(
      "a mask of 4 × 8 px does not fit an image of 8 × 4 px"
    )
  })

  it("takes milliseconds for a photograph, however ragged the mask", () => {
    const preprocessing: Preprocessing = {
      ...numbers,
      resize: { kind: "shortest-edge", edge: 256 },
      crop: { height: 224, width: 224 }
    }
    const geometry = geometryOf(preprocessing, 480, 640)
    const checks = maskOfRowMajor(
      Array.from({ length: 480 * 640 }, (_, i) => ((i >> 3) + Math.floor(i / 5120)) % 2),
      480,
      640
    )
    const started = performance.now()
    for (let i = 0; i < 20; i++) coverageOf(checks, geometry, { rows: 16, columns: 16 })
    expect((performance.now() - started) / 20).toBeLessThan(25) // 1 to 2 on an idle machine
  })
})

interface Nearest {
  readonly size: [number, number]
  readonly counts: string
  readonly grid: [number, number]
  readonly patches: ReadonlyArray<number>
}
const nearest = JSON.parse(
  readFileSync(new URL("../../fixtures/coco-masks/nearest.json", import.meta.url), "utf8")
) as ReadonlyArray<Nearest>

describe("the coverage by a patch's centre pixel", () => {
  it("is that of Pillow's NEAREST", () => {
    expect(nearest.filter(({ patches }) => patches.length > 1).length).toBeGreaterThan(40)
    for (const { size, counts, grid, patches } of nearest) {
      const mask = { height: size[0], width: size[1], counts: countsOfString(counts) }
      const coverage = [...centrePixelCoverage(mask, { rows: grid[0], columns: grid[1] })]
      expect(coverage.flatMap((share, patch) => (share > 0 ? [patch] : []))).toEqual(patches)
      expect(coverage.every((share) => share === 0 || share === 1)).toBe(true)
    }
  })

  it("knows of no crop", () => {
    expect([...centrePixelCoverage(full(5, 50), { rows: 2, columns: 3 })]).toEqual([1, 1, 1, 1, 1, 1])
  })
})
