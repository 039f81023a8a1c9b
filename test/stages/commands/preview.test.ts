import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { previewCommand, type PreviewArgs } from "../../../stages/commands/preview.ts"
import { decodeImage } from "../../../stages/vision/image.ts"
import { preprocess } from "../../../stages/vision/preprocess.ts"
import { presets } from "../../../stages/vision/presets.ts"
import { graphBytes } from "../onnx/fixture.ts"
import { readNpy } from "../onnx/npy.ts"
import { context, look, makeFolder, problemOf, quickstart, writeImage } from "./rig.ts"

const [height, width] = [48, 96]
let folder: string
let image: string
beforeAll(async () => {
  folder = makeFolder()
  fs.mkdirSync(at("photos"))
  image = await writeImage(at("photos/scene.png"), height, width, (x, y) => [x * 2, y * 4, 90])
})
afterAll(() => fs.rmSync(folder, { recursive: true }))
const at = (name: string) => path.join(folder, name)
const write = (name: string, content: string | Uint8Array): string => {
  fs.writeFileSync(at(name), content)
  return at(name)
}

const box = (left: number, top: number, right: number, bottom: number) => [
  [left, top, right, top, right, bottom, left, bottom]
]
const annotation = (id: number, segmentation: unknown, more: object = {}) => ({
  id,
  image_id: 1,
  category_id: 3,
  area: 1,
  iscrowd: 0,
  segmentation,
  ...more
})
const instances = (
  annotations: ReadonlyArray<object>,
  images: ReadonlyArray<object> = [entry("scene.png")]
) => JSON.stringify({ images, annotations, categories: [{ id: 3, name: "box" }] })
const entry = (file_name: string, more: object = {}) => ({ id: 1, file_name, height, width, ...more })

let number = 0
/** Paths that nothing lies at yet. */
const fresh = (ending: string) => at(`out-${number++}.${ending}`)
const preview = (args: Partial<PreviewArgs>) =>
  previewCommand(
    {
      image,
      encoder: null,
      preset: null,
      tap: [],
      patch: null,
      prefix: null,
      annotations: null,
      output: args.npy === undefined ? fresh("png") : null,
      npy: null,
      overwrite: false,
      ...args
    },
    context()
  )

describe("the tensor", () => {
  it("in the npy file is the very one that the stages compute, float32 [3, height, width]", async () => {
    const npy = fresh("npy")
    const { json } = await preview({ preset: "clip", npy })
    const expected = preprocess(await decodeImage(fs.readFileSync(image)), presets.clip)
    const { data, shape } = readNpy(npy)
    expect(shape).toEqual([3, 224, 224])
    expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(expected.data.buffer))).toBe(0)
    expect(fs.readFileSync(npy).toString("latin1", 0, 128)).toContain(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 224, 224), }"
    )
    expect(json).toMatchObject({ npy, png: null })
  })

  it("is the named encoder's, whose file says how large its patches are", async () => {
    const npy = fresh("npy")
    const { json } = await preview({ encoder: quickstart, npy })
    expect(readNpy(npy).shape).toEqual([3, 64, 64])
    expect(json).toMatchObject({ grid: { rows: 8, columns: 8 }, encoder: quickstart, preset: null })
  })

  it("is that of the preset for an encoder that has no preprocessor_config.json beside it", async () => {
    const steps = [
      ["Conv", "image patches", "a"],
      ["Relu", "a", "b"]
    ] as const
    const bytes = graphBytes(steps, "b", [["patches", 4, 3, 8, 8]], ["batch", 3, 224, 224])
    const encoder = write("alone.onnx", bytes)
    const given = { encoder, tap: ["block.0.resid_post=b"], prefix: "0", npy: fresh("npy") }
    expect((await problemOf(preview(given))).hint).toContain("name a preset")
    const { json } = await preview({ ...given, preset: "dinov2" })
    expect(json).toMatchObject({
      encoder,
      preset: "dinov2",
      preprocessingFrom: "preset dinov2",
      grid: { rows: 28, columns: 28 } // the graph's, where the preset's checkpoint has 16 × 16
    })
  })

  it("goes by the file beside an encoder before it goes by a preset, and says so", async () => {
    const { json, text } = await preview({ encoder: quickstart, preset: "clip", npy: fresh("npy") })
    expect(json).toMatchObject({ grid: { rows: 8, columns: 8 } })
    expect(text(look)).toContain(", by preprocessor_config.json, which goes before the preset clip;")
  })

  it("is that of an encoder whose structure is not recognised, where that is given", async () => {
    const steps = [
      ["Conv", "image patches", "a"],
      ["Relu", "a", "b"]
    ] as const
    const bytes = graphBytes(steps, "b", [["patches", 4, 3, 8, 8]], ["batch", 3, 64, 64])
    const encoder = write("relu.onnx", bytes)
    const config = path.join(path.dirname(quickstart), "preprocessor_config.json")
    fs.copyFileSync(config, at("preprocessor_config.json"))
    const given = { encoder, tap: ["block.0.resid_post=b"], prefix: "0" }
    const { json } = await preview({ ...given, npy: fresh("npy") })
    expect(json).toMatchObject({ grid: { rows: 8, columns: 8 } })
    fs.rmSync(at("preprocessor_config.json"))
  })
})

describe("the picture", () => {
  it("is a PNG, enlarged by a whole number, so that small inputs can be seen", async () => {
    const output = fresh("png")
    const { json } = await preview({ encoder: quickstart, output })
    expect(json).toMatchObject({ png: output, scale: 14, npy: null })
    const picture = await decodeImage(fs.readFileSync(output))
    expect([picture.height, picture.width]).toEqual([896, 896])
  })

  it("and the tensor are both written where both are asked for", async () => {
    const [output, npy] = [fresh("png"), fresh("npy")]
    expect((await preview({ preset: "vit", output, npy })).json).toMatchObject({ png: output, npy })
    expect(fs.existsSync(output) && fs.existsSync(npy)).toBe(true)
  })

  it.each([
    ["clip", 14],
    ["clip-large", 24],
    ["dinov2", 16],
    ["blip", 24]
  ] as const)("has the grid of the checkpoint that a preset is named after: %s", async (preset, rows) => {
    expect((await preview({ preset, npy: fresh("npy") })).json).toMatchObject({
      grid: { rows, columns: rows }
    })
  })

  it("has the patches that are asked for beside a preset", async () => {
    const { json } = await preview({ preset: "clip", patch: 32, npy: fresh("npy") })
    expect(json).toMatchObject({ grid: { rows: 7, columns: 7 } })
  })
})

describe("objects", () => {
  const objects = async (annotations: ReadonlyArray<object>, args: Partial<PreviewArgs>) => {
    const file = write(`instances-${number++}.json`, instances(annotations))
    const answer = await preview({ ...args, annotations: file })
    return { ...answer, json: answer.json as any } // a document that the tests look at
  }

  it("cover patches through the encoder's own resize and crop", async () => {
    // the crop of a 48 × 96 image is its middle, columns 24 to 72: this box is the left half of that
    const { json } = await objects([annotation(7, box(24, 0, 48, 48))], { preset: "clip" })
    expect(json.seen).toEqual({ left: 24, top: 0, right: 72, bottom: 48 })
    const [object] = json.objects
    expect(object).toMatchObject({ number: 0, annotation: 7, category: "box", crowd: false, seen: 1 })
    const left = Array.from({ length: 14 * 14 }, (_, patch) => patch).filter((patch) => patch % 14 < 7)
    expect(object.patches).toEqual(left)
    expect(object.coverage).toEqual(left.map(() => 1))
  })

  it("that the crop cuts away are listed with what is seen of them", async () => {
    const { json, text } = await objects(
      [annotation(1, box(0, 0, 20, 48)), annotation(2, box(12, 0, 36, 48), { iscrowd: 1 })],
      { preset: "clip" }
    )
    expect(json.objects[0]).toMatchObject({ patches: [], coverage: [], seen: 0 })
    expect(json.objects[1].seen).toBeCloseTo(0.5)
    expect(json.objects[1].crowd).toBe(true)
    expect(text(look)).toMatch(/^0\tbox\torange\t0\t0\t0 %\t$/m)
    expect(text(look)).toMatch(/^1\tbox\tsky blue\t\d+\t\d+\t50 %\tcrowd$/m)
    expect(text(look)).toContain("columns 24–72, rows 0–48")
  })

  it("with degenerate polygons are left out with a note", async () => {
    const { json, text } = await objects([annotation(5, [[1, 1, 2, 2]]), annotation(6, box(0, 0, 9, 9))], {
      preset: "vit"
    })
    expect(json.objects).toHaveLength(1)
    expect(json.leftOut).toEqual([{ annotation: 5, reason: expect.stringContaining("2 points") }])
    expect(text(look)).toContain("annotation 5 is left out")
  })

  it("are found by as much of the path as tells two images of one name apart", async () => {
    const images = [entry("other/scene.png", { height: 5 }), { ...entry("photos/scene.png"), id: 2 }]
    const annotations = write(
      "two.json",
      instances([annotation(1, box(0, 0, 9, 9), { image_id: 2 })], images)
    )
    const { json } = await preview({ preset: "vit", annotations })
    expect((json as any).objects).toHaveLength(1)
  })
})

describe("is refused, and nothing is written:", () => {
  const refused = async (args: Partial<PreviewArgs>) => {
    const before = fs.readdirSync(folder, { recursive: true })
    const problem = await problemOf(preview(args))
    expect(fs.readdirSync(folder, { recursive: true })).toEqual(before)
    expect(problem.exitCode).toBe(2)
    return problem
  }

  it.each([
    ["neither encoder nor preset", {}, "--encoder or --preset is missing"],
    ["what is about a graph beside a preset alone", { preset: "vit", prefix: "1" }, "--prefix has no effect"],
    ["a tap that is none", { encoder: quickstart, tap: ["x"] }, "expected NAME=TENSOR"],
    ["a patch larger than the input", { preset: "vit", patch: 500 }, "is too small"]
  ] as const)("%s", async (_, args, message) => {
    expect(await refused(args)).toMatchObject({ _tag: "Usage", message: expect.stringContaining(message) })
  })

  it("an encoder that is none", async () => {
    const encoder = write("none.onnx", "no model")
    expect(await refused({ encoder })).toMatchObject({ _tag: "InputInvalid", file: encoder })
  })

  it("an image that is missing, no image, or cut off", async () => {
    const missing = at("missing.jpg")
    expect(await refused({ preset: "vit", image: missing })).toMatchObject({
      _tag: "InputInvalid",
      file: missing,
      message: `there is no file ${missing}`
    })
    const text = write("text.png", "no image")
    expect((await refused({ preset: "vit", image: text })).message).toMatch(/text\.png: not an image/)
    const half = write("half.png", fs.readFileSync(image).subarray(0, fs.statSync(image).size >> 1))
    expect((await refused({ preset: "vit", image: half })).message).toMatch(
      /half\.png: .*(truncated|damaged)/
    )
  })

  const withAnnotations = (name: string, content: string) =>
    refused({ preset: "vit", annotations: write(name, content) })
  it("annotations that are missing, no JSON, malformed, or of other images", async () => {
    expect(await refused({ preset: "vit", annotations: at("no.json") })).toMatchObject({
      file: at("no.json")
    })
    expect((await withAnnotations("broken.json", "{")).message).toContain("broken.json")
    const field = await withAnnotations(
      "field.json",
      instances([annotation(1, box(0, 0, 9, 9), { area: "x" })])
    )
    expect(field).toMatchObject({ _tag: "InputInvalid", field: "annotations[0].area" })
    const others = await withAnnotations("others.json", instances([], [entry("a.png")]))
    expect(others).toMatchObject({ message: expect.stringContaining("does not list an image scene.png") })
    expect(others.hint).toContain("such as a.png")
  })
  it("an image of another size than annotated, since masks would not fit", async () => {
    const problem = await withAnnotations("size.json", instances([], [entry("scene.png", { width: 97 })]))
    expect(problem.message).toContain("is 96×48 pixels, but")
    expect(problem.message).toContain("says 97×48")
  })
  it("a name that two images have", async () => {
    const two = [entry("a/scene.png"), { ...entry("b/scene.png"), id: 2 }]
    expect((await withAnnotations("twice.json", instances([], two))).hint).toContain(
      "distinguish a/scene.png from b/scene.png"
    )
  })

  it("to write over what is there, or, whatever is said, over what is read", async () => {
    const output = write("there.png", "mine")
    expect((await refused({ preset: "vit", output })).message).toContain("is there already")
    expect(fs.readFileSync(output, "utf8")).toBe("mine")
    await preview({ preset: "vit", output, overwrite: true })
    expect(fs.readFileSync(output).subarray(1, 4).toString()).toBe("PNG")
    const same = path.join(folder, "photos", "..", "photos", "scene.png")
    expect((await refused({ preset: "vit", output: same, overwrite: true })).message).toContain("is an input")
    const both = at("both")
    expect((await refused({ preset: "vit", output: both, npy: both })).message).toContain("the same file")
  })
})
