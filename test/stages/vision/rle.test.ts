import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  areaOf,
  boundingBoxOf,
  columnMajorOf,
  countsOfString,
  MaskError,
  maskOfRowMajor,
  rowMajorOf,
  stringOfCounts,
  unionOf,
  type Mask
} from "../../../stages/vision/rle.ts"

interface Case {
  readonly size: [number, number]
  readonly lists: ReadonlyArray<ReadonlyArray<number>>
  readonly strings: ReadonlyArray<string>
  readonly union: { readonly counts: string; readonly area: number; readonly box: ReadonlyArray<number> }
}
const cases = JSON.parse(
  readFileSync(new URL("../../fixtures/coco-masks/rle.json", import.meta.url), "utf8")
) as ReadonlyArray<Case>

const masks: fc.Arbitrary<Mask> = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([height, width]) =>
    fc
      .array(fc.constantFrom(0, 1), { minLength: height * width, maxLength: height * width })
      .map((pixels) => maskOfRowMajor(pixels, height, width))
  )

describe("RLE equals pycocotools", () => {
  it.each(cases.map((one, i) => [i, one] as const))(
    "in strings, unions, areas and boxes (case %i)",
    (_, one) => {
      const [height, width] = one.size
      const given = one.lists.map((list) => ({ height, width, counts: Uint32Array.from(list) }))
      expect(given.map(({ counts }) => stringOfCounts(counts))).toEqual(one.strings)
      expect(one.strings.map((text) => [...countsOfString(text)])).toEqual(one.lists)
      const union = unionOf(given)
      expect(stringOfCounts(union.counts)).toBe(one.union.counts)
      expect(areaOf(union)).toBe(one.union.area)
      expect(boundingBoxOf(union)).toEqual(one.union.box)
    }
  )

  it("for a string written out by hand", () => {
    // 6 = "6"; 1; 40 = 8 + 32·1: "X1"; 3 less 1 = 2
    expect(stringOfCounts(Uint32Array.of(6, 1, 40, 3))).toBe("61X12")
    expect([...countsOfString("61X12")]).toEqual([6, 1, 40, 3])
  })
})

describe("a mask", () => {
  it("survives pixels and back, row-major", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        expect(maskOfRowMajor(rowMajorOf(mask), mask.height, mask.width)).toEqual(mask)
      })
    )
  })

  it("has the same pixels row-major and column-major", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const [rows, columns] = [rowMajorOf(mask), columnMajorOf(mask)]
        for (let y = 0; y < mask.height; y++)
          for (let x = 0; x < mask.width; x++)
            expect(rows[y * mask.width + x]).toBe(columns[x * mask.height + y])
      }),
      { numRuns: 30 }
    )
  })

  it("survives the compressed string, whatever the runs", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })), (runs) => {
        expect([...countsOfString(stringOfCounts(Uint32Array.from(runs)))]).toEqual(runs)
      })
    )
  })

  it("has the area and the bounding box of its pixels", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const inside = [...rowMajorOf(mask).keys()].filter((i) => rowMajorOf(mask)[i] === 1)
        expect(areaOf(mask)).toBe(inside.length)
        const xs = inside.map((i) => i % mask.width)
        const ys = inside.map((i) => Math.floor(i / mask.width))
        const [left, top] = [Math.min(...xs), Math.min(...ys)]
        expect(boundingBoxOf(mask)).toEqual(
          inside.length === 0
            ? [0, 0, 0, 0]
            : [left, top, Math.max(...xs) - left + 1, Math.max(...ys) - top + 1]
        )
      })
    )
  })

  it("has its bounding box also where its runs are split by empty ones", () => {
    const counts = Uint32Array.of(3, 1, 0, 1, 7, 0, 13)
    expect(boundingBoxOf({ height: 5, width: 5, counts })).toEqual([0, 3, 1, 2])
  })
})

describe("a union", () => {
  it("has the pixels that any of the masks has", () => {
    const pairs = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([height, width]) => {
        const length = { minLength: height * width, maxLength: height * width }
        const pixels = fc.array(fc.constantFrom(0, 1), length)
        return fc.tuple(
          fc.constant([height, width] as const),
          fc.array(pixels, { minLength: 1, maxLength: 4 })
        )
      })
    fc.assert(
      fc.property(pairs, ([[height, width], layers]) => {
        const union = unionOf(layers.map((pixels) => maskOfRowMajor(pixels, height, width)))
        const any = layers[0]!.map((_, i) => Math.max(...layers.map((pixels) => pixels[i]!)))
        expect(union).toEqual(maskOfRowMajor(any, height, width))
      })
    )
  })

  it("does not stop at empty runs", () => {
    const mask = (...runs: Array<number>) => ({ height: 3, width: 3, counts: Uint32Array.from(runs) })
    expect([...unionOf([mask(2, 0, 2, 3, 2), mask(2, 0, 5, 1, 1)]).counts]).toEqual([4, 4, 1])
  })

  it("is refused for no mask, and for masks of different sizes", () => {
    expect(() => unionOf([])).toThrow(MaskError)
    const a = { height: 2, width: 3, counts: Uint32Array.of(6) }
    expect(() => unionOf([a, { ...a, height: 3, width: 2 }])).toThrow(
      "2 × 3 px cannot be united with one of 3 × 2 px"
    )
  })
})

describe("a damaged string is refused", () => {
  it.each([
    ["ends within a number", "61X", "ends within run 2"],
    ["has a character below the alphabet", "6 1", 'has " " at character 1'],
    ["has a character above the alphabet", "6p", 'has "p" at character 1'],
    ["has a negative run", "6N", "run 1 has length -2"],
    ["has a run that never ends", "6" + "o".repeat(30), "more than 8 characters"],
    [
      "has a run of 2³² pixels and more",
      stringOfCounts(Uint32Array.of(2 ** 31)).slice(0, -1) + "9",
      "has length"
    ]
  ])("that %s", (_, text, message) => {
    expect(() => countsOfString(text)).toThrow(message)
    expect(() => countsOfString(text)).toThrow(MaskError)
  })
})
