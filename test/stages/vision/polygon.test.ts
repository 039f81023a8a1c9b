import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { maskOf } from "../../../stages/vision/mask.ts"
import { countsOfPolygon, problemOfPolygon } from "../../../stages/vision/polygon.ts"
import { areaOf, boundingBoxOf, rowMajorOf, stringOfCounts } from "../../../stages/vision/rle.ts"

interface Case {
  readonly size: [number, number]
  readonly segmentation: ReadonlyArray<ReadonlyArray<number>>
  readonly counts: string
  readonly area: number
  readonly box: ReadonlyArray<number>
}
const cases = JSON.parse(
  readFileSync(new URL("../../fixtures/coco-masks/polygons.json", import.meta.url), "utf8")
) as ReadonlyArray<Case>

describe("polygons", () => {
  it("become the masks of pycocotools: rings, slivers, tangles, repeated points, out of frame, in several parts", () => {
    expect(cases.length).toBeGreaterThanOrEqual(300)
    for (const [i, { size, segmentation, counts, area, box }] of cases.entries()) {
      const mask = maskOf(segmentation, ...size)
      expect([i, stringOfCounts(mask.counts)]).toEqual([i, counts])
      expect([i, areaOf(mask), boundingBoxOf(mask)]).toEqual([i, area, box])
    }
  })

  it("fill 81 pixels where the square reaches from 0 to 9, as COCO's do", () => {
    const counts = countsOfPolygon([0, 0, 9, 0, 9, 9, 0, 9], 12, 12)
    const mask = { height: 12, width: 12, counts }
    expect(areaOf(mask)).toBe(81)
    expect(boundingBoxOf(mask)).toEqual([0, 0, 9, 9])
  })

  it("of an outline twice around are filled by parity", () => {
    const square = [1, 1, 5, 1, 5, 5, 1, 5]
    const mask = { height: 8, width: 8, counts: countsOfPolygon([...square, ...square], 8, 8) }
    expect(areaOf(mask)).toBe(0)
  })

  it("outside the image are cut off", () => {
    const counts = countsOfPolygon([-50, -50, 60, -50, 60, 60, -50, 60], 3, 4)
    expect(rowMajorOf({ height: 3, width: 4, counts })).toEqual(new Uint8Array(12).fill(1))
    expect([...countsOfPolygon([20, 20, 30, 20, 30, 30], 3, 4)]).toEqual([12])
  })
})

describe("a list is no polygon", () => {
  it.each([
    ["without points", [], "has 0 points; a polygon has at least 3"],
    ["of two points", [1, 2, 3, 4], "has 2 points; a polygon has at least 3"],
    ["of half a point", [1, 2, 3, 4, 5, 6, 7], "has an odd number of coordinates (7)"],
    ["with NaN", [1, 2, NaN, 4, 5, 6], "has NaN as coordinate 2"],
    ["with null", [1, 2, 3, 4, 5, null], "has null as coordinate 5"],
    ["a light year away", [1, 2, 3, 4, 5, 9e15], "has coordinate 5 at 9000000000000000 px, far outside"],
    ["that is an object", {}, "is not a list of coordinates [x0, y0, x1, y1, …]"]
  ])("%s", (_, points, message) => {
    expect(problemOfPolygon(points)).toContain(message)
  })

  it("but a triangle is one", () => {
    expect(problemOfPolygon([0, 0, 4, 0, 0, 4])).toBe(null)
  })
})
