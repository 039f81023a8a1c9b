/** The pipeline for data sets in COCO's layout, on a tiny one. */
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeRig, pipelines, type Rig } from "./cli.ts"
import { categories, type CocoData, makeCocoData } from "./coco-data.ts"
import { artifacts, executed, nodeOf, statuses } from "./look.ts"

const coco = path.join(pipelines, "coco.ts")
let rig: Rig
let data: CocoData
let run: ReadonlyArray<string>
let first: Awaited<ReturnType<Rig["json"]>>
beforeAll(async () => {
  rig = makeRig()
  data = await makeCocoData(rig.at("coco"))
  run = ["run", coco, ...data.set, "-S", `captions=${data.captions}`, "-S", "taps=embed"]
  first = await rig.json(...run)
}, 60_000)
afterAll(() => rig.remove())

describe("a data set in COCO's layout", () => {
  it("runs to its measures, with scenes and categories by its own names", async () => {
    expect(first.code, first.stderr).toBe(0)
    expect(nodeOf(first.document, "scenes").items.total).toBe(32)
    const scene = await rig.json("show", "@1:scenes", "7")
    expect(scene.document.rows[0]).toMatchObject({
      scene: "7",
      image: { name: "0007.png" },
      height: 80,
      width: 96,
      captions: ["Two things, number 7"]
    })
    const masks = await rig.json("show", "@1:masks", "7")
    for (const { category } of masks.document.rows) expect(categories).toContain(category)
  })
  it("ends with a table of accuracies, which tells rectangles by their colour", async () => {
    const { stdout, code } = await rig.cli(...run)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^category +kept +64 +32$/m)
    expect(stdout).toMatch(/^encoder +embed +avg_obj +category +1\.000 /m)
  })
})

describe("a limit", () => {
  it("marks what comes of a part of the scenes as partial, all the way down", async () => {
    const { document, code, stderr } = await rig.json(...run, "-S", "limit=30", "-S", "minimum=15")
    expect(code, stderr).toBe(0)
    for (const { id, partial } of document.nodes) expect(partial, id).toEqual(["30 of 32 scenes"])
    const text = await rig.cli(...run, "-S", "limit=30", "-S", "minimum=15")
    expect(text.stdout).toMatch(/^partial: 30 of 32 scenes$/m)
    expect((await rig.json("show", "latest:measures")).document.partial).toEqual(["30 of 32 scenes"])
  })
})

describe("objects that are not asked about", () => {
  it("are counted at the end of the run, with the reasons, and `show` names some", async () => {
    const { stdout } = await rig.cli(...run, "-S", "limit=30", "-S", "cap=15")
    expect(stdout).toMatch(
      /^ {2}scenes +kept 30 of 32 images; left out: not among the first 30 \(limit\) 2 /m
    )
    expect(stdout).toMatch(
      /^ {2}examples +asked about 45 of 60 objects; left out: capped: more than 15 objects of its category 15$/m
    )
    const { document } = await rig.json("show", "@1:examples")
    expect(document.losses).toEqual([
      {
        node: "examples",
        what: "objects",
        reason: "capped: more than 15 objects of its category",
        count: 15,
        total: 60,
        examples: expect.any(Array),
        verb: "asked about"
      }
    ])
    expect(document.losses[0].examples).toHaveLength(5)
  })
})

describe("too few objects", () => {
  const few = ["-S", "minimum=50"]
  it("are said to be, with counts and ways out; masks and activations are kept", async () => {
    const { document, code } = await rig.json(...run, ...few)
    expect(code).toBe(1)
    const examples = nodeOf(document, "examples")
    expect(examples).toMatchObject({ status: "failed", hint: expect.stringContaining("minimum") })
    expect(examples.error).toMatch(
      /no question has examples of two classes \(too few: its category is in fewer than 50 images: 64\)/
    )
    expect(statuses(document)).toMatchObject({
      scenes: "cached",
      masks: "cached",
      tokens: "cached",
      activations: "cached"
    })
  })
  it("end a run under -k in the same way, without touching the others", async () => {
    const { stdout, code } = await rig.cli(...run, ...few, "-k")
    expect(code).toBe(1)
    expect(stdout).toMatch(/too few: its category is in fewer than 50 images: 64/)
    expect(stdout).toMatch(/6 cached, 1 failed, 3 skipped$/m)
    const { document } = await rig.json(...run)
    expect(artifacts(document)).toEqual(artifacts(first.document))
    expect(executed(document)).toEqual([])
  })
})

describe("an edit of the data set", () => {
  it("of captions re-reads the scenes, and nothing that does not ask for captions", async () => {
    data.caption("Three things, number")
    const { document, code } = await rig.json(...run)
    expect(code).toBe(0)
    expect(executed(document)).toEqual(["scenes"])
    const { scenes: _, ...others } = artifacts(first.document)
    expect(artifacts(document)).toMatchObject(others)
    expect((await rig.json("show", "@1:scenes", "7")).document.rows[0].captions).toEqual([
      "Three things, number 7"
    ])
  })
  it("of one mask reaches the measures, and why names the file", async () => {
    data.change(({ annotations }) => {
      annotations[12]!.segmentation = [[9, 16, 39, 16, 39, 36, 9, 36]]
    })
    const why = await rig.json("why", coco, "scenes", ...run.slice(2))
    expect(why.document.cues).toContainEqual(
      expect.objectContaining({ cue: "read", path: expect.stringContaining("instances.json") })
    )
    const { document } = await rig.json(...run)
    expect(executed(document)).toEqual(
      expect.arrayContaining(["scenes", "masks", "tokens", "activations", "probes"])
    )
    expect(artifacts(document)["masks"]).not.toBe(artifacts(first.document)["masks"])
  })
})
