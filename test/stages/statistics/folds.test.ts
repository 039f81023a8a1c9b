import { describe, expect, it } from "vitest"
import { assignFolds } from "../../../stages/statistics/folds.ts"

const images = Array.from({ length: 103 }, (_, i) => ({ id: `image-${i}`, stratum: `cell-${i % 7}` }))

describe("assignFolds", () => {
  const folds = assignFolds({ images, folds: 5, seed: 3 })

  it("gives every image one fold", () => {
    expect(folds.size).toBe(103)
    expect([...new Set(folds.values())].sort()).toEqual([0, 1, 2, 3, 4])
  })

  it("balances the folds of each stratum to one image", () => {
    for (let cell = 0; cell < 7; cell++) {
      const sizes = [0, 0, 0, 0, 0]
      for (const { id, stratum } of images) if (stratum === `cell-${cell}`) sizes[folds.get(id)!]!++
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  })

  it("spreads strata of one image over all folds", () => {
    const single = Array.from({ length: 2000 }, (_, i) => ({ id: `image-${i}`, stratum: `stratum-${i}` }))
    const sizes = [0, 0, 0, 0, 0]
    for (const fold of assignFolds({ images: single, folds: 5, seed: 3 }).values()) sizes[fold]!++
    // 2,000 throws of a fair die of five sides: 400 ± 18
    expect(Math.min(...sizes)).toBeGreaterThan(320)
    expect(Math.max(...sizes)).toBeLessThan(480)
  })

  it("moves no image of another stratum when one comes or goes", () => {
    const many = Array.from({ length: 4000 }, (_, i) => ({ id: `image-${i}`, stratum: `cell-${i % 8}` }))
    const before = assignFolds({ images: many, folds: 5, seed: 0 })
    const more = [...many, { id: "one-more", stratum: "cell-3" }]
    const after = assignFolds({ images: more, folds: 5, seed: 0 })
    const moved = many.filter(({ id }) => after.get(id) !== before.get(id))
    expect(moved.filter(({ stratum }) => stratum !== "cell-3")).toEqual([])
    // those that follow it in its own stratum's order may move; with this id it is not the last
    expect(moved.length).toBeGreaterThan(0)
    expect(moved.length).toBeLessThan(400)
    const fewer = assignFolds({ images: many.slice(1), folds: 5, seed: 0 })
    expect(
      many.slice(1).filter(({ id, stratum }) => stratum !== "cell-0" && fewer.get(id) !== before.get(id))
    ).toEqual([])
  })

  it("moves no image that is alone in its stratum when a question gives all strata other names", () => {
    const named = (suffix: string) =>
      assignFolds({
        images: images.map(({ id }) => ({ id, stratum: `${id} ${suffix}` })),
        folds: 5,
        seed: 3
      })
    expect(named("with a person")).toEqual(named("without"))
  })

  it("does not depend on the order of the images", () => {
    const reversed = assignFolds({ images: images.toReversed(), folds: 5, seed: 3 })
    for (const { id } of images) expect(reversed.get(id)).toBe(folds.get(id))
  })

  it("changes with the seed", () => {
    const other = assignFolds({ images, folds: 5, seed: 4 })
    const moved = images.filter(({ id }) => other.get(id) !== folds.get(id)).length
    expect(moved).toBeGreaterThan(50)
  })

  it("is pinned: a change here moves every published number", () => {
    const four = assignFolds({ images: images.slice(0, 14), folds: 4, seed: 0 })
    expect(images.slice(0, 14).map(({ id }) => four.get(id))).toMatchInlineSnapshot(`
      [
        1,
        1,
        2,
        1,
        0,
        1,
        3,
        3,
        0,
        3,
        3,
        1,
        2,
        2,
      ]
    `)
  })

  it("refuses an image given twice, and fewer than two folds", () => {
    expect(() => assignFolds({ images: [images[0]!, images[0]!], folds: 5, seed: 0 })).toThrow(
      /"image-0" is given twice/
    )
    expect(() => assignFolds({ images, folds: 1, seed: 0 })).toThrow(RangeError)
  })
})
