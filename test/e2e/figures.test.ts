/** Figures at the command line: the end of a run, plot, report. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fixtures, makeRig, type Rig } from "./cli.ts"
import { expectRefusal, unfinished } from "./look.ts"

const pipeline = path.join(fixtures, "drawing.ts")
let rig: Rig
beforeAll(async () => {
  rig = makeRig()
  expect((await rig.cli("run", pipeline)).code).toBe(0)
})
afterAll(() => rig.remove())
const text = (name: string) => fs.readFileSync(rig.at(name), "utf8")

describe("the end of a run", () => {
  it("has a curve, and the path of a picture in the run's folder, also if nothing was computed", async () => {
    const again = await rig.cli("run", pipeline)
    expect(again.stdout).toContain("everything was fresh")
    expect(again.stdout).toContain(
      "squares (▁ .000, █ 16.0)\n  all  first .000 ▁▁▁▁▁▁▁▁▃▃▃▃▅▅▅▅████ 16.0 last"
    )
    expect(again.stdout).toMatch(/artifacts\/runs\/[^/]+\/figures\/squares\.svg/)
    const picture = text("artifacts/latest/drawing/figures/squares.svg")
    expect(picture).toContain("<title>4: 16</title>")
    const { document } = await rig.json("run", pipeline)
    expect(document.picture).toBe(path.join("runs", document.run, "figures", "squares.svg"))
  })
  it("warns of a function that fails, and of figures that are none: the run is ok", async () => {
    for (const [how, says] of [
      ["throws", "cannot draw today"],
      ["wrong", "invalid figure no name: `id` must be"]
    ]) {
      const ended = await rig.cli("run", pipeline, "-S", `how=${how}`)
      expect(ended.code).toBe(0)
      expect(ended.stderr).toContain("warning:")
      expect(ended.stderr).toContain(says)
      expect(ended.stdout).not.toContain("figures/")
    }
    await rig.cli("run", pipeline)
  })
  it("leaves files that verify and gc know", async () => {
    const { document } = await rig.json("verify")
    expect(document.damaged).toEqual([])
    const rig2 = makeRig()
    try {
      for (const count of ["3", "4"]) await rig2.cli("run", pipeline, "-S", `count=${count}`)
      expect((await rig2.cli("gc", "--keep", "1", "--grace", "0s")).code).toBe(0)
      const runs = fs.readdirSync(rig2.at("artifacts/runs")).filter((name) => name !== "latest")
      expect(runs).toHaveLength(1)
      expect(fs.readdirSync(rig2.at("artifacts/cache/summaries")).length).toBeGreaterThan(0)
    } finally {
      rig2.remove()
    }
  })
})

describe("plot", () => {
  it("lists the figures, and says how to draw one", async () => {
    const { stdout, code } = await rig.cli("plot", "@1")
    expect(code).toBe(0)
    expect(stdout).toMatch(/^squares +squares +5 +Squares/m)
    expect(stdout).toContain("probeline plot @1 --figure squares -o squares.svg")
    const { document } = await rig.json("plot", "@1:squares")
    expect(document).toMatchObject({
      figures: [{ id: "squares", node: "squares", rows: 5, alt: "5 squares" }],
      files: []
    })
  })
  it("draws one as SVG, PNG and HTML, and writes its data as CSV", async () => {
    const { document } = await rig.json("runs")
    const digest = (await rig.json("show", "@1")).document.nodes.find(
      (node: any) => node.id === "squares"
    ).artifact
    for (const [ref, file] of [
      ["@1", "a.svg"],
      [document.runs[0].run, "a.png"],
      ["latest:squares", "a.html"],
      [digest.slice(0, 12), "a.csv"]
    ])
      expect((await rig.cli("plot", ref, "--figure", "squares", "-o", file)).stderr).toBe("")
    expect(text("a.svg")).toMatch(/^<svg /)
    expect(fs.readFileSync(rig.at("a.png")).subarray(1, 4).toString()).toBe("PNG")
    expect(text("a.html")).toContain("<title>4: 16</title>")
    expect(text("a.html").match(/<\/script>/g)).toHaveLength(1)
    expect(text("a.csv")).toBe("x,y\n0,0\n1,1\n2,4\n3,9\n4,16\n")
  })
  it("refuses what it cannot do, and leaves no file behind", async () => {
    const usage = { code: 2, tag: "Usage" } as const
    const refused = async (says: RegExp, ...argv: ReadonlyArray<string>) =>
      expectRefusal(await rig.json("plot", ...argv), { ...usage, says: [says] })
    await refused(/extension of x\.pdf/, "@1", "-o", "x.pdf")
    await refused(/no figure "square"[^]*did you mean "squares"/, "@1", "--figure", "square", "-o", "x.svg")
    await refused(/has no figures/, "@1:numbers", "-o", "x.svg")
    await refused(/nothing to draw/, "@1", "--figure", "left-out", "-o", "x.svg")
    await refused(/already exists/, "@1", "--figure", "squares", "-o", "a.svg")
    expect(fs.existsSync(rig.at("x.svg"))).toBe(false)
    expect(unfinished(rig.folder)).toEqual([])
  })
  it("says that a figure has nothing to draw", async () => {
    await rig.cli("run", pipeline, "-S", "how=none")
    const listed = await rig.cli("plot", "@1")
    expect(listed.stdout).toContain("nothing to draw: none were wanted")
    const ended = await rig.json("plot", "@1", "--figure", "squares", "-o", "x.svg")
    expectRefusal(ended, { code: 2, tag: "Usage", says: [/none were wanted/] })
    await rig.cli("run", pipeline)
  })
})

describe("report", () => {
  it("writes a page, and again only on request; run --report replaces it", async () => {
    expect((await rig.cli("report", "@1", "-o", "r.html")).stdout).toMatch(/^r\.html: /)
    expectRefusal(await rig.json("report", "@1", "-o", "r.html"), {
      code: 2,
      tag: "Usage",
      says: [/already exists/]
    })
    const ended = await rig.cli("run", pipeline, "--report", "r.html")
    expect(ended.stdout).toMatch(/report: r\.html \(\d+(\.\d)? kB\)$/m)
    expectRefusal(await rig.json("run", pipeline, "--report", "r.csv"), {
      code: 2,
      tag: "Usage",
      says: [/must end in \.html/]
    })
  })
  it("escapes ids, errors, titles and parameters, of a run that failed", async () => {
    expect((await rig.cli("run", pipeline, "-S", "broken=2", "--report", "failed.html")).code).toBe(1)
    const page = text("failed.html")
    expect(page).toContain("&lt;b&gt;2&lt;/b&gt;")
    expect(page).toContain("What failed")
    expect(page).toContain("The run made no output of the pipeline")
    expect(page).not.toMatch(/<b>|<i>|<u>/)
    await rig.cli("run", pipeline)
  })
  it("does without the pipeline file, and says so", async () => {
    const other = makeRig()
    try {
      const copy = other.write("drawing.ts", fs.readFileSync(pipeline))
      await other.cli("run", copy)
      fs.rmSync(copy)
      const ended = await other.cli("report", "@1", "-o", "r.html")
      expect(ended.code).toBe(0)
      expect(ended.stderr).toContain("the pipeline file is gone")
      expect(fs.readFileSync(other.at("r.html"), "utf8")).toContain("How each came about")
      const plotted = await other.json("plot", "@1", "-o", "x.svg")
      expectRefusal(plotted, { code: 2, tag: "PipelineNotFound", says: [/is gone/] })
    } finally {
      other.remove()
    }
  })
})
