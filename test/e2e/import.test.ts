/** Activations that numpy and safetensors wrote, through to fitted probes by the real command line. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fixtures, makeRig, type Rig } from "./cli.ts"
import { makeCocoData } from "./coco-data.ts"
import { artifacts, executed, nodeOf, statuses } from "./look.ts"

const pipeline = path.join(fixtures, "imported.ts")
const dumped = fileURLToPath(new URL("../fixtures/import/activations", import.meta.url))
let rig: Rig
let run: ReadonlyArray<string>
let first: Awaited<ReturnType<Rig["json"]>>
beforeAll(async () => {
  rig = makeRig()
  const data = await makeCocoData(rig.at("coco"))
  fs.cpSync(dumped, rig.at("dump"), { recursive: true })
  run = ["run", pipeline, ...data.set, "-S", `manifest=${rig.at("dump/manifest.json")}`]
  first = await rig.json(...run)
}, 60_000)
afterAll(() => rig.remove())

const editFile = (name: string, edit: (bytes: Buffer) => Buffer) => {
  const before = fs.readFileSync(rig.at(name))
  fs.writeFileSync(rig.at(name), edit(Buffer.from(before)))
  return () => fs.writeFileSync(rig.at(name), before)
}

describe("imported activations", () => {
  it("are an artifact like those of extract-activations, by scene and tap", async () => {
    expect(first.code, first.stderr).toBe(0)
    expect(nodeOf(first.document, "activations").items.total).toBe(32)
    const { document } = await rig.json("show", "@1:activations", "7")
    expect(document.rows).toMatchObject([
      { scene: "7", source: "object", object: 0, token: "avg_obj", image: null },
      { scene: "7", source: "object", object: 1, token: "avg_obj", image: null }
    ])
    const npy = rig.at("norm.npy")
    await rig.cli("export", "@1:activations", "--format", "npy", "--tap", "embed", "-o", npy)
    expect(fs.readFileSync(npy)).toEqual(fs.readFileSync(path.join(dumped, "embed.npy")))
  })
  it("are probed: the category is in the taps where numpy planted it, and not in the noise", async () => {
    const csv = rig.at("measures.csv")
    await rig.cli("export", "@1:measures", "--format", "csv", "-o", csv)
    const [head, ...lines] = fs
      .readFileSync(csv, "utf8")
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(","))
    const accuracies = lines
      .map((cells) => Object.fromEntries(head!.map((name, i) => [name, cells[i]!])))
      .filter((row) => row["probe"] === "logistic" && row["target"] === "category")
      .map((row) => [row["tap"], Number(row["balanced_accuracy"])] as const)
    const of = Object.fromEntries(accuracies)
    expect(of["block.0.resid_post"]).toBeGreaterThan(0.95)
    expect(of["final.norm"]).toBeGreaterThan(0.95)
    expect(of["embed"]).toBeLessThan(0.6)
  })
  it("are read again for nothing", async () => {
    const { document } = await rig.json(...run)
    expect(executed(document)).toEqual([])
    expect(artifacts(document)).toEqual(artifacts(first.document))
  })
  it("are imported again when an array changes; the scenes are not", async () => {
    const undo = editFile("dump/embed.npy", (bytes) => {
      bytes.writeFloatLE(3, bytes.length - 4)
      return bytes
    })
    const why = await rig.json("why", ...run.slice(1, 2), "activations", ...run.slice(2))
    expect(why.document).toMatchObject({
      state: "stale",
      cues: [{ cue: "read", path: expect.stringContaining("embed.npy") }]
    })
    const { document } = await rig.json(...run)
    expect(statuses(document)).toMatchObject({
      scenes: "cached",
      activations: "executed",
      probes: "executed"
    })
    undo()
    const { document: back } = await rig.json(...run)
    expect(artifacts(back)).toEqual(artifacts(first.document))
  })
})

describe("a dump that is not right", () => {
  it("fails its source with the file and what to do, and nothing below it runs", async () => {
    const undo = editFile("dump/embed.npy", (bytes) => bytes.subarray(0, -3))
    const { document, code } = await rig.json(...run)
    undo()
    expect(nodeOf(document, "activations")).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/embed\.npy: its header declares <f4 \[64, 8\], 2048 bytes.* truncated/),
      hint: expect.stringContaining("save it again")
    })
    expect(nodeOf(document, "probes").status).toBe("skipped")
    expect(code).toBe(1)
  })
})

describe("ids that the dump writes in another way", () => {
  const ids = (edit: (id: string, row: number) => string) => {
    const lines = fs.readFileSync(path.join(dumped, "ids.csv"), "utf8").trim().split(/\r?\n/)
    const edited = lines.slice(1).map((line, row) => line.replace(/^[^,]+/, (id) => edit(id, row)))
    return editFile("dump/ids.csv", () => Buffer.from([lines[0], ...edited].join("\n")))
  }
  it.each([
    ["floats", (id: string) => `${id}.0`, /"1\.0" is probably the same as "1" .*decimals/],
    ["padded with zeros", (id: string) => id.padStart(12, "0"), /"000000000001" is probably .*zero padding/],
    [
      "file names",
      (id: string) => `${id.padStart(3, "0")}.png`,
      /"001\.png" is probably .*a file extension and zero padding/
    ],
    ["paths", (id: string) => `val/${id}`, /"val\/1" is probably .*a folder in front/],
    ["text around", (id: string) => `img_${id}`, /"img_1" is probably .*text around the number/]
  ])("is an error that says how, where none is the same: %s", async (_, edit, how) => {
    const undo = ids(edit)
    const { document, code } = await rig.json(...run)
    undo()
    expect(code).toBe(1)
    expect(nodeOf(document, "support")).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/no ids match: the tokens of elsewhere are of 32 scenes \(".*"1", "2"/),
      hint: expect.stringMatching(how)
    })
    expect(nodeOf(document, "probes").status).toBe("skipped")
  })
  it("is a loss that is told, where some are the same", async () => {
    const undo = ids((id, row) => (row < 4 ? `${id}.0` : id))
    const { stdout } = await rig.cli(...run)
    const { document } = await rig.json("show", "@1:support")
    undo()
    expect(stdout).toMatch(
      /examples +asked about \d+ of 64 objects; left out: .*no token: its scene is not among those of the tokens 4/
    )
    expect(stdout).toMatch(
      /support +2 scenes of the tokens of elsewhere: .*"1\.0" is probably the same as "1"/
    )
    expect(document.losses).toContainEqual(
      expect.objectContaining({
        what: "scenes of the tokens of elsewhere",
        count: 2,
        examples: ["1.0", "2.0"]
      })
    )
  })
})
