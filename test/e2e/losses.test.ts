/** What nodes leave out, as the real command line tells it: at the end of a run, of `show`, and in JSON. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fixtures, makeRig, type Rig } from "./cli.ts"
import { artifacts, executed, nodeOf } from "./look.ts"

const source = fs.readFileSync(path.join(fixtures, "losing.ts"), "utf8")
let rig: Rig
beforeAll(() => {
  rig = makeRig()
  rig.write("losing.ts", source)
})
afterAll(() => rig.remove())

/** How often the hook was asked since this was last called. */
const calls = () => {
  const file = rig.at("calls.txt")
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : ""
  fs.rmSync(file, { force: true })
  return text.trim().split("\n").filter(Boolean).length
}
const ofLines = { node: "lines", what: "lines", reason: "after the last wanted", verb: "kept" }
const ofHalves = { node: "halves", what: "numbers", reason: "they are odd", verb: "halved" }

describe("losses", () => {
  it("are told at the end of a run, of all its nodes, whatever the pipeline returns", async () => {
    const { code, stdout } = await rig.cli("run", "losing.ts", "-S", "count=4")
    expect(code).toBe(0)
    expect(stdout).toContain(
      [
        "left out  (details: probeline show @1, or show @1:lines for one node)",
        "  lines   kept 4 of 10 lines; left out: after the last wanted 6",
        "  halves  halved 2 of 4 numbers; left out: they are odd 2 (line-1, line-3)"
      ].join("\n")
    )
    expect(calls()).toBe(1)
  })
  it("are of all items where half of them come from an earlier run", async () => {
    const { document } = await rig.json("run", "losing.ts")
    expect(nodeOf(document, "halves").items).toMatchObject({ executed: 4, cached: 4 })
    expect(document.losses).toEqual([
      { ...ofLines, count: 2, total: 10, examples: ["line-8", "line-9"] },
      { ...ofHalves, count: 4, total: 8, examples: ["line-1", "line-3", "line-5", "line-7"] }
    ])
    expect(calls()).toBe(1)
  })
  it("are told again by a run in which all is fresh, and no stage is asked", async () => {
    const { document } = await rig.json("run", "losing.ts")
    expect(executed(document)).toEqual([])
    expect(document.losses.map(({ node, count }: any) => [node, count])).toEqual([
      ["lines", 2],
      ["halves", 4]
    ])
    expect(calls()).toBe(0)
  })
  it("are told again for one that is fresh where only a part runs", async () => {
    const { document } = await rig.json("run", "losing.ts", "halves")
    expect(document.losses).toHaveLength(2)
    const forced = await rig.json("run", "losing.ts", "--force", "total")
    expect(executed(forced.document)).toEqual(["total"])
    expect(forced.document.losses).toHaveLength(2)
    expect(calls()).toBe(0)
  })
  it("of a source are its own run's, though it gives the same rows", async () => {
    const { document } = await rig.json("run", "losing.ts", "-S", "of=9")
    expect(document.losses[0]).toEqual({ ...ofLines, count: 1, total: 9, examples: ["line-8"] })
    const back = await rig.json("run", "losing.ts")
    expect(executed(back.document)).toEqual([])
    expect(artifacts(back.document)["lines"]).toBe(artifacts(document)["lines"])
    expect(back.document.losses[0]).toMatchObject({ count: 2, total: 10 })
  })
  it("are in full what `show` says of a node, and of a run", async () => {
    const { stdout } = await rig.cli("show", "@1:halves")
    expect(stdout).toContain(
      "left out\n  halved 4 of 8 numbers\n    4  they are odd (line-1, line-3, line-5, line-7)"
    )
    const { document } = await rig.json("show", "@1:halves")
    expect(document.losses).toEqual([expect.objectContaining({ ...ofHalves, count: 4 })])
    expect((await rig.json("show", "@1:total")).document.losses).toEqual([])
    const run = await rig.cli("show", "@1")
    expect(run.stdout).toContain("left out\n  lines\n    kept 8 of 10 lines\n      2  after the last wanted")
    expect((await rig.json("show", "@1")).document.losses).toHaveLength(2)
  })
  it("leave out items that failed, which are told elsewhere", async () => {
    const { code, document } = await rig.json("run", "losing.ts", "-k", "-S", "broken=3")
    expect(code).toBe(1)
    expect(document.losses[1]).toMatchObject({ count: 3, total: 7, examples: ["line-1", "line-5", "line-7"] })
  })
  it("are asked again, and nothing else is, when the hook changes", async () => {
    const before = await rig.json("run", "losing.ts")
    calls()
    rig.write("losing.ts", source.replaceAll("they are odd", "they cannot be halved"))
    const { document } = await rig.json("run", "losing.ts")
    expect(executed(document)).toEqual([])
    expect(artifacts(document)).toEqual(artifacts(before.document))
    expect(document.losses[1]).toMatchObject({ reason: "they cannot be halved", count: 4 })
    expect(calls()).toBe(1)
  })
  it("are asked again when the cache is lost", async () => {
    fs.rmSync(rig.at("artifacts/cache"), { recursive: true })
    const { document } = await rig.json("run", "losing.ts")
    expect(executed(document)).toEqual([])
    expect(document.losses).toHaveLength(2)
  })
  it("that cannot be told fail the command; the artifacts are kept", async () => {
    rig.write("losing.ts", source.replace('reason: "they are odd"', "reason: 7 as unknown as string"))
    const { code, stdout, stderr } = await rig.cli("run", "losing.ts")
    expect(code).toBe(1)
    expect(stderr).toContain('stage "halves" cannot count what "halves" left out: invalid loss')
    expect(stdout).toContain("losing: ok")
    const { document } = await rig.json("run", "losing.ts")
    expect(document.error.tag).toBe("OutputInvalid")
    rig.write("losing.ts", source)
    expect(executed((await rig.json("run", "losing.ts")).document)).toEqual([])
  })
})
