/** Every way in which a pipeline file can be wrong: what is said, where, and what to do. */
import path from "node:path"
import { describe, expect, it } from "vitest"
import { isProblem } from "../../../src/support/problem.ts"
import { sourcePlace } from "../../../src/support/source-place.ts"
import { folderOf, imports, load, loadError, pipelineOf, stage } from "./project.ts"

const whole = imports + stage("mine", "[]") + pipelineOf("mine")
const errorOf = (text: string, more = {}) => loadError(folderOf({ "pipeline.ts": text, ...more }))

it("a missing file: with the name that is near", async () => {
  const folder = folderOf({ "pipeline.ts": whole, "other.ts": whole })
  const error = await loadError(folder, "pipelin.ts")
  expect(error).toMatchObject({
    tag: "PipelineNotFound",
    file: path.join(folder, "pipelin.ts"),
    line: null,
    column: null
  })
  expect(error.message).toContain("no such file")
  expect(error.hint).toBe('did you mean "pipeline.ts"?')
  expect((await loadError(folder, "nowhere/pipeline.ts")).hint).toMatch(/no such folder: .*nowhere/)
  expect(isProblem(error) && error.exitCode).toBe(2)
})

it("a folder: with the files in it", async () => {
  const folder = folderOf({ "lab/pipeline.ts": whole })
  const error = await loadError(folder, "lab")
  expect(error.tag).toBe("PipelineNotFound")
  expect(error.hint).toMatch(/lab\/pipeline\.ts/)
})

describe("what does not compile", () => {
  it("is shown with its line and column", async () => {
    const error = await errorOf(`${imports}const emoji = "🎉"; const broken = = 3\n`)
    expect(error).toMatchObject({ tag: "PipelineNotLoaded", line: 2, column: 36 })
    expect(error.message).toMatch(/^Unexpected token\n {2}2 \| const emoji.*\n +\^$/)
    expect(error.message.split("\n")[2]!.indexOf("^")).toBe("  2 | ".length + 35)
  })
  it("in a module that is imported: at that module", async () => {
    const error = await errorOf(`import "./lib.ts"\n${whole}`, { "lib.ts": "\n\nexport const x: = 3" })
    expect(error.file).toMatch(/lib\.ts$/)
    expect(error.line).toBe(3)
  })
  it("a name that a local module does not export: with the one that is near", async () => {
    const error = await errorOf(`${imports}import { helpr } from "./lib.ts"\nhelpr()\n${pipelineOf()}`, {
      "lib.ts": "export const helper = () => 1"
    })
    expect(error).toMatchObject({
      tag: "PipelineNotLoaded",
      line: 2,
      column: 10,
      hint: 'did you mean "helper"?'
    })
    expect(error.message).toContain('"helpr" is not exported')
  })
})

describe("an import that cannot be resolved", () => {
  it("of a local file: with the importing line, and the name that is near", async () => {
    const error = await errorOf(`\n\nimport { x } from "./libs/helpers.ts"\nx()\n${whole}`, {
      "libs/helper.ts": "export const x = 1"
    })
    expect(error).toMatchObject({
      tag: "PipelineNotLoaded",
      line: 3,
      column: 19,
      hint: 'did you mean "helper.ts"?'
    })
    expect(error.message).toContain('cannot find "./libs/helpers.ts"')
    expect(error.file).toMatch(/pipeline\.ts$/)
  })
  it("of a package: with how to install it", async () => {
    const error = await errorOf(`import { x } from "@scope/absent/deep"\nx()\n${whole}`)
    expect(error).toMatchObject({
      tag: "PipelineNotLoaded",
      line: 1,
      hint: "is it installed? npm install @scope/absent"
    })
    expect(error.message).toContain('"@scope/absent/deep"')
  })
  it("of a part that probeline does not have", async () => {
    expect((await errorOf(`import { x } from "probeline/nothing"\nx()\n${whole}`)).message).toContain(
      '"probeline/nothing"'
    )
  })
  it("of a name that probeline does not export: with the one that is near", async () => {
    const error = await errorOf(
      `${imports}import {\n  defineStages\n} from "probeline"\ndefineStages\n${pipelineOf()}`
    )
    expect(error).toMatchObject({
      tag: "PipelineNotLoaded",
      line: 3,
      column: 3,
      hint: 'did you mean "defineStage"?'
    })
    expect(error.message).toBe('"probeline" has no export "defineStages"')
  })
})

describe("what throws when it is loaded", () => {
  it("is shown at the user's own line", async () => {
    const error = await errorOf(
      `import { f } from "./lib.ts"\ninterface Some { x: 1 }\n\nf("🎉")\n${whole}`,
      {
        "lib.ts": "type T = string\n\nexport function f(x: T) {\n  throw new RangeError(`no ${x}`)\n}\n"
      }
    )
    expect(error).toMatchObject({ tag: "PipelineNotLoaded", line: 4 })
    expect(error.file).toMatch(/lib\.ts$/)
    expect(error.message).toBe("the file throws while loading: RangeError: no 🎉")
    expect(error.cause).toBeInstanceOf(RangeError)
  })
  it("also on the second attempt, and not after it is mended", async () => {
    const folder = folderOf({ "pipeline.ts": `throw new Error("no")\n${whole}` })
    expect((await loadError(folder)).message).toContain("no")
    expect((await loadError(folder)).line).toBe(1)
    const mended = folderOf({ "pipeline.ts": whole })
    expect((await load(mended)).pipeline.name).toBe("test")
  })
  it("something that is no error is shown as it is", async () => {
    expect((await errorOf(`throw "just text"\n${whole}`)).message).toContain("just text")
  })
})

describe("the default export", () => {
  it("is missing", async () => {
    const error = await errorOf(imports + stage("mine", "[]"))
    expect(error).toMatchObject({
      tag: "PipelineInvalid",
      hint: expect.stringContaining("export default definePipeline(")
    })
    expect(error.message).toBe("pipeline.ts has no default export")
  })
  it("is missing, but a pipeline is exported by name", async () => {
    const error = await errorOf(whole.replace("export default", "export const lab ="))
    expect(error.hint).toBe('"lab" is a pipeline: export it as default')
  })
  it("is no pipeline", async () => {
    expect((await errorOf("export default { nodes: [] }")).message).toBe(
      "the default export of pipeline.ts is not a pipeline"
    )
    expect((await errorOf(`${imports}${stage("mine", "[]")}export default mine`)).message).toContain(
      "is a stage, not a pipeline"
    )
  })
})

it("an error that a stage throws later is found in the user's own source", async () => {
  const folder = folderOf({
    "pipeline.ts": `${imports}interface A { b: 1 }\n${stage("mine", '{\n  throw new Error("at work")\n}')}${pipelineOf("mine")}`
  })
  const { pipeline } = await load(folder)
  const mine = Object.values(pipeline.graph({})).flat()[0]!.stage
  const error: unknown = await mine.spec.compute({}, {}, {}).catch((e: unknown) => e)
  expect(sourcePlace(error)).toMatchObject({ file: path.join(folder, "pipeline.ts"), line: 4 })
  expect(sourcePlace(new Error("elsewhere"))).toBeNull()
})
