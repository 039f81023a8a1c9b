/** Where a stage threw, in the user's own source; one line for one cause; what stages print. */
import * as fs from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Ended, makeRig } from "./cli.ts"
import { expectNoTrace, expectRefusal, nodeOf } from "./look.ts"

const rig = makeRig()
afterAll(() => rig.remove())

// types and blank lines go when the file is bundled: lines and columns are those of the file only by its source map
const stages = `import { column, defineStage, each, failed, one, param, StageError, table, whole } from "probeline"
import { heightOf, type Scene } from "../helper.ts"

interface Measured { readonly h: number }
const spec = { inputs: { scenes: each({ height: column.int32() }) }, output: one({ h: column.int32() }) }
export const here = defineStage.itemwise("here", {
  ...spec,
  compute: async (items): Promise<ReadonlyArray<Measured>> => {
    console.log("here has", { items: items.length })
    await new Promise((resolve) => setImmediate(resolve))
    process.stdout.write("half a line\\n\\u001b[31mred")
    return items.map(({ id, scenes }) => ({ h: heightOf({ id, height: scenes.height }) }))
  }
})
export const apart = defineStage.itemwise("apart", {
  ...spec,
  isolate: true,
  compute: (items) => {
    console.error("apart has %d", items.length)
    return items.map(({ id, scenes }) => (id === "00005" ? failed("blurred") : { h: heightOf({ id, height: scenes.height }) }))
  }
})
export const unopened = defineStage.itemwise("unopened", {
  ...spec,
  isolate: true,
  open: (): number => { throw new StageError("no such device", { field: "gpu", hint: "plug it in" }) },
  compute: (items) => items.map(() => ({ h: 1 }))
})
const all = { inputs: { scenes: whole({ height: column.int32() }) }, output: table({ h: column.int32() }) }
export const unknown = defineStage.whole("unknown", {
  ...all,
  params: { model: param.text() },
  identity: ({ model }) => { throw new Error(\`no model "\${model}"\`) },
  compute: async () => []
})
export const summed = defineStage.whole("summed", {
  ...all,
  compute: async () => [{ h: 1 }],
  summary: (rows) => { throw new RangeError(\`\${rows.length} row\`) }
})
export const lossy = defineStage.whole("lossy", {
  ...all,
  compute: async () => [{ h: 1 }],
  losses: async function* () { console.log("counting"); throw new Error("uncounted") }
})
`
const helper = `export interface Scene {
  readonly id: string
  readonly height: number
}

export function heightOf({ id, height }: Scene): number {
  if (id < "00004") throw new TypeError(\`no height of \${id}\`)
  return height
}
`
const pipeline = (nodes: string) => `import { definePipeline } from "probeline"
import { sampleScenes, synthetic } from "probeline/stages"
import * as mine from "./stages/mine.ts"
export default definePipeline("places", { params: {}, graph: () => {
  const scenes = sampleScenes("scenes", { source: synthetic({ count: 6, seed: 1 }) })
  return { ${nodes} }
} })
`
/** Where a text stands in a file, as a message names it. */
const placeOf = (name: string, text: string) => {
  const before = fs.readFileSync(rig.at(name), "utf8").split(text)[0]!.split("\n")
  return { line: before.length, column: before.at(-1)!.length + 1 }
}
const at = (name: string, text: string) => {
  const { line, column } = placeOf(name, text)
  return `${name}:${line}:${column}`
}
const logOf = () =>
  fs
    .readFileSync(rig.at("artifacts/runs/latest/log.ndjson"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

beforeAll(() => {
  fs.mkdirSync(rig.at("stages"))
  rig.write("stages/mine.ts", stages)
  rig.write("helper.ts", helper)
})

describe("stages that throw, in this process and in workers", () => {
  let ended: Ended
  const thrown = () => at("helper.ts", "new TypeError")
  beforeAll(async () => {
    const nodes = ["here", "apart", "unopened"].map(
      (name) => `${name}: mine.${name}("my/${name}", { scenes })`
    )
    rig.write(
      "places.ts",
      pipeline([...nodes, 'unknown: mine.unknown("unknown", { scenes, model: "x" })'].join(", "))
    )
    ended = await rig.cli("run", "places.ts", "-k", "--debug")
  }, 60_000)

  it("name file, line and column, each cause once, with what to do", () => {
    expect(ended.code).toBe(1)
    for (const name of ["here", "apart"])
      expect(ended.stdout).toMatch(
        new RegExp(
          `^ +4 items +my/${name} +${name} +no height of <item> \\(at ${thrown()}\\)\n +e\\.g\\. 00000, 00001, 00002$`,
          "m"
        )
      )
    expect(ended.stdout).toMatch(/^ +00005 +my\/apart +apart +blurred$/m)
    expect(ended.stdout).toContain(`gpu: no such device (at ${at("stages/mine.ts", "new StageError")})`)
    expect(ended.stdout).toContain("hint: plug it in")
    expect(ended.stdout).toContain(`no model "x" (at ${at("stages/mine.ts", "new Error(`no model")})`)
  })
  it("show, under --debug, the stack in the user's files, once a cause, and none of the engine's", () => {
    const stack = [
      "  TypeError: no height of 00000",
      `      at heightOf (${rig.at(thrown())})`,
      `      at ${rig.at(at("stages/mine.ts", "heightOf({ id, height: scenes.height }) }))\n  }\n})\nexport const apart"))}`
    ]
    expect(ended.stderr).toContain(stack.join("\n"))
    expect(ended.stderr.match(/TypeError: no height/g)).toHaveLength(2)
    for (const text of ["new StageError", "new Error(`no model"])
      expect(ended.stderr).toContain(`(${rig.at(at("stages/mine.ts", text))})`)
    expect(ended.stderr).not.toMatch(/dist\/|[0-9a-f]{32}\.mjs/)
  })
  it("print to stderr, each line marked with its node", () => {
    for (const line of [
      /^\[my\/here\] here has \{ items: \d \}$/m,
      /^\[my\/here\] half a line$/m,
      /^\[my\/here\] red(?:here has|$)/m,
      /^\[my\/apart\] apart has \d$/m
    ])
      expect(ended.stderr).toMatch(line)
    expect(ended.stdout).not.toMatch(/here has|apart has/)
  })
  it("leave all of that in the run's log: every item, its place and its stack", () => {
    const log = logOf()
    const failures = log.filter(({ event, node }) => event === "item-failed" && node === "my/here")
    expect(failures).toHaveLength(4)
    expect(failures[0]).toMatchObject({
      item: "00000",
      file: rig.at("helper.ts"),
      ...placeOf("helper.ts", "new TypeError"),
      stack: expect.stringContaining("at heightOf")
    })
    expect(log.find(({ event, node }) => event === "node-failed" && node === "my/unopened")).toMatchObject({
      file: rig.at("stages/mine.ts"),
      ...placeOf("stages/mine.ts", "new StageError"),
      stack: expect.stringContaining("StageError: no such device")
    })
    const said = log.filter(({ event }) => event === "node-output")
    expect(said).toContainEqual(expect.objectContaining({ node: "my/here", message: "half a line" }))
    expect(said.some(({ node, message }) => node === "my/apart" && message.startsWith("apart has"))).toBe(
      true
    )
  })
  it("keep the place with the failure, and --json lists every item", async () => {
    const run = await rig.json("run", "places.ts", "-k")
    expect(nodeOf(run.document, "my/here").failures).toEqual(
      ["00000", "00001", "00002", "00003"].map((item) => ({
        item,
        error: `no height of ${item} (at ${thrown()})`
      }))
    )
    expectNoTrace(run)
    const { stdout } = await rig.cli("show", "@1:my/here")
    expect(stdout).toContain(`4 items failed: no height of <item> (at ${thrown()}), e.g. 00000, 00001, 00002`)
  })
})

describe("hooks that throw", () => {
  it("losses: name their place, in the fields of the error too, and print with their node", async () => {
    rig.write("lossy.ts", pipeline('out: mine.lossy("out", { scenes })'))
    const ended = await rig.json("run", "lossy.ts")
    const text = 'new Error("uncounted'
    const says = [`uncounted (at ${at("stages/mine.ts", text)})`]
    expectRefusal(ended, { code: 1, tag: "OutputInvalid", says })
    const place = { file: rig.at("stages/mine.ts"), ...placeOf("stages/mine.ts", text) }
    expect(ended.document.error).toMatchObject(place)
    expect(ended.stderr).toContain("[out] counting\n")
  })
  it("a summary: names its place, and its stack under --debug", async () => {
    rig.write("summed.ts", pipeline('out: mine.summed("out", { scenes })'))
    const { code, stderr } = await rig.cli("run", "summed.ts", "--debug")
    const place = at("stages/mine.ts", "new RangeError")
    expect(code).toBe(1)
    expect(stderr).toContain(`1 row (at ${place})`)
    expect(stderr).toContain("  RangeError: 1 row\n")
    expect(stderr).toContain(`(${rig.at(place)})`)
    expect(stderr).not.toMatch(/dist\/|[0-9a-f]{32}\.mjs/)
  })
})
