import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { sceneLimit } from "../../../stages/coco/limit.ts"

const ids = Array.from({ length: 700 }, (_, i) => String(i * 37))
const idLists = fc.uniqueArray(fc.string(), { maxLength: 40 })

describe("a limit", () => {
  it("chooses 50 that lie within 500", () => {
    const five = new Set(sceneLimit(ids, 500, 7))
    const fifty = sceneLimit(ids, 50, 7)
    expect([fifty.length, five.size]).toEqual([50, 500])
    expect(fifty.every((id) => five.has(id))).toBe(true)
  })

  it("chooses nested parts of any list, in the list's order", () => {
    fc.assert(
      fc.property(idLists, fc.nat(40), fc.nat(40), fc.nat(5), (list, a, b, seed) => {
        const [few, more] = [sceneLimit(list, Math.min(a, b), seed), sceneLimit(list, Math.max(a, b), seed)]
        expect(few).toEqual(more.filter((id) => few.includes(id)))
        expect(more).toEqual(list.filter((id) => more.includes(id)))
        expect(few).toHaveLength(Math.min(a, b, list.length))
      })
    )
  })

  it("chooses the same whatever the order of the ids", () => {
    expect(new Set(sceneLimit(ids.toReversed(), 50, 7))).toEqual(new Set(sceneLimit(ids, 50, 7)))
  })

  it("does not favour the first, and chooses others for another seed", () => {
    const chosen = sceneLimit(ids, 350, 1)
    const early = chosen.filter((id) => Number(id) < 350 * 37).length
    expect(early).toBeGreaterThan(140)
    expect(early).toBeLessThan(210)
    expect(sceneLimit(ids, 350, 2)).not.toEqual(chosen)
  })

  it("of at least all, or none, changes nothing", () => {
    expect(sceneLimit(ids, null, 7)).toEqual(ids)
    expect(sceneLimit(ids, 700, 7)).toEqual(ids)
    expect(sceneLimit(ids, 9000, 7)).toEqual(ids)
  })

  it("stays as it is from version to version", () => {
    expect(sceneLimit(ids.slice(0, 20), 4, 0)).toEqual(["296", "370", "481", "518"])
  })
})
