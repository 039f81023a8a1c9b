import { describe, expect, it } from "vitest"
import { repeatedObjects, Repeats } from "../../../stages/sample-scenes/repeats.ts"
import type { SceneObject, Segmentation } from "../../../stages/tables/scenes.ts"

const square = [[1, 1, 5, 1, 5, 5, 1, 5]]
const objectOf = (id: number, segmentation: Segmentation = square, category = "cup"): SceneObject => ({
  id,
  category,
  segmentation,
  area: 16,
  crowd: false
})
const repeatsOf = (...objects: ReadonlyArray<SceneObject>) =>
  repeatedObjects(objects).map(([repeat, original]) => [repeat.id, original.id])

describe("repeatedObjects", () => {
  const counts = Array.from({ length: 40 }, (_, i) => i)
  const text = "01".repeat(100)
  const pairs: ReadonlyArray<readonly [string, Segmentation, Segmentation]> = [
    ["polygons", square, [[1, 1, 5, 1, 5, 5, 1, 6]]],
    ["polygons of two parts", [...square, [0, 0, 1, 1, 2, 2]], [...square, [0, 0, 1, 1, 2, 3]]],
    ["RLE", { size: [8, 8], counts }, { size: [8, 8], counts: [...counts.slice(1), 0] }],
    ["compressed RLE", { size: [8, 8], counts: text }, { size: [8, 8], counts: `${text}0` }],
    ["RLE of other sizes", { size: [8, 8], counts }, { size: [4, 16], counts }]
  ]
  it.each(pairs)("finds equal %s, and no others", (_, one, other) => {
    expect(repeatsOf(objectOf(1, one), objectOf(2, other), objectOf(3, structuredClone(one)))).toEqual([
      [3, 1]
    ])
  })

  it("tells categories apart", () => {
    expect(repeatsOf(objectOf(1), objectOf(2, square, "mug"))).toEqual([])
  })

  it("counts each repetition against the first", () => {
    expect(repeatsOf(objectOf(1), objectOf(2), objectOf(3))).toEqual([
      [2, 1],
      [3, 1]
    ])
  })
})

describe("Repeats", () => {
  it("finds nothing where nothing repeats", () => {
    const repeats = new Repeats()
    for (const id of ["a", "b"]) repeats.add({ id, image_group: id, objects: [objectOf(1)] })
    expect(repeats.found()).toEqual([])
  })

  it("counts ids and images, and names the first few", () => {
    const repeats = new Repeats()
    for (let i = 0; i < 20; i++) repeats.add({ id: `s${i}`, image_group: `g${i % 10}`, objects: [] })
    const [images] = repeats.found()
    expect(images).toMatchObject({
      count: 10,
      reason: "20 scenes show 10 images; scenes of one image share a fold and count as one image"
    })
    expect(images!.examples).toEqual(["0", "1", "2", "3", "4"].map((n) => `s1${n} shows the image of s${n}`))
  })

  it("counts repeated annotations", () => {
    const repeats = new Repeats()
    repeats.add({ id: "a", image_group: "a", objects: [objectOf(1), objectOf(2)] })
    repeats.add({ id: "b", image_group: "b", objects: [objectOf(3), objectOf(4, square, "mug")] })
    expect(repeats.found()).toMatchObject([{ count: 1, examples: ["2 repeats 1 in scene a"] }])
  })
})
