/** Data sets that are broken: annotations as a whole, photographs one by one. */
import * as fs from "node:fs"
import * as path from "node:path"
import sharp from "sharp"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeRig, pipelines, type Rig } from "./cli.ts"
import { type CocoData, type Instances, makeCocoData } from "./coco-data.ts"
import { executed, expectNoTrace, nodeOf, statuses } from "./look.ts"

const coco = path.join(pipelines, "coco.ts")
const one = ["-S", "taps=embed"]
let rig: Rig
let data: CocoData
beforeAll(async () => {
  rig = makeRig()
  data = await makeCocoData(rig.at("coco"))
})
afterAll(() => rig.remove())

describe("annotations", () => {
  const broken: ReadonlyArray<{
    readonly what: string
    readonly edit: (json: Instances) => void
    readonly says: ReadonlyArray<string>
  }> = [
    {
      what: "with a file name that leads out of the folder",
      edit: ({ images }) => (images[3]!.file_name = "../../etc/passwd"),
      says: ["images[3].file_name", "leads out of the folder"]
    },
    {
      what: "with another size than the image has",
      edit: ({ images }) => (images[3]!.height = 81),
      says: ["images[3]", "96×80", "96×81"]
    },
    {
      what: "of a category that there is not",
      edit: ({ annotations }) => (annotations[5]!.category_id = 99),
      says: ["annotations[5].category_id", "99"]
    },
    {
      what: "without a list of annotations",
      edit: (json) => delete (json as Partial<Instances>).annotations,
      says: ["annotations: missing"]
    }
  ]
  it.each(broken)("$what are refused, with the file, the field and the value", async ({ edit, says }) => {
    const json = structuredClone(data.instances)
    edit(json)
    await refused(rig.write("broken.json", JSON.stringify(json)), says)
  })
  it("that are cut off are refused as not JSON", async () => {
    const whole = fs.readFileSync(data.annotations)
    await refused(rig.write("broken.json", whole.subarray(0, whole.length >> 1)), ["not JSON", "complete."])
  })
  it("with an image that is not there: that scene fails, and the error names the file", async () => {
    const file = rig.at("gone.json")
    const annotations = JSON.parse(fs.readFileSync(data.annotations, "utf8")) as Instances
    annotations.images[3]!.file_name = "gone.png"
    fs.writeFileSync(file, JSON.stringify(annotations))
    const set = ["-S", `annotations=${file}`, "-S", `images=${data.images}`]
    const { code, document } = await rig.json("run", coco, ...set, ...one)
    expect(code).toBe(1)
    const { items, failures } = nodeOf(document, "scenes")
    expect(items.failed).toBe(1)
    for (const part of ["coco/images/gone.png", "check the folder", "skip_bad_images"])
      expect(failures![0]!.error).toContain(part)
  })
  it("that are not there are refused by their parameter's name", async () => {
    await refused(rig.at("nowhere.json"), ["annotations", "no such file"])
  })

  async function refused(file: string, says: ReadonlyArray<string>) {
    const ended = await rig.json(
      "run",
      coco,
      "-S",
      `annotations=${file}`,
      "-S",
      `images=${data.images}`,
      ...one
    )
    expect(ended.code).toBe(1)
    const scenes = nodeOf(ended.document, "scenes")
    expect(scenes.status).toBe("failed")
    for (const part of [file, ...says]) expect(scenes.error).toContain(part)
    expect(nodeOf(ended.document, "measures").status).toBe("skipped")
    expectNoTrace(ended)
  }
})

describe("damaged photographs among good ones", () => {
  const [jpeg, png] = ["0001.jpg", "0002.png"]
  const whole = new Map<string, Buffer>()
  // noise does not compress: what is cut off is pixels, and not the header
  beforeAll(async () => {
    for (const name of [jpeg, png]) {
      const file = path.join(data.images, name)
      const pixels = Buffer.from(Uint8Array.from({ length: 96 * 80 * 3 }, (_, i) => (i * i * 7919) % 251))
      await sharp(pixels, { raw: { width: 96, height: 80, channels: 3 } }).toFile(file)
      whole.set(name, fs.readFileSync(file))
      fs.writeFileSync(file, whole.get(name)!.subarray(0, whole.get(name)!.length >> 1))
    }
  })
  const run = () => rig.json("run", coco, ...data.set, ...one)
  it("are named, with their files; what is below is skipped, and the exit code is 1", async () => {
    const ended = await run()
    expect(ended.code).toBe(1)
    expect(nodeOf(ended.document, "activations")).toMatchObject({
      status: "failed",
      incomplete: true,
      items: { total: 32, failed: 2 },
      failures: [
        { item: "1", error: expect.stringMatching(/0001\.jpg.*(truncated|corrupt)/) },
        { item: "2", error: expect.stringMatching(/0002\.png.*(truncated|corrupt)/) }
      ]
    })
    expect(nodeOf(ended.document, "probes").status).toBe("skipped")
    expectNoTrace(ended)
  })
  it("do not hold up the probes under -k, whose numbers are marked as incomplete", async () => {
    const { document, code } = await rig.json("run", coco, ...data.set, ...one, "-k")
    expect(code).toBe(1)
    const below = ["support", "examples", "probes", "scores", "measures"]
    for (const id of ["activations", ...below]) expect(nodeOf(document, id).incomplete, id).toBe(true)
    expect(executed(document).toSorted()).toEqual(below.toSorted())
    const text = await rig.cli("run", coco, ...data.set, ...one, "-k")
    expect(text.code).toBe(1)
    expect(text.stdout).toMatch(
      /^incomplete: activations, support, examples, fits, probes, scores and 1 more/m
    )
    expect(text.stdout).toMatch(/^encoder +embed +avg_obj/m)
  })
  it("are taken up once they are whole, without a flag; masks and tokens stay as they were", async () => {
    for (const [name, content] of whole) fs.writeFileSync(path.join(data.images, name), content)
    const { document, code } = await run()
    expect(code).toBe(0)
    expect(statuses(document)).toMatchObject({ masks: "cached", tokens: "cached", activations: "executed" })
    expect(nodeOf(document, "measures").incomplete).toBe(false)
  })
})
