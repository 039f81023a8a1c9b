/** `probeline encoders …`: commands that the stages bring, behind the same command line as all others. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { InferenceSession, Tensor } from "onnxruntime-node"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { encodePng } from "../../stages/sample-scenes/synthetic/png.ts"
import { readNpy } from "../stages/onnx/npy.ts"
import { encoder, makeRig, type Rig } from "./cli.ts"
import { expectNoTrace, expectRefusal } from "./look.ts"

let rig: Rig
beforeAll(async () => {
  rig = makeRig()
  const pixels = Uint8Array.from({ length: 60 * 80 * 3 }, (_, i) => (i * 5) % 251)
  rig.write("scene.png", await encodePng(pixels, 60, 80))
  rig.write("none.onnx", "no model")
  const square = [10, 10, 40, 10, 40, 40, 10, 40]
  const object = { id: 9, image_id: 1, category_id: 1, area: 900, iscrowd: 0, segmentation: [square] }
  const image = { id: 1, file_name: "scene.png", height: 60, width: 80 }
  const categories = [{ id: 1, name: "square" }]
  rig.write("instances.json", JSON.stringify({ images: [image], annotations: [object], categories }))
})
afterAll(() => rig.remove())

describe("encoders", () => {
  it("alone, and with --help, lists its commands", async () => {
    const [alone, help] = await Promise.all([rig.cli("encoders"), rig.cli("encoders", "--help")])
    for (const { code, stdout, stderr } of [alone, help]) {
      expect(code, stderr).toBe(0)
      for (const name of [
        "inspect <file>",
        "tap <file>",
        "preview <image>",
        "check <folder>",
        "fetch <repo>"
      ])
        expect(stdout).toContain(`probeline encoders ${name}`)
    }
    expect(alone.stdout).toBe(help.stdout)
  })
  it("is one of the commands, and is completed", async () => {
    expect((await rig.cli("--help")).stdout).toMatch(
      /probeline encoders +inspect, tap, preview, check and download vision encoders/
    )
    const { stdout } = await rig.cli("--get-yargs-completions", "probeline", "encoders", "")
    expect(stdout.split("\n")).toEqual(expect.arrayContaining([expect.stringMatching(/^inspect/)]))
  })
  it.each([
    [["encoders", "inspct", "x"], /unknown command: encoders inspct/, /did you mean "encoders inspect"/],
    [["encoders"], /no encoders command given/, /encoders --help/],
    [["encoders", "preview"], /missing argument: <image>/, /encoders preview <image>/]
  ])("%j is refused", async (words, ...says) => {
    expectRefusal(await rig.json(...words), { code: 2, tag: "Usage", says })
  })
  it("needs no store, and makes none", async () => {
    expect((await rig.cli("encoders", "inspect", encoder)).code).toBe(0)
    expect(fs.existsSync(rig.at("artifacts"))).toBe(false)
  })
})

describe("encoders inspect", () => {
  it("says what an encoder is, for people and for programs", async () => {
    const { code, stdout, stderr } = await rig.cli("encoders", "inspect", encoder)
    expect(code, stderr).toBe(0)
    expect(stderr).toBe("")
    expect(stdout).toMatch(/block\.\*\.resid_post +6 /)
    const { document } = await rig.json("encoders", "inspect", encoder)
    expect(document).toMatchObject({ blocks: 6, width: 96, grid: { rows: 8, columns: 8 }, registers: 0 })
    expect(document.taps[0]).toEqual({ name: "embed", tensor: expect.any(String) })
  })
})

describe("encoders tap", () => {
  it("writes a model that any onnxruntime runs, its taps under their names", async () => {
    const { code, document, stderr } = await rig.json("encoders", "tap", encoder, "-o", "tapped.onnx")
    expect(code, stderr).toBe(0)
    const session = await InferenceSession.create(rig.at("tapped.onnx"))
    const names = document.outputs.map(({ name }: { name: string }) => name)
    expect(session.outputNames).toEqual(expect.arrayContaining(names))
    const images = new Tensor("float32", new Float32Array(2 * 3 * 64 * 64), [2, 3, 64, 64])
    const states = await session.run({ pixel_values: images }, ["block.3.resid_post"])
    expect(states["block.3.resid_post"]!.dims).toEqual([2, 65, 96])
    await session.release()
  })
  it("never writes over what is there", async () => {
    rig.write("mine.onnx", "mine")
    const refused = await rig.json("encoders", "tap", encoder, "-o", "mine.onnx")
    expectRefusal(refused, { code: 2, tag: "Usage", says: ["mine.onnx already exists", "--overwrite"] })
    expect(fs.readFileSync(rig.at("mine.onnx"), "utf8")).toBe("mine")
  })
})

describe("encoders preview", () => {
  it("draws the picture into this folder, under the image's name, and lists the objects", async () => {
    const words = ["scene.png", "--encoder", encoder, "--annotations", "instances.json"]
    const { code, stdout, stderr } = await rig.cli("encoders", "preview", ...words)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/0 +square +orange/)
    expect(stdout).toContain("wrote scene.preview.png")
    expect(fs.readFileSync(rig.at("scene.preview.png")).subarray(1, 4).toString()).toBe("PNG")
  })
  it("writes the tensor", async () => {
    const { document } = await rig.json(
      "encoders",
      "preview",
      "scene.png",
      "--preset",
      "flava",
      "--npy",
      "x.npy"
    )
    expect(document).toMatchObject({ npy: "x.npy", png: null, grid: { rows: 14, columns: 14 }, objects: [] })
    expect(readNpy(rig.at("x.npy")).shape).toEqual([3, 224, 224])
  })
})

describe("encoders check", () => {
  const exported = fileURLToPath(new URL("../fixtures/export/blip", import.meta.url))
  it("ends with 0 where the export is the model, and with 1 where it is not near enough", async () => {
    const same = await rig.json("encoders", "check", exported)
    expect(same.code, same.stderr).toBe(0)
    expect(same.document).toMatchObject({ ok: true, pixels: { ok: true } })
    const strict = await rig.json("encoders", "check", exported, "--tolerance", "1e-12")
    expect(strict.code).toBe(1)
    expect(strict.document.ok).toBe(false)
    expect(strict.document.taps.some(({ ok }: { ok: boolean }) => !ok)).toBe(true)
  })
})

describe("what is wrong with a file is said by its name, once, with no trace", () => {
  it.each([
    ["inspect", ["missing.onnx"], ["there is no file missing.onnx"]],
    ["inspect", ["none.onnx"], ["none.onnx", /ONNX/]],
    ["tap", ["none.onnx", "-o", "new.onnx"], ["none.onnx", /ONNX/]],
    ["preview", ["none.onnx", "--preset", "vit"], ["none.onnx: not an image"]],
    ["preview", ["scene.png", "--encoder", "none.onnx"], ["none.onnx"]],
    ["preview", ["scene.png", "--preset", "vit", "--annotations", "none.onnx"], ["none.onnx", "JSON"]],
    ["check", ["nowhere"], ["there is no folder nowhere"]]
  ])("%s %j", async (name, words, says) => {
    expectRefusal(await rig.json("encoders", name, ...words), { code: 2, tag: "InputInvalid", says })
  })
  it("a model that is not in the cache, offline", async () => {
    const offline = makeRig({ env: { HF_HUB_OFFLINE: "1" } })
    const refused = await offline.json("encoders", "fetch", "lab/clip")
    expectRefusal(refused, { code: 1, tag: "FetchFailed", says: ["lab/clip", "HF_HUB_OFFLINE"] })
    offline.remove()
  })
})

const real = fileURLToPath(new URL("../../../shared/real", import.meta.url))
const saliency = path.join(real, "dinov2-small-saliency.onnx")
const isMissing = !fs.existsSync(saliency)

describe.skipIf(isMissing)(
  "a trained DINOv2 under a convolutional head (skipped without ../shared/real)",
  () => {
    it("is inspected in its depth", async () => {
      const { document } = await rig.json("encoders", "inspect", saliency, "--preset", "dinov2")
      expect(document).toMatchObject({
        blocks: 12,
        width: 384,
        patch: { height: 14, width: 14 },
        grid: { rows: 16, columns: 16 },
        prefix: 1,
        tokens: 257,
        warnings: []
      })
    })
    it("sees each object of a photograph: patches, and how much of them", async () => {
      const annotations = path.join(real, "coco350/instances.json")
      const { images } = JSON.parse(fs.readFileSync(annotations, "utf8"))
      const image = path.join(real, "coco350/images", images[0].file_name)
      const words = [image, "--preset", "dinov2", "--annotations", annotations, "-o", "photo.png"]
      const ended = await rig.json("encoders", "preview", ...words)
      expect(ended.code, ended.stderr).toBe(0)
      expectNoTrace(ended)
      expect(ended.document.objects.length).toBeGreaterThan(0)
      for (const { patches, coverage } of ended.document.objects) {
        expect(patches.length).toBe(coverage.length)
        for (const share of coverage) expect(share > 0 && share <= 1).toBe(true)
      }
    })
  }
)
