/** `diff`: two runs, two nodes, two artifacts; inputs, verdicts, exit codes, and everything that a user may get wrong. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { diffCommand } from "../../src/cli/diff.ts"
import { diffMarkdown } from "../../src/cli/diff-markdown.ts"
import { diffText } from "../../src/cli/diff-text.ts"
import { exitCodeOf, failureJson, failureText } from "../../src/cli/failure.ts"
import { memoryOutput } from "../../src/cli/output.ts"
import { noPaint } from "../../src/support/colour.ts"
import { valuesOf } from "../src/cli/command-lines.ts"
import { fixtures, makeRig, type Rig } from "./cli.ts"
import { executed, expectRefusal, nodeOf, runsOf } from "./look.ts"

const source = fs.readFileSync(path.join(fixtures, "compared.ts"), "utf8")
const wordsA = "w0 sun\nw1 moon\nw2 star\n"
/** Two more, one gone, one changed. */
const wordsB = "w0 sun\nw2 planets\nw3 sea\nw4 hill\n"

let rig: Rig
const file = "compared.ts"
const run = async (...argv: ReadonlyArray<string>): Promise<string> => {
  const { document, stderr } = await rig.json("run", file, ...argv)
  expect(document.status, stderr).toBe("ok")
  return document.run
}
/** The record of the last run with a name. */
function recordOf(name: string): any {
  const runs = rig.at("artifacts/runs")
  const of = (id: string, file: string) => path.join(runs, id, file)
  const id = fs
    .readdirSync(runs)
    .toSorted()
    .findLast((one) => {
      if (one === "latest" || !fs.existsSync(of(one, "labels.json"))) return false
      return JSON.parse(fs.readFileSync(of(one, "labels.json"), "utf8")).name === name
    })
  return JSON.parse(fs.readFileSync(of(id!, "run.json"), "utf8"))
}
/** Of `name:node`. */
const artifactOf = (reference: string): string => {
  const [name = "", node = ""] = reference.split(":")
  return nodeOf(recordOf(name), node).artifact
}

/** In this process, which saves half a second each time; what the binary adds is tested with `rig.cli`. */
async function diff(...words: ReadonlyArray<string>) {
  const output = memoryOutput(Infinity)
  let [code, failure] = [0, ""]
  try {
    const { args, globals } = valuesOf([diffCommand], ["diff", ...words, "--json"])
    const program = diffCommand.run(args, {
      output,
      json: globals.json,
      debug: false,
      store: rig.at(globals.store ?? "artifacts"),
      version: "test",
      worker: new URL("file:///worker.js"),
      now: () => new Date()
    })
    code = await Effect.runPromise(program)
  } catch (error) {
    code = exitCodeOf(error)
    failure = failureText(error)
    output.out(JSON.stringify(failureJson(error)))
  }
  const [stdout, stderr] = [
    output.stdout(),
    [output.stderr(), failure].filter((text) => text !== "").join("\n")
  ]
  return { code, signal: null, stdout, stderr, document: JSON.parse(stdout) as any }
}

/** One store with a handful of runs; a test that adds runs refers to those of others by name. */
beforeAll(async () => {
  rig = makeRig()
  rig.write(file, source)
  rig.write("words.txt", wordsA)
  await run("--name", "base")
  await run("--name", "slightly", "-S", "by=1.01")
  await run("--name", "somewhat", "-S", "by=1.3")
  await run("--name", "tenfold", "-S", "by=10")
  rig.write("words.txt", wordsB)
  await run("--name", "others")
  rig.write("words.txt", wordsA)
  await run("--name", "limited", "-S", "limit=2")
})
afterAll(() => rig.remove())

describe("two runs", () => {
  it("differ by a pipeline's parameter, which is told once, with its nodes and what follows", async () => {
    const { code, document } = await diff("base", "tenfold")
    expect(code).toBe(0)
    expect(document).toMatchObject({
      a: { kind: "run", name: "base", status: "ok", remarks: [] },
      b: { kind: "run", name: "tenfold", params: { by: 10 } },
      verdict: "different",
      only: { a: [], b: [] },
      notes: []
    })
    expect(document.inputs.map(({ cue, path: at, before, after }: any) => [cue, at, before, after])).toEqual([
      ["pipeline", "by", 1, 10],
      ["parameter", "params.by", 2, 20]
    ])
    expect(document.inputs[0]).toMatchObject({
      sentence: "parameter by: 1 → 10",
      nodes: ["scaled/once"],
      as: ["by of scaled/once"],
      follows: 1,
      effect: true
    })
    expect(
      document.nodes.map(({ id, verdict, by, output, direct }: any) => [id, verdict, by, output, direct])
    ).toEqual([
      ["words", "same", "digest", false, false],
      ["scaled/once", "different", "values", false, true],
      ["scaled/twice", "different", "values", false, true],
      ["means", "different", "stage", true, false]
    ])
  })
  it("are judged by what the output's stage says, with its lines and tables", async () => {
    const { document } = await diff("base", "tenfold")
    expect(document.why).toMatch(/^means differs: a mean moved by 66/)
    const { comparison, values } = nodeOf(document, "means")
    expect(comparison).toMatchObject({
      verdict: "different",
      lines: [expect.any(String), "of 6 and 6 values"]
    })
    expect(comparison.tables.means.rows).toHaveLength(2)
    expect(values).toBeNull()
  })
  it("of the same values are the same, and read nothing", async () => {
    await run("--name", "again")
    const { document } = await diff("base", "again")
    expect(document).toMatchObject({ verdict: "same", why: "all 4 nodes have the same values", inputs: [] })
    expect(document.nodes.every(({ by, verdict }: any) => by === "digest" && verdict === "same")).toBe(true)
  })
  it("differ by the files of a source: items are counted and named", async () => {
    const { document } = await diff("base", "others")
    expect(document.inputs.map(({ cue }: any) => cue)).toEqual(["read", "items"])
    const [read, items] = document.inputs
    expect(read).toMatchObject({ path: "words.txt", nodes: ["words"], follows: 3, effect: true })
    expect(items.items).toEqual({
      kind: "word",
      added: { count: 2, examples: ["w3", "w4"] },
      removed: { count: 1, examples: ["w1"] },
      changed: { count: 1, examples: ["w2"] },
      columns: { text: 1, length: 1 }
    })
    expect(items.sentence).toBe(
      "words: 2 words added (w3, w4), 1 removed (w1), 1 changed (w2): text in 1, length in 1"
    )
  })
  it("compare every node's values if asked to", async () => {
    const { document } = await diff("base", "others", "--values")
    expect(document.nodes.map(({ id, values }: any) => [id, values?.verdict])).toEqual([
      ["words", "different"],
      ["scaled/once", "different"],
      ["scaled/twice", "different"],
      ["means", "different"]
    ])
  })
  it("of a renamed node compare what they have in common, and count the rest", async () => {
    rig.write(file, source.replace('scaled("scaled/twice"', 'scaled("scaled/double"'))
    await run("--name", "renamed")
    rig.write(file, source)
    const { document } = await diff("base", "renamed")
    expect(document.only).toEqual({ a: ["scaled/twice"], b: ["scaled/double"] })
    expect(document.nodes.map(({ id }: any) => id)).toEqual(["words", "scaled/once", "means"])
    expect(document.verdict).toBe("same")
  })
  it("name other code by its module, and say which change had no effect", async () => {
    rig.write("factor.ts", "export const factor = (n: number) => n\n")
    const with_ = source.replace("length * by", "factor(length) * by")
    rig.write(file, `import { factor } from "./factor.ts"\n${with_}`)
    await run("--name", "coded")
    rig.write("factor.ts", "export const factor = (n: number) => n + 1\n")
    await run("--name", "recoded")
    rig.write(file, source)
    const changed = await diff("coded", "recoded")
    expect(changed.document.inputs).toEqual([
      expect.objectContaining({ cue: "code", path: "factor.ts", follows: 1, effect: true })
    ])
    expect(changed.document.inputs[0].nodes).toEqual(["scaled/once", "scaled/twice"])
    const idle = await diff("base", "coded")
    expect(idle.document.verdict).toBe("same")
    expect(idle.document.inputs.map(({ cue, effect }: any) => [cue, effect])).toContainEqual(["code", false])
  })
  it("with the same inputs and other outputs are told to be so", async () => {
    await run("--name", "noise", "-S", "noisy=true")
    await run("--name", "more-noise", "-S", "noisy=true", "-f", "scaled/twice")
    const { document } = await diff("noise", "more-noise")
    expect(document.inputs).toEqual([
      expect.objectContaining({
        cue: "same-inputs",
        path: "scaled/twice",
        sentence: "same inputs, different outputs: scaled/twice",
        follows: 1
      })
    ])
  })
})

describe("what is compared by default", () => {
  it("is the last complete run against the one before it: never a partial run or one of a few nodes", async () => {
    const tenfold = await run("-S", "by=10")
    const before = await run("-S", "by=11")
    await run("-S", "limit=1")
    await run("words", "-S", "by=12")
    const two = await diff()
    expect([two.document.a.run, two.document.b.run]).toEqual([tenfold, before])
    const one = await diff("limited")
    expect(one.document.a.run).toBe((await runsOf(rig)).find(({ name }) => name === "others").run)
    const node = await diff(`${before}:means`)
    expect(node.document).toMatchObject({
      a: { run: tenfold, node: "means" },
      b: { run: before, node: "means" }
    })
  })
  it("may be a partial run if it is named, and the output says so", async () => {
    const { document } = await diff("limited", "base")
    expect(document.a.remarks).toEqual(["it is partial: 2 of 3 words"])
    expect((await rig.cli("diff", "limited", "base")).stdout).toContain("it is partial: 2 of 3 words")
  })
})

describe("a killed run", () => {
  let killed: string
  beforeAll(async () => {
    const started = rig.start("run", file, "-S", "hang=true", "-S", "by=3")
    await started.seen(/hanging/)
    started.child.kill("SIGKILL")
    await started.ended
    killed = (await runsOf(rig))[0].run
  })
  it.each([
    ["the later", () => ["base", killed], "b"],
    ["the earlier", () => [killed, "base"], "a"]
  ] as const)("is compared as far as it went: %s", async (_, words, side) => {
    const { code, document } = await diff(...words(), "--exit-code")
    expect(document[side].remarks).toEqual([
      expect.stringMatching(/^it was interrupted \(killed.*compared as far as it went: 3 of 4 nodes$/)
    ])
    expect(document.verdict).toBe("different")
    expect(document.why).toContain("no output was made on both sides")
    expect(code).toBe(1)
    expect(nodeOf(document, "means")).toMatchObject({
      verdict: null,
      note: expect.stringContaining(`${side} has no artifact: it was not made`)
    })
    expect(document.inputs.map(({ cue }: any) => cue)).not.toContain("unknown")
  })
  it("is inconclusive where all that it made is the same, also against itself", async () => {
    const { code, document } = await diff(killed, killed, "--exit-code")
    expect(document.verdict).toBe("inconclusive")
    expect(code).toBe(6)
  })
  it("is no baseline", async () => {
    const last = await run("-S", "by=4")
    expect((await diff(last)).document.a.run).not.toBe(killed)
  })
})

describe("exit codes", () => {
  it.each([
    ["slightly", "same", 0],
    ["tenfold", "different", 1],
    ["somewhat", "inconclusive", 6]
  ])("%s: %s, %i with --exit-code, else 0", async (name, verdict, code) => {
    const asked = await diff("base", name, "--exit-code")
    expect([asked.document.verdict, asked.code]).toEqual([verdict, code])
    expect((await diff("base", name)).code).toBe(0)
  })
})

describe("thresholds and tolerances", () => {
  const verdictOf = async (...argv: ReadonlyArray<string>) => (await diff(...argv)).document.verdict
  it("come from flags", async () => {
    expect(await verdictOf("base", "somewhat", "--threshold", "margin=3")).toBe("same")
    expect(await verdictOf("base", "somewhat", "--threshold", "clear=1")).toBe("different")
  })
  it("come from the pipeline file, where flags override them, and make nothing stale", async () => {
    const settings = source.replace(
      'definePipeline("compared", {',
      'definePipeline("compared", {\n  diff: { thresholds: { margin: 3 }, tolerance: 0.25 },'
    )
    rig.write(file, settings)
    const { document } = await rig.json("run", file)
    expect(executed(document)).toEqual([])
    const set = await diff("base", "somewhat")
    expect(set.document).toMatchObject({
      verdict: "same",
      settings: { thresholds: { margin: 3 }, tolerance: { "*": 0.25 } }
    })
    expect(await verdictOf("base", "somewhat", "--threshold", "margin=0")).toBe("inconclusive")
    const flags = ["--tolerance", "value=1", "--tolerance", "2"]
    expect((await diff("base", "somewhat", ...flags)).document.settings.tolerance).toEqual({
      "*": 2,
      value: 1
    })
    rig.write(file, settings.replace("margin: 3", "margni: 3"))
    expectRefusal(await diff("base", "somewhat"), {
      code: 2,
      tag: "PipelineInvalid",
      says: ['no threshold "margni"', 'did you mean "margin"']
    })
    rig.write(file, settings.replace("margin: 3", 'margin: "3" as never'))
    expectRefusal(await diff("base", "somewhat"), {
      code: 2,
      tag: "PipelineInvalid",
      says: ["diff.thresholds.margin"]
    })
    rig.write(file, source)
  })
  it.each([
    [
      ["--threshold", "margni=1"],
      ['no threshold "margni"', 'did you mean "margin"']
    ],
    [["--threshold", "margin"], ["expected NAME=VALUE"]],
    [["--threshold", "margin=much"], ["with a number"]],
    [
      ["--tolerance", "valeu=1"],
      ['no column "valeu"', 'did you mean "value"']
    ],
    [["--tolerance", "some"], ["expected COLUMN=VALUE"]],
    [["--tolerance=-1"], ["0 or more"]],
    [["--md"], ["--md and --json exclude each other"]]
  ])("refuses %j", async (flags, says) => {
    expectRefusal(await diff("base", "somewhat", ...flags), { code: 2, tag: "Usage", says })
  })
})

describe("two artifacts", () => {
  it("of one run are paired up to what they share", async () => {
    const { document } = await diff("base:scaled/once", "base:scaled/twice")
    expect(document.nodes).toHaveLength(1)
    expect(document.nodes[0]).toMatchObject({
      id: "scaled/once → scaled/twice",
      verdict: "different",
      by: "values",
      a: { node: "scaled/once" },
      b: { node: "scaled/twice" }
    })
    expect(document.inputs.map(({ path: at, before, after }: any) => [at, before, after])).toEqual([
      ["params.by", 1, 2]
    ])
  })
  it("of two runs name the inputs above them", async () => {
    const { document } = await diff("base:means", "others:means")
    expect(document.inputs.map(({ cue, nodes, follows }: any) => [cue, nodes, follows])).toEqual([
      ["read", ["words"], 3],
      ["items", ["words"], 0]
    ])
    expect(nodeOf(document, "means")).toMatchObject({ comparison: { verdict: "inconclusive" }, by: "stage" })
    expect(nodeOf(document, "means").values).not.toBeNull()
  })
  it("are found by digest and by manifest, with the run that has them", async () => {
    const [artifact, other] = [artifactOf("base:means"), artifactOf("others:means")]
    const manifest = path.join(rig.at("artifacts"), "manifests", other.slice(0, 2), `${other}.json`)
    const found = await diff(artifact.slice(0, 12), manifest)
    expect(found.document).toMatchObject({
      a: { node: "means" },
      b: { node: "means" },
      verdict: "inconclusive"
    })
  })
})

describe("a pipeline file that changed since", () => {
  afterAll(() => void rig.write(file, source))
  it("and no longer loads leaves the values to compare, and says so", async () => {
    rig.write(file, source.replace("by: param.number({ default: 1 })", "times: param.number({ default: 1 })"))
    const { code, document } = await diff("base", "tenfold")
    expect(code).toBe(0)
    expect(document.notes).toEqual([expect.stringMatching(/no longer gives the pipeline of the run: .*"by"/)])
    expect(nodeOf(document, "means")).toMatchObject({ verdict: "different", by: "values", comparison: null })
    fs.rmSync(rig.at(file))
    expect((await diff("base", "tenfold")).document.notes).toHaveLength(1)
  })
  it("and no longer has the node leaves its values to compare, and says so", async () => {
    rig.write(file, source.replace('means("means"', 'means("averages"'))
    const { document } = await diff("base", "tenfold")
    expect(nodeOf(document, "means")).toMatchObject({
      by: "values",
      note: expect.stringContaining("no longer has the node means")
    })
  })
  it("and reads a column that a run does not have is told, column by column", async () => {
    rig.write(file, source.replaceAll("mean: column.float64()", "mean: column.int32()"))
    const { document } = await diff("base", "tenfold")
    expect(nodeOf(document, "means")).toMatchObject({
      by: "values",
      note: expect.stringContaining('means of a has another type of column "mean"')
    })
  })
})

describe("a fault of a stage's compare", () => {
  beforeAll(async () => {
    for (const fault of ["throw", "garbage", "refuse"])
      await run("--name", fault, "-S", `fault=${fault}`, "-S", "by=10")
  })
  it.each([
    ["throw", "a fault of compare"],
    ["garbage", "`verdict` must be same, different"]
  ])("(%s) is an error with exit code 1, beside all else", async (fault, says) => {
    const { code, stderr, document } = await diff("base", fault)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: stage "means" cannot compare "means"/)
    expect(stderr).toContain(says)
    expect(nodeOf(document, "means")).toMatchObject({ by: "values", note: expect.stringContaining(says) })
  })
  it("is none where the stage refuses: the values are compared", async () => {
    const { code, document } = await diff("base", "refuse")
    expect(code).toBe(0)
    expect(nodeOf(document, "means").note).toBe(
      "means cannot compare them: these means have nothing in common"
    )
  })
})

describe("output for people", () => {
  const documents = async () =>
    Promise.all(
      [
        ["base", "tenfold"],
        ["base", "others"],
        ["base:means", "others:means"],
        ["limited", "base"]
      ].map(async (words) => (await diff(...words)).document)
    )
  it("fits 80 columns and one screen, the verdict first", async () => {
    for (const document of await documents()) {
      const lines = diffText(document, noPaint, 80).split("\n")
      expect(lines[0]).toMatch(new RegExp(`^${document.verdict}: `))
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
      expect(lines.length).toBeLessThanOrEqual(40)
    }
  })
  it("is what the command prints, without colours where no terminal is", async () => {
    const { stdout } = await rig.cli("diff", "base", "tenfold")
    const { document } = await diff("base", "tenfold")
    expect(stdout).toBe(`${diffText(document, noPaint, Infinity)}\n`)
    expect(stdout).toContain("  parameter by: 1 → 10 (by of scaled/once; 1 node follows)")
    expect(stdout).toMatch(/^ {2}means +different, by its stage, output\n {4}a mean moved by 66/m)
    expect(stdout).toContain("  1 node with the same values: words")
  })
  it("is Markdown with --md: headings, a table that data cannot break, and details", async () => {
    const { stdout } = await rig.cli("diff", "base", "tenfold", "--md")
    const { document } = await diff("base", "tenfold")
    expect(stdout).toBe(`${diffMarkdown(document)}\n`)
    expect(stdout).toMatch(/^## Diff: different\n\nmeans differs: a mean moved/)
    expect(stdout).toContain("\n| `means` (output) | different | a mean moved")
    expect(stdout).toContain("<details><summary>means: means (2 rows)</summary>")
    const odd = diffMarkdown({ ...document, why: "a | b <img> *c*\n# d" })
    expect(odd).toContain("a \\| b &lt;img\\> \\*c\\* ⏎ \\# d")
  })
})

describe("bad input", () => {
  const noted = () =>
    (fs.readdirSync(rig.at("artifacts"), { recursive: true }) as Array<string>)
      .filter((name) => !name.startsWith(path.join("cache", "pipelines")))
      .toSorted()
  let before: ReadonlyArray<string>
  beforeAll(async () => {
    rig.write(
      "other.ts",
      source
        .replace('"compared"', '"other"')
        .replaceAll("scaled/", "times/")
        .replace('words("words"', 'words("lines"')
        .replace('means("means"', 'means("all"')
    )
    await rig.cli("run", "other.ts")
    before = noted()
  })
  it.each([
    [["bsae"], 'did you mean "base"', "RunNotFound"],
    [["base", "@99"], "no such run: @99", "RunNotFound"],
    [["base:maens", "base:means"], 'did you mean "means"', "NodeNotFound"],
    [["base", "base:means"], "base is a run, and base:means is an artifact", "Usage"],
    [["base:words", "base:means"], "a has rows of words, and b is a table", "Usage"],
    [["base:words", "base:scaled/once"], "they have no column in common", "Usage"],
    [["base", "@1"], 'one is a run of "compared", the other of "other"', "Usage"],
    [["@1"], '"other" has no complete run before', "RunNotFound"],
    [["base", "tenfold", "others"], "unexpected argument: others", "Usage"]
  ])("%j is refused", async (words, says, tag) => {
    expectRefusal(await diff(...words), { code: 2, tag, says: [says] })
  })
  it("writes nothing, nor does a diff", async () => {
    await diff("base", "others", "--values")
    expect(noted()).toEqual(before)
  })
  it("of an empty store", async () => {
    expectRefusal(await diff("--store", "nowhere"), { code: 2, tag: "RunNotFound", says: ["has no runs"] })
    expect(fs.existsSync(rig.at("nowhere"))).toBe(false)
  })

  /** A copy of the store, damaged. */
  const damaged = async (name: string, damage: (root: string) => void | Promise<void>) => {
    fs.cpSync(rig.at("artifacts"), rig.at(name), { recursive: true, verbatimSymlinks: true })
    await damage(rig.at(name))
    return ["--store", name]
  }
  const objectOf = async (root: string, reference: string) => {
    const artifact = artifactOf(reference)
    const manifest = JSON.parse(
      fs.readFileSync(path.join(root, "manifests", artifact.slice(0, 2), `${artifact}.json`), "utf8")
    )
    const { sha256, extension } = manifest.shards[0].table
    return {
      manifest: path.join(root, "manifests", artifact.slice(0, 2), `${artifact}.json`),
      object: path.join(root, "objects", sha256.slice(0, 2), `${sha256}.${extension}`)
    }
  }
  it.each([
    ["changed", (file: string) => fs.writeFileSync(file, fs.readFileSync(file).fill(0x21, 20, 24))],
    ["cut off", (file: string) => fs.truncateSync(file, 10)]
  ])("an object that was %s ends with exit code 5 and its name", async (how, damage) => {
    let object = ""
    const store = await damaged(`damaged ${how}`, async (root) => {
      object = (await objectOf(root, "tenfold:means")).object
      fs.chmodSync(object, 0o644)
      damage(object)
    })
    for (const words of [
      ["base", "tenfold"],
      ["base:means", "tenfold:means"]
    ]) {
      const { code, stderr, document } = await diff(...words, ...store)
      expect(code, stderr).toBe(5)
      expect(document.error.tag).toBe("StoreCorrupt")
      expect(document.error.file).toBe(object)
    }
  })
  it("files of another version of Probeline are refused by name", async () => {
    let record = ""
    const runStore = await damaged("newer-run", async (root) => {
      const { id } = recordOf("tenfold")
      record = path.join(root, "runs", id, "run.json")
      const { check: _, ...rest } = JSON.parse(fs.readFileSync(record, "utf8"))
      fs.writeFileSync(record, JSON.stringify({ ...rest, format: 2 }))
    })
    expectRefusal(await diff("base", "tenfold", ...runStore), {
      code: 2,
      tag: "StoreNotUsable",
      says: ["has format 2", record]
    })
    let manifest = ""
    const artifactStore = await damaged("newer-artifact", async (root) => {
      manifest = (await objectOf(root, "tenfold:means")).manifest
      const { check: _, ...rest } = JSON.parse(fs.readFileSync(manifest, "utf8"))
      fs.writeFileSync(manifest, JSON.stringify({ ...rest, format: 2 }))
    })
    for (const words of [
      ["base", "tenfold"],
      ["base:means", "tenfold:means"]
    ])
      expectRefusal(await diff(...words, ...artifactStore), {
        code: 2,
        tag: "StoreNotUsable",
        says: ["has format 2", manifest]
      })
  })
  it("an artifact that is gone is compared by its digest, and the output says so", async () => {
    const store = await damaged("gone", async (root) =>
      fs.rmSync((await objectOf(root, "tenfold:means")).object)
    )
    const { code, document } = await diff("base", "tenfold", ...store)
    expect(code).toBe(0)
    expect(nodeOf(document, "means")).toMatchObject({
      verdict: "different",
      by: "digest",
      note: expect.stringContaining("is missing from the store")
    })
  })
})

describe("the end of a run", () => {
  const last = (stdout: string) => stdout.trim().split("\n").at(-1)
  it("says what changed since the last complete run of the pipeline", async () => {
    const own = makeRig()
    try {
      own.write(file, source)
      own.write("words.txt", wordsA)
      const first = await own.cli("run", file, "--name", "first")
      expect(last(first.stdout)).toMatch(/^compared: ok in/)
      const [{ run: id }] = await runsOf(own)
      expect(last((await own.cli("run", file)).stdout)).toBe(`unchanged since ${id} (first)`)
      const { stdout } = await own.cli("run", file, "-S", "by=2", "words", "means")
      expect(last(stdout)).toMatch(
        /^changed since \S+: by 1 → 2; 3 of 4 artifacts differ \(probeline diff @2 @1\)$/
      )
      const idle = await own.cli("run", file, "-S", "by=2", "-S", "fault=refuse")
      expect(last(idle.stdout)).toMatch(/^changed since \S+: fault {2}→ refuse; no artifact differs$/)
    } finally {
      own.remove()
    }
  })
})
