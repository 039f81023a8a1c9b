/** What is wrong before anything runs: exit code 2, one message, the place, and the way out. */
import * as fs from "node:fs"
import { afterAll, describe, expect, it } from "vitest"
import { makeRig } from "./cli.ts"
import { expectRefusal } from "./look.ts"

const rig = makeRig()
afterAll(() => rig.remove())

const imports = `import { column, definePipeline, defineStage, each, many, one, param, table } from "probeline"
import { sampleScenes, synthetic } from "probeline/stages"
`
const scenes = 'sampleScenes("scenes", { source: synthetic({ count: 3 }) })'
const pipeline = (graph: string, params = "{}") =>
  `${imports}export default definePipeline("mine", { params: ${params}, graph: (given) => { ${graph} } })\n`

async function refuses(source: string, ...argv: ReadonlyArray<string>) {
  const file = rig.write("mine.ts", source)
  return { file, ...(await rig.json("run", "mine.ts", ...argv)) }
}

describe("a pipeline file", () => {
  it("that throws is named with the line that throws", async () => {
    const ended = await refuses(`${imports}\nthrow new Error("no luck today")\n`)
    expectRefusal(ended, { code: 2, tag: "PipelineNotLoaded", says: ["no luck today", `${ended.file}:4`] })
    expect(ended.document.error).toMatchObject({ file: ended.file, line: 4 })
  })
  it("that does not compile is shown at the place", async () => {
    const ended = await refuses(`${imports}const = 3\n`)
    expectRefusal(ended, {
      code: 2,
      tag: "PipelineNotLoaded",
      says: ["Unexpected token", "3 | const = 3", `${ended.file}:3`]
    })
  })
  it("without a default export is told what one looks like", async () => {
    const ended = await refuses(`${imports}export const x = 3\n`)
    expectRefusal(ended, {
      code: 2,
      tag: "PipelineInvalid",
      says: ["mine.ts has no default export", "export default definePipeline("]
    })
  })
  it("that waits for ever is told so", async () => {
    const ended = await refuses(`${imports}await new Promise(() => {})\n`)
    expectRefusal(ended, { code: 1, tag: "StageFailed", says: ["never settles"] })
  })
  it("that is not there is refused, with the nearest name", async () => {
    rig.write("mine.ts", "")
    const ended = await rig.json("run", "mien.ts")
    expectRefusal(ended, {
      code: 2,
      tag: "PipelineNotFound",
      says: ["no such file: mien.ts", 'did you mean "mine.ts"?']
    })
  })
  it("whose import is not there is shown at the import", async () => {
    const ended = await refuses(`${imports}import { x } from "./helper.ts"\nexport default x\n`)
    expectRefusal(ended, { code: 2, tag: "PipelineNotLoaded", says: ['"./helper.ts"', `${ended.file}:3`] })
  })
  it("that misspells a shipped stage is told the nearest", async () => {
    const ended = await refuses(pipeline(`return { s: ${scenes} }`).replaceAll("sampleScenes", "sampleScene"))
    expectRefusal(ended, {
      code: 2,
      tag: "PipelineNotLoaded",
      says: ['no export "sampleScene"', 'did you mean "sampleScenes"?', `${ended.file}:2`]
    })
  })
})

describe("a graph", () => {
  it("that throws is named with the line that throws", async () => {
    const ended = await refuses(pipeline('\n throw new Error("lost the thread")'))
    expectRefusal(ended, { code: 2, tag: "PipelineInvalid", says: ["lost the thread (at mine.ts:4:"] })
  })
  it("with two nodes of one id names the id and the stages", async () => {
    const ended = await refuses(pipeline(`return { a: ${scenes}, b: ${scenes} }`))
    expectRefusal(ended, {
      code: 2,
      tag: "PipelineInvalid",
      says: [/two nodes .*"scenes"/, "sample-scenes", "another id"]
    })
  })
  it("that joins items of different nodes names the ports and the nodes", async () => {
    const other = scenes.replace('"scenes"', '"others"')
    const ended = await refuses(`${pipeline(`return { sum: sum("sum", { a: ${scenes}, b: ${other} }) }`)}
export const sum = defineStage.itemwise("sum", {
  inputs: { a: each({ height: column.int32() }), b: each({ height: column.int32() }) },
  output: one({ h: column.int32() }),
  compute: async (items) => items.map(({ a, b }) => ({ h: a.height + b.height }))
})`)
    expectRefusal(ended, {
      code: 2,
      tag: "PipelineInvalid",
      says: ['"sum"', "items from different nodes", '"a" from "scenes"', '"b" from "others"', "the same node"]
    })
  })
  it("with an empty fan-out names the port", async () => {
    const ended = await refuses(`${pipeline('return { sum: sum("sum", { parts: [] }) }')}
export const sum = defineStage.whole("sum", {
  inputs: { parts: many({ h: column.int32() }) },
  output: table({ h: column.int32() }),
  compute: async () => [{ h: 1 }]
})`)
    expectRefusal(ended, {
      code: 2,
      tag: "PipelineInvalid",
      says: ['"parts"', "empty", "at least one node"]
    })
    expect(ended.document.error.field).toBe("sum.parts")
  })
  it("with a stage that is not exported says why that matters, and where it is", async () => {
    const ended = await refuses(`${pipeline(`return { x: hidden("x", { s: ${scenes} }) }`)}
const hidden = defineStage.itemwise("hidden", {
  inputs: { s: each({ height: column.int32() }) },
  output: one({ h: column.int32() }),
  compute: async (items) => items.map(({ s }) => ({ h: s.height }))
})`)
    expectRefusal(ended, {
      code: 2,
      tag: "PipelineInvalid",
      says: ['"hidden" is not exported', "export it", `${ended.file}:5`]
    })
  })
})

describe("a parameter", () => {
  const params = `{
    count: param.int({ default: 3, min: 2, doc: "how many" }),
    colour: param.choice(["red", "green"], { default: "red" }),
    pictures: param.folder({ doc: "where they lie" })
  }`
  const source = pipeline(`return { scenes: ${scenes} }`, params)
  it.each([
    ["that there is not", ["-S", "cuont=3"], ['"cuont"', 'did you mean "count"?']],
    ["of another type", ["-S", "count=many", "-S", "pictures=."], ["count", '"many"', "how many"]],
    ["out of its bounds", ["-S", "count=1", "-S", "pictures=."], ["count", "1 is outside 2"]],
    [
      "of a wrong choice",
      ["-S", "colour=gren", "-S", "pictures=."],
      ["red, green", '"gren"', 'did you mean "green"?']
    ],
    ["that is missing", [], ["pictures", "missing", "-S pictures=DIR", "where they lie"]]
  ])("%s is named, with the way out", async (_name, argv, says) => {
    const ended = await refuses(source, ...argv)
    expectRefusal(ended, { code: 2, tag: "ParameterInvalid", says: [...says, ended.file] })
  })
  it("is one of several that are wrong: all of them are named at once", async () => {
    const ended = await refuses(source, "-S", "count=0", "-S", "colour=blue", "-S", "pictures=.")
    expectRefusal(ended, { code: 2, tag: "ParameterInvalid", says: ["2 problems", "count", "colour"] })
  })
  it("without a value is a slip of the command line", async () => {
    const ended = await refuses(source, "-S", "count")
    expectRefusal(ended, { code: 2, tag: "Usage", says: ["key=value", /-S count=N +3 +how many$/m] })
  })
})

describe("a word of the command line", () => {
  it.each([
    ["a command", ["rnu"], "Usage", ["unknown command: rnu", 'did you mean "run"?']],
    ["an option", ["run", "mine.ts", "--froce", "x"], "Usage", ["--froce", 'did you mean "--force"?']],
    ["a number", ["run", "mine.ts", "-j", "none"], "Usage", ["--jobs", '"none"']],
    ["a run", ["show", "@7"], "RunNotFound", ["@7", "@1 is the most recently started run"]]
  ])("that names %s that there is not is refused, with the nearest", async (_name, argv, tag, says) => {
    rig.write("mine.ts", pipeline("return {}"))
    expectRefusal(await rig.json(...argv), { code: 2, tag, says })
  })
  it("that is refused leaves no run behind", () => {
    expect(fs.existsSync(rig.at("artifacts/runs"))).toBe(false)
  })
})
