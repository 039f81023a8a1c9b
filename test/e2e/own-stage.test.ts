/** A stage of a researcher's own, in a folder with nothing else in it: no node_modules, no package.json. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeRig, pipelines, type Rig } from "./cli.ts"
import { artifacts, executed, statuses } from "./look.ts"

const source = fs.readFileSync(path.join(pipelines, "brightness.ts"), "utf8")
const run = ["run", "mine.ts", "-S", "scenes=12"]

let rig: Rig
let first: Awaited<ReturnType<Rig["json"]>>
beforeAll(async () => {
  rig = makeRig()
  rig.write("mine.ts", source)
  first = await rig.json(...run)
}, 60_000)
afterAll(() => rig.remove())

describe("a stage of one's own", () => {
  it("runs from a folder without node_modules", async () => {
    expect(first.code, first.stderr).toBe(0)
    expect(executed(first.document)).toEqual(["scenes", "brightness"])
    const { document } = await rig.json("show", "latest:brightness", "00000")
    expect(document.rows[0].mean).toBeGreaterThan(0)
  })
  it("does not run again for a comment, spaces, a type and a sibling export", async () => {
    const edits = [
      ["compute: (items)", "/* the mean level */ compute:    (items)"],
      ["(sum, level)", "(sum: number, level: number)"],
      ["export default", "export const unused = 1\nexport default"]
    ] as const
    let edited = source
    for (const [from, to] of edits) {
      expect(edited).toContain(from)
      edited = edited.replace(from, to)
    }
    rig.write("mine.ts", edited)
    const { document } = await rig.json(...run)
    expect(executed(document)).toEqual([])
    rig.write("mine.ts", source)
  })
  it("runs again for a changed constant: it alone, and why names its module", async () => {
    expect(source).toContain("/ data.length")
    rig.write("mine.ts", source.replace("/ data.length", "/ data.length / 255"))
    const why = await rig.json("why", "mine.ts", "brightness", "-S", "scenes=12")
    expect(why.document).toMatchObject({ state: "stale", cues: [{ cue: "code", path: "mine.ts" }] })
    const { document } = await rig.json(...run)
    expect(statuses(document)).toEqual({ scenes: "cached", brightness: "executed" })
    expect(artifacts(document)["brightness"]).not.toBe(artifacts(first.document)["brightness"])
  })
  it("is fresh again when the change is taken back", async () => {
    rig.write("mine.ts", source)
    const { document } = await rig.json(...run)
    expect(executed(document)).toEqual([])
    expect(artifacts(document)).toEqual(artifacts(first.document))
  })
  it("runs again when a helper that it imports changes, and why names the helper", async () => {
    const helped = source
      .replace("/ data.length", "/ scale(data)")
      .replace("export const", 'import { scale } from "./helper.ts"\n\nexport const')
    rig.write("helped.ts", helped)
    rig.write("helper.ts", "export const scale = (data: Uint8Array) => data.length\nexport const other = 1\n")
    const helper = ["run", "helped.ts", "-S", "scenes=12"]
    expect((await rig.json(...helper)).code).toBe(0)
    rig.write("helper.ts", "export const scale = (data: Uint8Array) => data.length\nexport const other = 2\n")
    expect(executed((await rig.json(...helper)).document)).toEqual([])
    rig.write("helper.ts", "export const scale = (data: Uint8Array) => 2 * data.length\n")
    const why = await rig.json("why", "helped.ts", "brightness", "-S", "scenes=12")
    expect(why.document.cues).toContainEqual(expect.objectContaining({ cue: "code", path: "helper.ts" }))
    expect(executed((await rig.json(...helper)).document)).toEqual(["brightness"])
  })
  it("runs from a path with spaces and signs, in a worker process too", async () => {
    const folder = "my exp #1 %20 é"
    rig.write(`${folder}/a stage.ts`, source.replace("inputs:", "isolate: true,\n  inputs:"))
    const { document, code, stderr } = await rig.json(
      "run",
      `${folder}/a stage.ts`,
      "-S",
      "scenes=3",
      "--store",
      `${folder}/st ore`
    )
    expect(code, stderr).toBe(0)
    expect(document.status).toBe("ok")
    expect(fs.existsSync(rig.at(`${folder}/st ore/runs/latest/brightness.parquet`))).toBe(true)
  })
})

describe("what a stage prints", () => {
  it("goes to stderr: stdout is the command's, with and without --json", async () => {
    const talk = '(console.log("how bright!"), process.stdout.write("very\\n"), Promise)'
    rig.write("chatty.ts", `console.log("loading")\n${source.replace("Promise.all(", `${talk}.all(`)}`)
    const { document, code, stderr } = await rig.json("run", "chatty.ts", "-S", "scenes=3")
    expect(code, stderr).toBe(0)
    expect(document.status).toBe("ok")
    for (const word of ["loading", "how bright!", "very"]) expect(stderr).toContain(word)
    const text = await rig.cli("run", "chatty.ts", "-S", "scenes=3", "-f", "brightness")
    expect(text.stdout).not.toContain("bright!")
    expect(text.stderr).toContain("how bright!")
  })
})
