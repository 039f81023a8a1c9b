import { describe, expect, it } from "vitest"
import { assignFolds } from "../../../stages/statistics/folds.ts"

const images = Array.from({ length: 103 }, (_, i) => ({ id: `image-${i}`, stratum: `cell-${i % 7}` }))

describe("assignFolds", () => {
  const folds = assignFolds({ images, folds: 5, seed: 3 })

  it("gives every image one fold", () => {
    expect(folds.size).toBe(103)
    expect([...new Set(folds.values())].sort()).toEqual([0, 1, 2, 3, 4])
  })

  it("balances folds to one image, over all and within each stratum", () => {
    const spread = (ids: ReadonlyArray<string>) => {
      const sizes = [0, 0, 0, 0, 0]
      for (const id of ids) sizes[folds.get(id)!]!++
      return Math.max(...sizes) - Math.min(...sizes)
    }
    expect(spread(images.map(({ id }) => id))).toBeLessThanOrEqual(1)
    for (let cell = 0; cell < 7; cell++)
      expect(
        spread(images.filter(({ stratum }) => stratum === `cell-${cell}`).map(({ id }) => id))
      ).toBeLessThanOrEqual(1)
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
    const four = assignFolds({ images: images.slice(0, 8), folds: 4, seed: 0 })
    expect([...four]).toMatchInlineSnapshot(`
      [
        [
          "image-7",
          0,
        ],
        [
          "image-0",
          1,
        ],
        [
          "image-1",
          2,
        ],
        [
          "image-2",
          3,
        ],
        [
          "image-3",
          0,
        ],
        [
          "image-4",
          1,
        ],
        [
          "image-5",
          2,
        ],
        [
          "image-6",
          3,
        ],
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
