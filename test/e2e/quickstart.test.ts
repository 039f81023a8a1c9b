import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { exportCommand } from "../../src/cli/export.ts"
import { makeRig, pipelines, type Rig } from "./cli.ts"
import { artifacts, executed, nodeOf, numberOrNull, runsOf, statuses, stringOrNull } from "./look.ts"

const quickstart = [path.join(pipelines, "quickstart.ts"), "-S", "scenes=40"]
const encoders = ["vit", "clip", "blip", "flava"]
const ofEncoder = ["masks", "tokens", "activations", "fits", "probes", "scores"]
const nodes = [
  "scenes",
  "tasks",
  "support",
  "examples",
  ...encoders.flatMap((encoder) => ofEncoder.map((stage) => `${stage}/${encoder}`)),
  "measures"
]

const notExecuted = (document: any): ReadonlyArray<string> =>
  document.nodes.flatMap((node: any) => (node.status === "executed" ? [] : [node.id]))

// one store for all: its first run is the long one
let rig: Rig
let first: Awaited<ReturnType<Rig["json"]>>
beforeAll(async () => {
  rig = makeRig()
  first = await rig.json("run", ...quickstart)
}, 180_000)
afterAll(() => rig.remove())

describe("the first run", () => {
  it("prints one JSON document on stdout, and nothing else", () => {
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout.trimEnd().split("\n")).toHaveLength(1)
  })
  it("executes every node but those that are the same, and says of each what the contract names", () => {
    const { document } = first
    const same = (stage: string) => notExecuted(document).filter((id) => id.startsWith(`${stage}/`))
    // all have the same taps
    expect(same("fits")).toHaveLength(3)
    expect(notExecuted(document)).toHaveLength(3)
    expect(document).toMatchObject({ run: expect.any(String), pipeline: "quickstart", status: "ok" })
    expect(document.nodes.map((node: any) => node.id).sort()).toEqual([...nodes].sort())
    for (const node of document.nodes)
      expect(node).toMatchObject({
        stage: expect.any(String),
        status: expect.stringMatching(/^executed$|^cached$/),
        items: {
          total: expect.any(Number),
          executed: expect.any(Number),
          cached: expect.any(Number),
          failed: 0
        },
        artifact: expect.stringMatching(/^[0-9a-f]{64}$/),
        bytes: expect.any(Number),
        seconds: expect.any(Number)
      })
  })
  it("counts scenes and fits as items, and a whole stage that gives a table as one", () => {
    expect(nodeOf(first.document, "masks/vit").items.total).toBe(40)
    expect(nodeOf(first.document, "fits/vit").items.total).toBe(90)
    expect(nodeOf(first.document, "probes/vit").items.total).toBe(90)
    expect(nodeOf(first.document, "measures").items.total).toBe(1)
  })
  it("tells its progress on stderr, in plain lines where that is no terminal", () => {
    for (const node of executed(first.document)) expect(first.stderr).toMatch(`${node}: executed`)
    expect(first.stderr).not.toContain("\u001b[")
  })
})

describe("the second run", () => {
  it("executes nothing, and makes the same artifacts", async () => {
    const { document, code } = await rig.json("run", ...quickstart)
    expect(code).toBe(0)
    expect(new Set(Object.values(statuses(document)))).toEqual(new Set(["cached"]))
    expect(artifacts(document)).toEqual(artifacts(first.document))
  })
  it("ends with a table of eight lines, avg_obj and cls of each encoder at the last tap, and with the paths written, which exist", async () => {
    const { stdout, stderr, code } = await rig.cli("run", ...quickstart)
    expect(code).toBe(0)
    expect(stderr).toBe("")
    for (const encoder of encoders)
      for (const token of ["cls", "avg_obj"])
        expect(stdout).toMatch(new RegExp(`^${encoder} +block\\.3\\.resid_post +${token} `, "m"))
    expect(stdout).not.toMatch(/^vit +(?:block\.2|block\.3\S+ +random)/m)
    const written = stdout.slice(stdout.indexOf("\nwritten\n")).match(/^ {2}\S+/gm)!
    expect(written.length).toBeGreaterThan(1)
    for (const file of written) expect(fs.existsSync(rig.at(file.trim())), file).toBe(true)
    const [outcome, change] = stdout.trimEnd().split("\n").slice(-2)
    expect(outcome).toMatch(/^quickstart: ok in .*everything was fresh \(29 nodes\)/)
    expect(change).toMatch(/^unchanged/)
  })
})

describe("status", () => {
  it("says that every node is fresh, and --check exits with 0", async () => {
    const { document, code } = await rig.json("status", ...quickstart, "--check")
    expect(code).toBe(0)
    expect(document.pipeline).toBe("quickstart")
    for (const node of document.nodes)
      expect(node).toMatchObject({
        id: expect.any(String),
        stage: expect.any(String),
        state: "fresh",
        items: { total: expect.any(Number), fresh: expect.any(Number), stale: 0, missing: 0, failed: 0 }
      })
    expect(nodeOf(document, "masks/vit").items).toMatchObject({ total: 40, fresh: 40 })
  })
  it("exits with 3 under --check where a parameter has another value", async () => {
    const { document, code } = await rig.json("status", ...quickstart, "-S", "seed=8", "--check")
    expect(code).toBe(3)
    expect(nodeOf(document, "scenes").state).toBe("stale")
  })
  it("does not count a stale pipeline as an error without --check", async () => {
    expect((await rig.cli("status", ...quickstart, "-S", "seed=8")).code).toBe(0)
  })
})

describe("why and a dry run", () => {
  it("name the parameter, before and after", async () => {
    const why = await rig.json("why", quickstart[0]!, "scenes", "-S", "scenes=40", "-S", "seed=8")
    expect(why.code).toBe(0)
    expect(why.document).toMatchObject({ node: "scenes", item: null, state: "stale" })
    expect(why.document.cues).toContainEqual({
      cue: "parameter",
      path: "params.source.seed",
      before: 7,
      after: 8
    })
    const text = await rig.cli("run", "-n", ...quickstart, "-S", "seed=8")
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(/^scenes +run +parameter source\.seed: 7 → 8$/m)
  })
  it("run nothing: no run is added, and nothing is written", async () => {
    const before = fs.readdirSync(rig.at("artifacts/runs"))
    const { document } = await rig.json("run", "--dry-run", ...quickstart, "-S", "seed=9")
    expect(document).toMatchObject({ run: null, status: "planned" })
    expect(nodeOf(document, "scenes").seconds).toBeNull()
    expect(fs.readdirSync(rig.at("artifacts/runs"))).toEqual(before)
  })
  it("say that what is fresh would be taken as it is", async () => {
    const { document } = await rig.json("run", "-n", ...quickstart)
    expect(new Set(Object.values(statuses(document)))).toEqual(new Set(["cached"]))
    const why = await rig.json("why", quickstart[0]!, "measures", "-S", "scenes=40")
    expect(why.document.state).toBe("fresh")
  })
})

describe("a part of the pipeline", () => {
  it("--force computes a node again; what comes out the same makes nothing below it run", async () => {
    const { document, code } = await rig.json("run", ...quickstart, "-f", "examples")
    expect(code).toBe(0)
    expect(executed(document)).toEqual(["examples"])
    expect(artifacts(document)).toEqual(artifacts(first.document))
  })
  it("a named node brings up what it needs, and no other", async () => {
    const { document, code } = await rig.json("run", ...quickstart, "tokens/vit", "-S", "seed=8")
    expect(code).toBe(0)
    expect(executed(document)).toEqual(["scenes", "masks/vit", "tasks", "tokens/vit"])
    expect(document.nodes).toHaveLength(4)
    expect(document.outputs).toEqual({})
  })
  it("more scenes: only those that are new are computed", async () => {
    const { document, code } = await rig.json("run", quickstart[0]!, "masks/vit", "-S", "scenes=44")
    expect(code).toBe(0)
    expect(nodeOf(document, "masks/vit").items).toEqual({ total: 44, executed: 4, cached: 40, failed: 0 })
  })
  it("a name that is not there is refused, with the nearest", async () => {
    const { code, stderr } = await rig.cli("run", ...quickstart, "mask/vit")
    expect(code).toBe(2)
    expect(stderr).toContain('did you mean "masks/vit"?')
  })
})

describe("runs", () => {
  it("are listed with the newest first, and @1 is that", async () => {
    const runs = await runsOf(rig)
    expect(runs.length).toBeGreaterThan(2)
    expect(runs.map(({ ref }) => ref)).toEqual(runs.map((_, i) => `@${i + 1}`))
    expect(runs.map(({ run }) => run)).toEqual(
      runs
        .map(({ run }) => run)
        .toSorted()
        .toReversed()
    )
    expect(runs.at(-1)).toMatchObject({
      run: first.document.run,
      pipeline: "quickstart",
      status: "ok",
      params: { scenes: 40, seed: 7 },
      nodes: { total: 29, executed: 26, cached: 3, failed: 0, skipped: 0 }
    })
    const text = await rig.cli("runs")
    expect(text.stdout).toMatch(new RegExp(`^@1 +${runs[0].run} `, "m"))
  })
  it("latest is the last one, and has every artifact under its node's name", async () => {
    const { document } = await rig.json("run", ...quickstart)
    const latest = rig.at("artifacts/runs/latest")
    expect(path.basename(fs.realpathSync(latest))).toBe(document.run)
    for (const node of nodes) expect(fs.existsSync(path.join(latest, `${node}.parquet`)), node).toBe(true)
    expect(fs.readdirSync(path.join(latest, "activations/vit"))).toContain("items.parquet")
    expect(JSON.parse(fs.readFileSync(path.join(latest, "run.json"), "utf8"))).toMatchObject({
      id: document.run,
      status: "ok",
      nodes: document.nodes.map(({ id, artifact }: any) => ({ id, artifact }))
    })
  })
})

describe("show", () => {
  it("has the rows of one scene", async () => {
    const { document, code } = await rig.json("show", "@1:masks/vit", "00003")
    expect(code).toBe(0)
    expect(document).toMatchObject({ node: "masks/vit", item: "00003", failed: null })
    expect(document.rows).toHaveLength(document.total)
    for (const row of document.rows)
      expect(row).toMatchObject({
        scene: "00003",
        selection: "aligned",
        object: expect.any(Number),
        category: expect.any(String),
        patch: expect.any(Number),
        coverage: expect.any(Number)
      })
  })
  it("has an artifact's columns and statistics, by node or by digest", async () => {
    const byNode = await rig.json("show", "latest:masks/vit")
    expect(byNode.document).toMatchObject({
      items: 40,
      form: "rows per item",
      label: "scene",
      incomplete: false
    })
    expect(byNode.document.columns.find(({ column }: any) => column === "coverage")).toMatchObject({
      type: "float64",
      nulls: 0
    })
    const byDigest = await rig.json("show", byNode.document.artifact.slice(0, 12))
    expect(byDigest.document.columns).toEqual(byNode.document.columns)
  })
  it("refuses an item that is not there, with the nearest", async () => {
    const { code, stderr } = await rig.cli("show", "latest:masks/vit", "0003")
    expect(code).toBe(2)
    expect(stderr).toContain('did you mean "00003"?')
  })
})

describe("export", () => {
  it.each([
    ["latest:measures", [], "out/measures.parquet", "PAR1"],
    ["latest:measures", [], "out/measures.csv", "encoder,"],
    ["latest:activations/vit", ["--tap", "embed"], "out/embed.arrow", "ARROW1"],
    ["latest:activations/vit", ["--tap", "embed"], "out/embed.npy", "\x93NUMPY"],
    ["latest:measures", ["--column", "chance", "--format", "npy"], "out/chance", "\x93NUMPY"]
  ])("%s %j → %s", async (ref, options, to, magic) => {
    const { code, document, stderr } = await rig.json("export", ref, ...options, "-o", to)
    expect(code, stderr).toBe(0)
    const content = fs.readFileSync(rig.at(to))
    expect(content.subarray(0, magic.length).toString("latin1")).toBe(magic)
    expect(document).toMatchObject({ path: to, rows: expect.any(Number), bytes: content.length })
  })
  it("does what the examples of its help say", async () => {
    for (const [words] of exportCommand.examples) {
      const { code, stderr } = await rig.cli(...words.split(" "))
      expect(code, stderr).toBe(0)
    }
  })
  it("leaves a file alone that is there, unless it may overwrite it", async () => {
    const file = rig.write("mine.csv", "mine")
    const refused = await rig.cli("export", "latest:measures", "-o", "mine.csv")
    expect([refused.code, fs.readFileSync(file, "utf8")]).toEqual([2, "mine"])
    expect(refused.stderr).toContain("--overwrite")
    const done = await rig.cli("export", "latest:measures", "-o", "mine.csv", "--overwrite")
    expect(done.code).toBe(0)
    expect(fs.readFileSync(file, "utf8")).toMatch(/^encoder,/)
  })
  it("asks which tap, and names them", async () => {
    const { code, stderr } = await rig.cli("export", "latest:activations/vit", "-o", "x.npy")
    expect(code).toBe(2)
    expect(stderr).toContain("block.0.resid_post")
  })
})

describe("dag", () => {
  it("draws the graph without running it", async () => {
    const { document } = await rig.json("dag", quickstart[0]!, "--store", "elsewhere")
    expect(document.nodes.map(({ id }: any) => id).sort()).toEqual([...nodes].sort())
    const mermaid = await rig.cli("dag", quickstart[0]!, "--format", "mermaid")
    expect(mermaid.stdout).toMatch(/^flowchart /)
    expect(fs.existsSync(rig.at("elsewhere/runs"))).toBe(false)
  })
})

describe("a document", () => {
  it("has null where a value is absent", () => {
    for (const node of first.document.nodes) {
      expect(node.error).toEqual(stringOrNull(node.error))
      expect(node.seconds).toEqual(numberOrNull(node.seconds))
      expect(Object.values(node)).not.toContain(undefined)
    }
  })
})
