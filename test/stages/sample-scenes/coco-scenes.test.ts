import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import sharp from "sharp"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type FileHandle, file } from "../../../src/index.ts"
import { checkParams } from "../../../src/pipeline/check-params.ts"
import { sceneColumns } from "../../../stages/tables/scenes.ts"
import { coco, sampleScenes } from "../../../stages/sample-scenes/stage.ts"
import { collect, computeOf, fakeContext, rejection, worldOf } from "../fakes.ts"

interface Scene {
  readonly id: string
  readonly image: FileHandle
  readonly height: number
  readonly width: number
  readonly objects: ReadonlyArray<{ readonly id: number; readonly category: string; readonly crowd: boolean }>
  readonly captions: ReadonlyArray<string>
}
const count = 8
const fileName = (i: number) => `train/${String(i).padStart(12, "0")}.png`
/** Images of 10 + i × 8 pixels (width × height), a cup in each and a crowd in the first. */
const instances = () => ({
  images: Array.from({ length: count }, (_, i) => ({
    id: 100 + i,
    file_name: fileName(i),
    height: 8,
    width: 10 + i
  })),
  categories: [
    { id: 1, name: "person" },
    { id: 47, name: "cup" }
  ],
  annotations: [
    ...Array.from({ length: count }, (_, i) => ({
      id: 1000 + i,
      image_id: 100 + i,
      category_id: 47,
      segmentation: [[1, 1, 5, 1, 5, 5, 1, 5]] as unknown,
      area: 16,
      iscrowd: 0
    })),
    {
      id: 2000,
      image_id: 100,
      category_id: 1,
      segmentation: { size: [8, 10], counts: [40, 40] },
      area: 40,
      iscrowd: 1
    }
  ]
})
type Instances = ReturnType<typeof instances>
const captions = {
  annotations: [
    { id: 1, image_id: 101, caption: "A cup." },
    { id: 2, image_id: 100, caption: "A cup in a crowd." },
    { id: 3, image_id: 101, caption: "One more cup. " }
  ]
}

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "probeline-coco-"))
  mkdirSync(join(folder, "images/train"), { recursive: true })
  for (let i = 0; i < count; i++)
    await sharp({ create: { width: 10 + i, height: 8, channels: 3, background: { r: i, g: 9, b: 99 } } })
      .png()
      .toFile(join(folder, "images", fileName(i)))
  writeFileSync(join(folder, "images/train/broken.png"), Buffer.from("\x89PNG\r\n\x1A\nnot really", "latin1"))
  writeFileSync(join(folder, "captions.json"), JSON.stringify(captions))
})
beforeEach(() => write(instances()))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (annotations: unknown) =>
  writeFileSync(
    join(folder, "instances.json"),
    typeof annotations === "string" ? annotations : JSON.stringify(annotations)
  )

/** Runs the source as the orchestrator does; paths are relative to the folder. */
function sampling(options: Partial<Parameters<typeof coco>[0]> = {}) {
  const source = coco({ annotations: file("instances.json"), images: file("images"), ...options })
  const { values, issues } = checkParams(sampleScenes.stage.spec.params!, { source }, (path) =>
    join(folder, path)
  )
  expect(issues).toEqual([])
  const [world, context] = [worldOf(folder), fakeContext(sampleScenes)]
  const scenes = collect<Scene>(computeOf(sampleScenes)(values, world, context))
  return { scenes, world, context }
}
const idsOf = async (options: Parameters<typeof sampling>[0]) =>
  (await sampling(options).scenes).map(({ id }) => id)

describe("sample-scenes of a COCO data set", () => {
  it("gives a scene an image, in the file's order, with its objects and the image file by content", async () => {
    const { scenes, context } = sampling()
    const all = await scenes
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: count }, (_, i) => String(100 + i)))
    for (const [i, scene] of all.entries()) {
      expect(Object.keys(scene).sort()).toEqual(["id", ...Object.keys(sceneColumns)].sort())
      expect(scene).toMatchObject({ height: 8, width: 10 + i, captions: [] })
      const { width, height } = await sharp(await scene.image.bytes()).metadata()
      expect([width, height]).toEqual([10 + i, 8])
    }
    expect(all[0]!.objects).toMatchObject([
      { id: 1000, category: "cup", crowd: false },
      { id: 2000, category: "person", crowd: true }
    ])
    expect(all[1]!.objects).toHaveLength(1)
    expect(context.parts).toEqual([])
    expect(context.steps.at(-1)).toEqual([count, count])
  })

  it("adds captions from their own file, in its order, where there are some", async () => {
    const all = await sampling({ captions: file("captions.json") }).scenes
    expect(all.slice(0, 3).map((scene) => scene.captions)).toEqual([
      ["A cup in a crowd."],
      ["A cup.", "One more cup. "],
      []
    ])
  })

  it("takes no more than the limit, by seed, and lies within every larger one", async () => {
    const samples = await Promise.all([1, 3, 5, 7].map((limit) => idsOf({ limit, seed: 4 })))
    expect(samples.map(({ length }) => length)).toEqual([1, 3, 5, 7])
    for (const [i, ids] of samples.entries()) {
      expect(ids).toEqual([...ids].sort())
      for (const id of ids) expect(samples[i + 1] ?? ids).toContain(id)
    }
    expect(await idsOf({ limit: 5, seed: 4 })).toEqual(samples[2])
    const others = await Promise.all([5, 6, 7].map((seed) => idsOf({ limit: 3, seed })))
    expect(others.some((ids) => ids.join() !== samples[1]!.join())).toBe(true)
  })

  it("is marked as a part where the limit cuts, and only there", async () => {
    const cut = sampling({ limit: 3 })
    await cut.scenes
    expect(cut.context.parts).toEqual(["3 of 8 scenes"])
    expect(cut.context.steps.at(-1)).toEqual([3, 3])
    for (const limit of [8, 100, null]) {
      const whole = sampling({ limit })
      expect(await whole.scenes).toHaveLength(count)
      expect(whole.context.parts).toEqual([])
    }
  })

  it("reads no image outside the limit: those may be missing", async () => {
    const { world, scenes } = sampling({ limit: 3 })
    const kept = (await scenes).map(({ id }) => Number(id) - 100)
    const images = world.reads().filter(({ path }) => path.startsWith("images/"))
    expect(images.map(({ path }) => path)).toEqual(kept.map((i) => `images/${fileName(i)}`))
    const change = instances()
    for (const [i, image] of change.images.entries()) if (!kept.includes(i)) image.file_name = "gone.png"
    write(change)
    expect(await idsOf({ limit: 3 })).toEqual(kept.map((i) => String(100 + i)))
  })

  it("leaves out objects of degenerate polygons on request, and says which, in the log and in the table", async () => {
    const change = instances()
    change.annotations[1]!.segmentation = [[1, 1, 2, 2]]
    write(change)
    const { scenes, context } = sampling({ skip_degenerate: true })
    const reason = "segmentation[0] has 2 points; a polygon has at least 3"
    expect((await scenes)[1]).toMatchObject({
      id: "101",
      objects: [],
      left_out: [{ id: 1001, category: expect.any(String) as string, reason }]
    })
    expect((await scenes)[0]).toMatchObject({ id: "100", left_out: [] })
    expect(context.lines).toEqual([
      "left out annotation 1001 of image 101: segmentation[0] has 2 points; a polygon has at least 3"
    ])
  })
})

describe("a task list", () => {
  const listed = (...rows: ReadonlyArray<string>) => {
    writeFileSync(join(folder, "tasks.csv"), ["image_id,task,primary,secondary", ...rows].join("\n"))
    return { tasks: file("tasks.csv") }
  }
  const row = (id: number | string) => `${id},0,person,cup`
  /** A person in every image: an image without one serves no row. */
  const withPeople = () => {
    const change = instances()
    const people = change.annotations.map((one) => ({ ...one, id: one.id + 5000, category_id: 1 }))
    change.annotations.push(...people.slice(0, count))
    write(change)
  }

  it("samples its images alone, in the annotations' order, and counts the others; the scenes are no part", async () => {
    withPeople()
    const { scenes, context, world } = sampling(listed(row(105), row(101), "101,1,cup,person"))
    expect((await scenes).map(({ id }) => id)).toEqual(["101", "105"])
    expect(context.parts).toEqual([])
    expect(context.tally.lost()).toEqual([
      {
        what: "images",
        reason: "in no row of the task list",
        count: 6,
        total: 8,
        examples: ["100", "102", "103", "104", "106"]
      }
    ])
    expect(world.reads()).toContainEqual(expect.objectContaining({ look: "file", path: "tasks.csv" }))
  })

  it("is cut by the limit, in the same stable order", async () => {
    withPeople()
    const all = listed(...Array.from({ length: count }, (_, i) => row(100 + i)))
    const few = await idsOf({ ...all, limit: 3 })
    expect(few).toEqual(await idsOf({ limit: 3 }))
    const cut = sampling({ ...listed(...few.map(row)), limit: 2 })
    expect((await cut.scenes).map(({ id }) => id)).toEqual(await idsOf({ limit: 2 }))
    expect(cut.context.parts).toEqual(["2 of 3 scenes"])
  })

  it("is refused if a row's image is unknown or lacks a category, in one error with file, lines and ids", async () => {
    const error = await rejection(sampling(listed(row(100), row(999), row(103))).scenes)
    expect(error).toMatchObject({ name: "CocoError", file: join(folder, "tasks.csv"), field: "line 3" })
    expect(error.message).toMatch(
      /tasks\.csv: 2 problems\n {2}line 3: image 999 of task "0" is not in .*instances\.json: .*\n {2}line 4: image 103 of task "0": no "person" in the image: /
    )
  })

  it("with `skip` loses rows whose image is unknown, and keeps images that lack a category", async () => {
    const { scenes, context } = sampling({ ...listed(row(100), row(999), row(103)), missing: "skip" })
    expect((await scenes).map(({ id }) => id)).toEqual(["100", "103"])
    expect(context.tally.lost()).toContainEqual({
      what: "task rows",
      reason: "the annotations have no image with this id",
      count: 1,
      total: 3,
      examples: ["line 3: 999"]
    })
  })
})

describe("bad images are left out on request", () => {
  it("each with its reason in the log; and the run is no part: what was left out is counted", async () => {
    const change = instances()
    change.images[1]!.file_name = "train/gone.png"
    change.images[2]!.width = 99
    change.images[5]!.file_name = "train/broken.png"
    write(change)
    const { scenes, context } = sampling({ skip_bad_images: true })
    expect((await scenes).map(({ id }) => id)).toEqual(["100", "103", "104", "106", "107"])
    expect(context.parts).toEqual([])
    expect(context.lines).toEqual([
      expect.stringMatching(/^left out scene 101: there is no image .*gone\.png/) as string,
      expect.stringMatching(/^left out scene 102: .* is 12×8 pixels, but the annotations say 99×8/) as string,
      expect.stringMatching(/^left out scene 105: .*broken\.png cannot be read: not an image/) as string
    ])
  })

  it("of many, each is told", async () => {
    const change = instances()
    for (const image of change.images.slice(1)) image.height = 9
    write(change)
    const { scenes, context } = sampling({ skip_bad_images: true })
    expect(await scenes).toHaveLength(1)
    expect(context.lines).toHaveLength(7)
  })

  it("and where there is none, nothing is said", async () => {
    const { scenes, context } = sampling({ skip_bad_images: true })
    expect(await scenes).toHaveLength(count)
    expect([context.parts, context.lines]).toEqual([[], []])
  })
})

describe("what is left out is told, with reasons, counts and ids", () => {
  const told = async (options: Parameters<typeof sampling>[0]) => {
    const { scenes, context } = sampling(options)
    await scenes
    return context.tally.lost()
  }
  it("of images and objects", async () => {
    const change = instances()
    change.images[1]!.file_name = "train/gone.png"
    change.images[2]!.width = 99
    change.images[5]!.file_name = "train/broken.png"
    change.annotations[3]!.segmentation = [[1, 1, 2, 2]]
    change.annotations = change.annotations.filter(({ image_id }) => image_id !== 104)
    write(change)
    const image = { what: "images", count: 1, total: 8 }
    expect(await told({ skip_bad_images: true, skip_degenerate: true })).toEqual([
      { ...image, reason: "the file is missing", examples: ["101"] },
      { ...image, reason: "of another size than annotated", examples: ["102"] },
      { ...image, reason: "the file cannot be read as an image", examples: ["105"] },
      {
        what: "objects",
        reason: "degenerate polygons (skip_degenerate)",
        count: 1,
        total: 5,
        examples: ["103, annotation 1003"]
      },
      {
        what: "scenes without objects",
        reason: "their image has no annotation",
        count: 1,
        total: null,
        examples: ["104"]
      }
    ])
  })
  it("by a limit", async () => {
    const [lost] = await told({ limit: 3 })
    expect(lost).toMatchObject({
      what: "images",
      reason: "not among the first 3 (limit)",
      count: 5,
      total: 8
    })
  })
  it("of images and captions whose ids only one of the files has", async () => {
    const more = [...captions.annotations, { id: 9, image_id: 999, caption: "Elsewhere." }]
    writeFileSync(join(folder, "more.json"), JSON.stringify({ annotations: more }))
    expect(await told({ captions: file("more.json") })).toEqual([
      {
        what: "captioned images",
        reason: "the annotations have no image with this id",
        count: 1,
        total: null,
        examples: ["999"]
      },
      {
        what: "images without captions",
        reason: "the captions file has none for this id",
        count: 6,
        total: null,
        examples: ["102", "103", "104", "105", "106"]
      }
    ])
  })
  it("and captions of which none is of an image are refused, with the likely cause", async () => {
    const padded = captions.annotations.map((one) => ({ ...one, image_id: `000000000${one.image_id}` }))
    writeFileSync(join(folder, "padded.json"), JSON.stringify({ annotations: padded }))
    const error = (await rejection(sampling({ captions: file("padded.json") }).scenes)) as Error & {
      hint: string
    }
    expect(error.message).toMatch(/^no ids match: the captions of .*padded\.json are of 2 images/)
    expect(error.hint).toMatch(/zero padding/)
  })
  it("is nothing where all is kept", async () => {
    expect(await told({})).toEqual([])
  })
})

describe("a COCO data set is refused, and the error names file and field:", () => {
  const changed = (change: (json: Instances) => void) => {
    const json = instances()
    change(json)
    return json
  }
  it.each<readonly [string, (json: Instances) => void, string, string]>([
    [
      "a file name that leads out of the folder",
      ({ images }) => (images[2]!.file_name = "../instances.json"),
      "images[2].file_name",
      'leads out of the folder of images by ".."'
    ],
    [
      "two images of one id",
      ({ images }) => (images[4]!.id = 100),
      "images[4].id",
      "100 is also the id of images[0]"
    ],
    [
      "two annotations of one id",
      ({ annotations }) => (annotations[4]!.id = 1000),
      "annotations[4].id",
      "1000 is also the id of annotations[0]"
    ],
    [
      "an unknown category",
      ({ annotations }) => (annotations[5]!.category_id = 3),
      "annotations[5].category_id",
      "3 is not an id in the file's categories"
    ],
    [
      "a degenerate polygon",
      ({ annotations }) => (annotations[1]!.segmentation = [[1, 1, 2, 2]]),
      "annotations[1].segmentation",
      "segmentation[0] has 2 points; a polygon has at least 3"
    ],
    [
      "an image of another size",
      ({ images }) => (images[6]!.height = 9),
      "images[6]",
      `images/${fileName(6)} is 16×8 pixels, but the annotations say 16×9`
    ],
    [
      "an image turned on its side",
      ({ images }) => Object.assign(images[7]!, { height: 17, width: 8 }),
      "images[7]",
      "is 17×8 pixels, but the annotations say 8×17"
    ]
  ])("%s", async (_, change, field, message) => {
    write(changed(change))
    const error = await rejection(sampling().scenes)
    expect(error).toMatchObject({ name: "CocoError", file: join(folder, "instances.json"), field })
    expect(error.message.startsWith(`${join(folder, "instances.json")}: ${field}: `)).toBe(true)
    expect(error.message).toContain(message)
  })

  it("all bad images of a file at once", async () => {
    write(
      changed(({ images }) => {
        images[1]!.file_name = "train/gone.png"
        images[2]!.width = 99
        images[5]!.file_name = "train/gone-too.png"
      })
    )
    const { message } = await rejection(sampling().scenes)
    expect(message).toMatch(/3 problems/)
    for (const field of ["images[1].file_name", "images[2]", "images[5].file_name"])
      expect(message).toContain(`\n  ${field}: `)
    expect(message.match(/or leave such scenes out \(skip_bad_images\)/g)).toHaveLength(3)
  })

  it.each([false, true])(
    "a folder of images that is missing, once (skip_bad_images: %s)",
    async (skip_bad_images) => {
      write(instances())
      const { scenes } = sampling({ images: file("imagse"), skip_bad_images })
      expect(await rejection(scenes)).toMatchObject({
        name: "CocoError",
        file: join(folder, "imagse"),
        field: "source.images",
        message: expect.stringMatching(/imagse: source\.images: there is no such folder: [^\n]*$/) as string
      })
    }
  )

  it("no image that is good, though bad ones are to be left out: then the folder is wrong", async () => {
    write(changed(({ images }) => images.forEach((image, i) => (image.file_name = `gone-${i}.png`))))
    const { scenes, context } = sampling({ skip_bad_images: true })
    expect((await rejection(scenes)).message).toMatch(
      /8 problems\n {2}images\[0\]\.file_name: there is no image/
    )
    expect(context.parts).toEqual([])
  })

  it("but lets an image through that cannot be read: it fails where it is decoded, alone", async () => {
    write(changed(({ images }) => (images[1]!.file_name = "train/broken.png")))
    const { scenes, context } = sampling()
    expect(await scenes).toHaveLength(instances().images.length)
    expect(context.lines.join("\n")).toMatch(
      /broken\.png cannot be read: not an image.*; the scene will fail when a stage needs its image/
    )
  })

  it("annotations that were cut short", async () => {
    write(JSON.stringify(instances()).slice(0, -30))
    const { message } = await rejection(sampling().scenes)
    expect(message).toContain(`${join(folder, "instances.json")}: not JSON`)
  })

  it.each([
    ["annotations", { annotations: file("gone.json") }],
    ["captions", { captions: file("gone.json") }],
    ["tasks", { tasks: file("gone.json") }]
  ])("%s that are missing", async (parameter, options) => {
    const { scenes, world } = sampling(options)
    const error = await rejection(scenes)
    const [path, field] = [join(folder, "gone.json"), `source.${parameter}`]
    expect(error).toMatchObject({ name: "CocoError", file: path, field })
    expect(error.message).toContain(`${path}: ${field}: there is no such file: check the path`)
    // the absence is recorded, so that the file's coming is noticed
    expect(world.reads()).toContainEqual({ look: "file", path: "gone.json", sha256: null })
  })

  it("captions that are no captions", async () => {
    const error = await rejection(sampling({ captions: file("instances.json") }).scenes)
    expect(error).toMatchObject({ name: "CocoError", field: "annotations[0].caption" })
    expect(error.message).toContain("is this a captions file?")
  })

  it("captions of an image that the instances do not have are let be: captions files are of whole data sets", async () => {
    write(changed((json) => Object.assign(json, { images: json.images.slice(1), annotations: [] })))
    const scenes = await sampling({ captions: file("captions.json") }).scenes
    expect(scenes).toHaveLength(count - 1)
  })
})

it("sample-scenes of a COCO data set stops when it is aborted", async () => {
  const { values } = checkParams(
    sampleScenes.stage.spec.params!,
    { source: coco({ annotations: file("instances.json"), images: file("images") }) },
    (path) => join(folder, path)
  )
  const context = { ...fakeContext(sampleScenes), signal: AbortSignal.abort(new Error("stopped by hand")) }
  const scenes = collect(computeOf(sampleScenes)(values, worldOf(folder), context))
  expect((await rejection(scenes)).message).toBe("stopped by hand")
})
