import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { seededRandom } from "../../../src/index.ts"
import { centreCoverage, coverageOf, nearestCoverage } from "../../../stages/vision/coverage.ts"
import {
  geometryOf,
  gridOfPatches,
  patchPreimage,
  type Geometry,
  type PatchGrid
} from "../../../stages/vision/geometry.ts"
import type { Preprocessing } from "../../../stages/vision/preprocessing.ts"
import { countsOfString, maskOfRowMajor, rowMajorOf, type Mask } from "../../../stages/vision/rle.ts"

const numbers = { resample: "bilinear", rescale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] } as const
const overlap = (a: number, b: number, c: number, d: number) => Math.max(0, Math.min(b, d) - Math.max(a, c))
const full = (height: number, width: number): Mask => ({
  height,
  width,
  counts: Uint32Array.of(0, height * width)
})

/** Patches of this size in a geometry's input. */
const gridOf = ({ inputHeight, inputWidth }: Geometry, height: number, width: number) =>
  gridOfPatches({ height: inputHeight, width: inputWidth }, { height, width })

/** Images, preprocessings that crop, pad, stretch and shrink them, grids that fit, and masks from sparse to full. */
const situations = fc
  .record({
    height: fc.integer({ min: 1, max: 14 }),
    width: fc.integer({ min: 1, max: 14 }),
    grid: fc.record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 4 }) }),
    patch: fc.integer({ min: 4, max: 6 }),
    leftOver: fc.record({ height: fc.integer({ min: 0, max: 3 }), width: fc.integer({ min: 0, max: 3 }) }),
    resize: fc.constantFrom("exact", "shortest-edge", "none"),
    edge: fc.integer({ min: 3, max: 40 }),
    density: fc.constantFrom(0.1, 0.5, 0.9, 1),
    pixels: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 196, maxLength: 196 })
  })
  .map(({ height, width, grid, patch, leftOver, resize, edge, density, pixels }) => {
    const crop = {
      height: grid.rows * patch + leftOver.height,
      width: grid.columns * patch + leftOver.width
    }
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
      grid: { ...grid, patch: { height: patch, width: patch } }
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
  const { height, width } = grid.patch
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

  it("times the preimage's area sums up to the mask's area within the patches", () => {
    fc.assert(
      fc.property(situations, ({ mask, geometry, grid }) => {
        let covered = 0
        for (const [patch, share] of coverageOf(mask, geometry, grid).entries()) {
          const { left, top, right, bottom } = patchPreimage(geometry, grid, patch)
          covered += share * (right - left) * (bottom - top)
        }
        const { cropLeft, cropTop, scaleX, scaleY } = geometry
        const [seenHeight, seenWidth] = [grid.rows * grid.patch.height, grid.columns * grid.patch.width]
        const pixels = rowMajorOf(mask)
        let area = 0
        for (let y = 0; y < mask.height; y++)
          for (let x = 0; x < mask.width; x++)
            if (pixels[y * mask.width + x] === 1)
              area +=
                overlap(x, x + 1, cropLeft / scaleX, (cropLeft + seenWidth) / scaleX) *
                overlap(y, y + 1, cropTop / scaleY, (cropTop + seenHeight) / scaleY)
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
    expect([...coverageOf(mask, geometry, gridOf(geometry, 4, 1))]).toEqual([1, 0, 0, 1])
    expect([...coverageOf(mask, geometry, gridOf(geometry, 2, 2))]).toEqual([0.5, 0.5, 0.5, 0.5])
  })

  it.each([
    [36, 8, 15],
    [240, 32, 48],
    [240, 32, 0],
    [336, 32, 99],
    [336, 32, 90]
  ])(
    "of %i px in patches of %i px: an object exactly at patch %i is there and nowhere else",
    (edge, size, at) => {
      const crop = { height: edge, width: edge }
      // CLIP's way in: of an image of this size it shows all, pixel by pixel
      const geometry = geometryOf({ ...numbers, resize: { kind: "shortest-edge", edge }, crop }, edge, edge)
      const grid = gridOf(geometry, size, size)
      const [row, column] = [Math.floor(at / grid.columns), at % grid.columns]
      const isIn = (i: number, k: number) => Math.floor(i / size) === k
      const mask = maskOfRowMajor(
        Array.from({ length: edge * edge }, (_, i) =>
          Number(isIn(Math.floor(i / edge), row) && isIn(i % edge, column))
        ),
        edge,
        edge
      )
      const covered = [...coverageOf(mask, geometry, grid).entries()].filter(([, share]) => share > 0)
      expect(covered).toEqual([[at, 1]])
    }
  )

  it("is none where what is left over of the input, right and below of the last patch, has all of the mask", () => {
    const geometry = geometryOf({ ...numbers, resize: null, crop: null }, 36, 36)
    const rim = Array.from({ length: 36 * 36 }, (_, i) => Number(i % 36 >= 32 || i >= 32 * 36))
    expect(new Set(coverageOf(maskOfRowMajor(rim, 36, 36), geometry, gridOf(geometry, 8, 8)))).toEqual(
      new Set([0])
    )
  })

  it("counts padding as uncovered", () => {
    const geometry = geometryOf({ ...numbers, resize: null, crop: { height: 4, width: 4 } }, 2, 4)
    expect([...coverageOf(full(2, 4), geometry, gridOf(geometry, 4, 4))]).toEqual([0.5])
    expect([...coverageOf(full(2, 4), geometry, gridOf(geometry, 1, 4))]).toEqual([0, 1, 1, 0])
  })

  it("is refused for the mask of another image", () => {
    const geometry = geometryOf({ ...numbers, resize: null, crop: null }, 4, 8)
    expect(() => coverageOf(full(8, 4), geometry, gridOf(geometry, 4, 8))).toThrow(
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
    const times = Array.from({ length: 20 }, () => {
      const started = performance.now()
      coverageOf(checks, geometry, gridOf(geometry, 14, 14))
      return performance.now() - started
    })
    // 1 to 2 on an idle machine; the fastest, because on a loaded one most wait
    expect(Math.min(...times)).toBeLessThan(25)
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

describe("the coverage by the mask's nearest resize", () => {
  it("is that of Pillow's NEAREST", () => {
    expect(nearest.filter(({ patches }) => patches.length > 1).length).toBeGreaterThan(40)
    for (const { size, counts, grid, patches } of nearest) {
      const mask = { height: size[0], width: size[1], counts: countsOfString(counts) }
      const coverage = [...nearestCoverage(mask, { rows: grid[0], columns: grid[1] })]
      expect(coverage.flatMap((share, patch) => (share > 0 ? [patch] : []))).toEqual(patches)
      expect(coverage.every((share) => share === 0 || share === 1)).toBe(true)
    }
  })

  it("knows of no crop", () => {
    expect([...nearestCoverage(full(5, 50), { rows: 2, columns: 3 })]).toEqual([1, 1, 1, 1, 1, 1])
  })
})

/** By definition: the pixel at the image of each patch's centre under the inverse of the affine map. */
function byCentre(mask: Mask, g: Geometry, grid: PatchGrid): Array<number> {
  const pixels = rowMajorOf(mask)
  return Array.from({ length: grid.rows * grid.columns }, (_, patch) => {
    const { left, top, right, bottom } = patchPreimage(g, grid, patch)
    // a centre between two pixels must not go by the rounding of this sum
    const [x, y] = [Math.floor((left + right) / 2 + 1e-9), Math.floor((top + bottom) / 2 + 1e-9)]
    return x >= 0 && x < mask.width && y >= 0 && y < mask.height ? pixels[y * mask.width + x]! : 0
  })
}

describe("the coverage by the pixel under a patch's centre", () => {
  it("is that of the centre of the patch's preimage; in the padding there is none", () => {
    fc.assert(
      fc.property(situations, ({ mask, geometry, grid }) => {
        expect([...centreCoverage(mask, geometry, grid)]).toEqual(byCentre(mask, geometry, grid))
      }),
      { numRuns: 300 }
    )
    const padded = geometryOf({ ...numbers, resize: null, crop: { height: 4, width: 4 } }, 2, 4)
    expect([...centreCoverage(full(2, 4), padded, gridOf(padded, 1, 4))]).toEqual([0, 1, 1, 0])
  })

  it("follows the crop, where the nearest resize does not", () => {
    const preprocessing: Preprocessing = {
      ...numbers,
      resize: { kind: "shortest-edge", edge: 4 },
      crop: { height: 4, width: 4 }
    }
    const geometry = geometryOf(preprocessing, 4, 8)
    // columns 2 and 3 of 8; 2 … 5 survive
    const mask: Mask = { height: 4, width: 8, counts: Uint32Array.of(8, 8, 16) }
    const grid = gridOf(geometry, 4, 1)
    expect([...centreCoverage(mask, geometry, grid)]).toEqual([1, 1, 0, 0])
    expect([...nearestCoverage(mask, grid)]).toEqual([0, 1, 0, 0]) // columns 1, 3, 5 and 7
  })

  it("is that of the nearest resize for a direct resize without a crop, but for centres between two pixels", () => {
    const sizes = fc.integer({ min: 1, max: 700 })
    let [boundaries, different] = [0, 0]
    fc.assert(
      fc.property(sizes, sizes, fc.constantFrom(8, 14, 24), fc.integer(), (height, width, n, seed) => {
        const random = seededRandom("centres", seed)
        const mask = maskOfRowMajor(
          Array.from({ length: height * width }, () => Number(random() < 0.5)),
          height,
          width
        )
        const edge = n * 16
        const geometry = geometryOf(
          { ...numbers, resize: { kind: "exact", height: edge, width: edge }, crop: null },
          height,
          width
        )
        const grid = gridOf(geometry, 16, 16)
        const [centre, nearest] = [centreCoverage(mask, geometry, grid), nearestCoverage(mask, grid)]
        for (let patch = 0; patch < n * n; patch++) {
          const [row, column] = [Math.floor(patch / n), patch % n]
          const isBetween =
            ((2 * row + 1) * height) % (2 * n) === 0 || ((2 * column + 1) * width) % (2 * n) === 0
          if (isBetween) boundaries++
          if (centre[patch] === nearest[patch]) continue
          different++
          expect(isBetween).toBe(true)
        }
      }),
      { numRuns: 40, seed: 5 }
    )
    // on most of those, too, they agree: the draws came upon both kinds
    expect(different).toBeGreaterThan(0)
    expect(boundaries).toBeGreaterThan(different)
  })

  it("and there takes the later pixel, where the nearest resize adds up steps and can end just before it", () => {
    // 480 pixels in 14 patches: the centre of patch 10 is at 21 · 480 / 28 = 360; ten steps of 34.28… fall short of it
    const geometry = geometryOf(
      { ...numbers, resize: { kind: "exact", height: 16, width: 224 }, crop: null },
      1,
      480
    )
    const grid = gridOf(geometry, 16, 16)
    const pixel = (at: number): Mask => ({ height: 1, width: 480, counts: Uint32Array.of(at, 1, 479 - at) })
    const sampled = (of: (mask: Mask) => Float64Array) =>
      Array.from({ length: 480 }, (_, at) => at).filter((at) => of(pixel(at))[10] === 1)
    expect(sampled((mask) => centreCoverage(mask, geometry, grid))).toEqual([360])
    expect(sampled((mask) => nearestCoverage(mask, grid))).toEqual([359])
  })

  it("is refused for the mask of another image", () => {
    const geometry = geometryOf({ ...numbers, resize: null, crop: null }, 4, 8)
    expect(() => centreCoverage(full(8, 4), geometry, gridOf(geometry, 4, 8))).toThrow(
      "a mask of 4 × 8 px does not fit an image of 8 × 4 px"
    )
  })
})
