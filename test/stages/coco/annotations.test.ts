import { describe, expect, it } from "vitest"
import { parseInstances } from "../../../stages/coco/annotations.ts"
import { CocoError } from "../../../stages/coco/problems.ts"

const triangle = [1, 1, 5, 1, 1, 5]
const image = { id: 397133, file_name: "000000397133.jpg", height: 8, width: 10, license: 4 }
const annotation = {
  id: 82445,
  image_id: 397133,
  category_id: 64,
  segmentation: [triangle] as unknown,
  area: 8,
  bbox: [1, 1, 4, 4],
  iscrowd: 0
}
const file = {
  info: { year: 2017 },
  images: [image, { id: 37777, file_name: "val2017/000000037777.jpg", height: 3, width: 4 }],
  categories: [
    { id: 1, name: "person", supercategory: "person" },
    { id: 64, name: "potted plant", supercategory: "furniture" }
  ],
  annotations: [
    annotation,
    {
      ...annotation,
      id: 7,
      image_id: 37777,
      category_id: 1,
      segmentation: { size: [3, 4], counts: [4, 1, 7] },
      iscrowd: 1
    },
    { ...annotation, id: 3, segmentation: { size: [8, 10], counts: "`02N" } }
  ]
}
const parse = (json: unknown, options = {}) =>
  parseInstances(typeof json === "string" ? json : JSON.stringify(json), {
    file: "instances.json",
    ...options
  })

/** The error of a file with these annotations, images or categories. */
function refusal(change: object, options = {}): CocoError {
  try {
    parse({ ...file, ...change }, options)
  } catch (error) {
    if (error instanceof CocoError) return error
    throw error
  }
  throw new Error("the file was accepted")
}

describe("an instances file", () => {
  it("gives images, categories and objects, ids as text, in the file's order", () => {
    const { images, categories, objects, leftOut } = parse({
      ...file,
      annotations: [file.annotations[0], file.annotations[1]]
    })
    expect(images).toEqual([
      { id: "397133", fileName: "000000397133.jpg", height: 8, width: 10 },
      { id: "37777", fileName: "val2017/000000037777.jpg", height: 3, width: 4 }
    ])
    expect([...categories]).toEqual([
      ["1", "person"],
      ["64", "potted plant"]
    ])
    expect([...objects]).toEqual([
      ["397133", [{ id: 82445, category: "potted plant", segmentation: [triangle], area: 8, crowd: false }]],
      [
        "37777",
        [
          {
            id: 7,
            category: "person",
            segmentation: { size: [3, 4], counts: [4, 1, 7] },
            area: 8,
            crowd: true
          }
        ]
      ]
    ])
    expect(leftOut).toEqual(new Map())
  })

  it("gives an empty list for an image without objects", () => {
    expect(parse({ ...file, annotations: [] }).objects.get("37777")).toEqual([])
  })

  it("may have texts for ids of images and categories", () => {
    const { objects } = parse({
      images: [{ ...image, id: "kitchen-1" }],
      categories: [{ id: "c", name: "cup" }],
      annotations: [{ ...annotation, image_id: "kitchen-1", category_id: "c" }]
    })
    expect(objects.get("kitchen-1")![0]!.category).toBe("cup")
  })

  it("may start with a byte order mark", () => {
    expect(parse(`\uFEFF${JSON.stringify({ ...file, annotations: [] })}`).images).toHaveLength(2)
  })
})

describe("a file is refused, and the error names the place", () => {
  it.each([
    ["that is no JSON", "{ images: ", "not JSON"],
    [
      "that was cut short",
      JSON.stringify(file).slice(0, -20),
      "Check that it is the right file and complete"
    ],
    ["with NaN", '{"images": [NaN]}', "JSON does not allow NaN"],
    ["that is a list", "[]", "a list instead of an object"],
    ["that is null", "null", "null instead of an object"]
  ])("%s", (_, text, message) => {
    expect(() => parse(text)).toThrow(CocoError)
    expect(() => parse(text)).toThrow(message)
    expect(() => parse(text)).toThrow(/^instances\.json: /)
  })

  const images = (change: object) => ({ images: [image, { ...image, id: 2, ...change }], annotations: [] })
  const annotations = (change: object) => ({ annotations: [annotation, { ...annotation, id: 2, ...change }] })
  const category = (change: object) => ({
    categories: [...file.categories, { id: 2, name: "bicycle", ...change }]
  })
  it.each([
    ["without images", { images: undefined }, "images", "missing"],
    ["with a number for annotations", { annotations: 7 }, "annotations", "7; must be a list in a COCO file"],
    ["with null for an image", { images: [null] }, "images[0]", "null instead of an object"],
    ["of an image without id", images({ id: undefined }), "images[1].id", "missing"],
    [
      "of an image with a broken id",
      images({ id: 1.5 }),
      "images[1].id",
      "1.5; must be a whole number or a string"
    ],
    ["of two images of one id", images({ id: 397133 }), "images[1].id", "397133 is also the id of images[0]"],
    [
      "of an id as number and as text",
      images({ id: "397133" }),
      "images[1].id",
      "397133 is also the id of images[0]"
    ],
    ["of an image without height", images({ height: undefined }), "images[1].height", "missing"],
    ["of an image of no height", images({ height: 0 }), "images[1].height", "0; must be a whole number ≥ 1"],
    ["of an image of negative width", images({ width: -640 }), "images[1].width", "-640; must be"],
    ["of an image of half a pixel", images({ width: 4.5 }), "images[1].width", "4.5; must be"],
    ["of an image without a name", images({ file_name: "" }), "images[1].file_name", '""; must be a string'],
    [
      "of an image outside",
      images({ file_name: "../../etc/passwd" }),
      "images[1].file_name",
      'leads out of the folder of images by ".."'
    ],
    ["of an image further out", images({ file_name: "a/../../b.jpg" }), "images[1].file_name", "leads out"],
    [
      "of an absolute image",
      images({ file_name: "/etc/passwd" }),
      "images[1].file_name",
      "is an absolute path"
    ],
    [
      "of an image on a drive",
      images({ file_name: "C:/a.jpg" }),
      "images[1].file_name",
      "is an absolute path"
    ],
    [
      "of an image with backslashes",
      images({ file_name: "..\\a.jpg" }),
      "images[1].file_name",
      "contains a backslash"
    ],
    ["of an image with an escape", images({ file_name: "\u001b[2J.jpg" }), "images[1].file_name", "U+001B"],
    [
      "of an image of half a character",
      images({ file_name: "\ud800.jpg" }),
      "images[1].file_name",
      "surrogate"
    ],
    [
      "of an image in an empty folder",
      images({ file_name: "a//b.jpg" }),
      "images[1].file_name",
      "empty segment"
    ],
    ["of an image with NUL", images({ file_name: "a\0.jpg" }), "images[1].file_name", "contains a NUL"],
    [
      "of an image in no folder",
      images({ file_name: "a//b.jpg" }),
      "images[1].file_name",
      "has an empty segment"
    ],
    [
      "of two categories of one id",
      category({ id: 64 }),
      "categories[2].id",
      "64 is also the id of categories[1]"
    ],
    ["of a category without name", category({ name: undefined }), "categories[2].name", "missing"],
    [
      "of two annotations of one id",
      annotations({ id: 82445 }),
      "annotations[1].id",
      "82445 is also the id of annotations[0]"
    ],
    [
      "of an annotation with a text for id",
      annotations({ id: "x" }),
      "annotations[1].id",
      '"x"; must be a whole number'
    ],
    [
      "of an unknown image",
      annotations({ image_id: 5 }),
      "annotations[1].image_id",
      "5 is not an id in the file's images"
    ],
    [
      "of an unknown category",
      annotations({ category_id: 2 }),
      "annotations[1].category_id",
      "2 is not an id in the file's categories"
    ],
    [
      "without area",
      annotations({ area: undefined }),
      "annotations[1].area",
      "missing; must be a number ≥ 0"
    ],
    ["of negative area", annotations({ area: -1 }), "annotations[1].area", "-1; must be a number ≥ 0"],
    ["without iscrowd", annotations({ iscrowd: undefined }), "annotations[1].iscrowd", "missing; must be 0"],
    [
      "without segmentation",
      annotations({ segmentation: undefined }),
      "annotations[1].segmentation",
      "missing; must be a list of polygons"
    ],
    [
      "with an object that is no RLE",
      annotations({ segmentation: { counts: [80] } }),
      "annotations[1].segmentation",
      "an object; must be"
    ],
    [
      "of RLE of another image",
      annotations({ segmentation: { size: [10, 8], counts: [80] } }),
      "annotations[1].segmentation",
      "size is [10, 8], but the image is [8, 10]"
    ],
    [
      "of RLE that is too short",
      annotations({ segmentation: { size: [8, 10], counts: [79] } }),
      "annotations[1].segmentation",
      "add up to 79 pixels, but the image has 8 × 10 = 80"
    ],
    [
      "of a damaged RLE string",
      annotations({ segmentation: { size: [8, 10], counts: "~" } }),
      "annotations[1].segmentation",
      'has "~" at character 0'
    ],
    [
      "without polygons",
      annotations({ segmentation: [] }),
      "annotations[1].segmentation",
      "segmentation has no polygon"
    ],
    [
      "with an empty polygon",
      annotations({ segmentation: [triangle, []] }),
      "annotations[1].segmentation",
      "segmentation[1] has 0 points"
    ],
    [
      "of two points",
      annotations({ segmentation: [[1, 2, 3, 4]] }),
      "annotations[1].segmentation",
      "segmentation[0] has 2 points; a polygon has at least 3"
    ],
    [
      "of half a point",
      annotations({ segmentation: [[...triangle, 4]] }),
      "annotations[1].segmentation",
      "has an odd number of coordinates (7)"
    ],
    [
      "with null in a polygon",
      annotations({ segmentation: [[1, 2, 3, null, 5, 6]] }),
      "annotations[1].segmentation",
      "has null as coordinate 3"
    ],
    [
      "with one list for a polygon",
      annotations({ segmentation: triangle }),
      "annotations[1].segmentation",
      "segmentation[0] is not a list of coordinates"
    ]
  ])("%s", (_, change, field, message) => {
    const error = refusal(change)
    expect(error.field).toBe(field)
    expect(error.file).toBe("instances.json")
    expect(error.message).toContain(`${field}: `)
    expect(error.message).toContain(message)
    expect(error.problems).toHaveLength(1)
  })

  it("with all its problems at once, as far as twenty", () => {
    const degenerate = Array.from({ length: 30 }, (_, i) => ({
      ...annotation,
      id: i,
      segmentation: [[1, 2]]
    }))
    const error = refusal({ annotations: degenerate })
    expect(error.problems).toHaveLength(20)
    expect(error.problems[19]!.field).toBe("annotations[19].segmentation")
    expect(error.message).toMatch(/^instances\.json: 30 problems\n {2}annotations\[0\]\.segmentation: /)
    expect(error.message).toMatch(/and 10 more problems$/)
  })

  it("for its images first: what hangs on them is no problem of its own", () => {
    const error = refusal({ images: [{ ...image, height: 0 }] })
    expect(error.problems.map(({ field }) => field)).toEqual(["images[0].height"])
  })
})

describe("degenerate polygons", () => {
  const annotations = [
    annotation,
    { ...annotation, id: 2, segmentation: [triangle, [1, 2, 3, 4]] },
    { ...annotation, id: 3, segmentation: [] }
  ]

  it("are left out on request, their objects with them, and listed", () => {
    const { objects, leftOut } = parse({ ...file, annotations }, { skipDegenerate: true })
    expect(objects.get("397133")!.map(({ id }) => id)).toEqual([82445])
    const { category } = objects.get("397133")![0]!
    expect([...leftOut]).toEqual([
      [
        "397133",
        [
          { id: 2, category, reason: "segmentation[1] has 2 points; a polygon has at least 3" },
          { id: 3, category, reason: "segmentation has no polygon" }
        ]
      ]
    ])
  })

  it("excuse nothing else", () => {
    const damaged = { ...annotation, id: 4, segmentation: { size: [8, 10], counts: [1] } }
    const error = refusal({ annotations: [...annotations, damaged] }, { skipDegenerate: true })
    expect(error.field).toBe("annotations[3].segmentation")
    expect(
      refusal({ annotations: [{ ...annotations[2], area: null }] }, { skipDegenerate: true }).field
    ).toBe("annotations[0].area")
  })
})
