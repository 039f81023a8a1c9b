import { describe, expect, it } from "vitest"
import { parseCaptions } from "../../../stages/coco/captions.ts"
import { CocoError } from "../../../stages/coco/problems.ts"

const images = [{ id: 9 }, { id: 25 }]
const caption = { id: 1, image_id: 9, caption: "A plate of food. " }
const parse = (json: unknown) => parseCaptions(JSON.stringify(json), { file: "captions.json" })

describe("a captions file", () => {
  it("gives the captions of each image, in the file's order, unchanged", () => {
    const captions = parse({
      images,
      annotations: [
        { ...caption, id: 8 },
        { id: 3, image_id: 25, caption: "A giraffe" },
        { id: 5, image_id: 9, caption: "" }
      ]
    })
    expect([...captions]).toEqual([
      ["9", ["A plate of food. ", ""]],
      ["25", ["A giraffe"]]
    ])
  })

  it("need not list its images", () => {
    expect(parse({ annotations: [caption] }).get("9")).toHaveLength(1)
  })

  it.each([
    ["without annotations", { images }, "annotations", "missing"],
    [
      "of an unknown image",
      { images, annotations: [{ ...caption, image_id: 7 }] },
      "annotations[0].image_id",
      "7 is not an id in the file's images"
    ],
    [
      "of two annotations of one id",
      { annotations: [caption, caption] },
      "annotations[1].id",
      "1 is also the id of annotations[0]"
    ],
    [
      "of two images of one id",
      { images: [...images, { id: 9 }], annotations: [] },
      "images[2].id",
      "9 is also the id of images[0]"
    ],
    [
      "of instances",
      { annotations: [{ id: 1, image_id: 9, category_id: 1 }] },
      "annotations[0].caption",
      "is this a captions file?"
    ],
    [
      "of a caption without image",
      { annotations: [{ id: 1, caption: "A cat" }] },
      "annotations[0].image_id",
      "missing"
    ]
  ])("is refused %s", (_, json, field, message) => {
    let error: unknown
    try {
      parse(json)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(CocoError)
    expect((error as CocoError).field).toBe(field)
    expect((error as CocoError).message).toContain(message)
  })

  it("is refused where it is no JSON", () => {
    expect(() => parseCaptions("<html>", { file: "captions.json" })).toThrow("captions.json: not JSON")
  })
})
