import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { tapCommand, type TapArgs } from "../../../stages/commands/tap.ts"
import { modelOf } from "../onnx/fixture.ts"
import { fixture, look, makeFolder, problemOf, quickstart } from "./rig.ts"

let folder: string
beforeAll(() => {
  folder = makeFolder()
})
afterAll(() => fs.rmSync(folder, { recursive: true }))
const at = (name: string) => path.join(folder, name)
const tap = (args: Partial<TapArgs>) =>
  tapCommand({
    file: quickstart,
    output: null,
    taps: null,
    tap: [],
    patch: null,
    prefix: null,
    overwrite: false,
    ...args
  })
const outputsOf = (file: string) => modelOf(file).graph.outputs.map(({ name }) => name)

it("writes a model whose further outputs bear the taps' names, and says which", async () => {
  const output = at("new/folder/tapped.onnx")
  const { json, text } = await tap({ output, taps: "block.{0,5}.resid_post,final.norm" })
  const names = ["block.0.resid_post", "block.5.resid_post", "final.norm"]
  expect(outputsOf(output)).toEqual(["last_hidden_state", "pooler_output", ...names])
  expect(json).toMatchObject({ file: quickstart, output, bytes: fs.statSync(output).size, dataFiles: [] })
  expect((json as any).outputs.map(({ name }: { name: string }) => name)).toEqual(names)
  expect(text(look)).toContain("3 taps as outputs")
  expect(text(look)).toContain("block.*.resid_post, final.norm")
})

it("takes all taps where none are named, and files of weights along", async () => {
  const output = at("half/tapped.onnx")
  const { json } = await tap({ file: fixture("vit-fp16.onnx"), output })
  expect(outputsOf(output)).toEqual(expect.arrayContaining(["embed", "block.1.mlp_out", "final.norm"]))
  expect(json).toMatchObject({ dataFiles: [at("half/vit-fp16.onnx_data")] })
})

it("takes taps that are given by tensor", async () => {
  const output = at("given.onnx")
  await tap({ output, tap: ["block.*.resid_post=add_*"] })
  expect(outputsOf(output).filter((name) => name.endsWith("resid_post")).length).toBeGreaterThan(5)
})

describe("is refused, and nothing is written:", () => {
  const refused = async (args: Partial<TapArgs>) => {
    const before = fs.readdirSync(folder, { recursive: true })
    const problem = await problemOf(tap(args))
    expect(fs.readdirSync(folder, { recursive: true })).toEqual(before)
    return problem
  }
  it("no place to write to", async () => {
    expect(await refused({})).toMatchObject({ _tag: "Usage", message: "-o PATH is missing" })
  })
  it("a file that is there, unless --overwrite says so; the model itself, whatever it says", async () => {
    const file = at("copy.onnx")
    fs.copyFileSync(quickstart, file)
    const output = at("there.onnx")
    fs.writeFileSync(output, "mine")
    expect(await refused({ file, output })).toMatchObject({
      _tag: "Usage",
      hint: "use --overwrite to replace it"
    })
    expect(fs.readFileSync(output, "utf8")).toBe("mine")
    await tap({ file, output, overwrite: true })
    expect(outputsOf(output)).toContain("embed")
    fs.symlinkSync(file, at("link.onnx"))
    for (const same of [file, at("link.onnx")])
      expect((await refused({ file, output: same, overwrite: true })).message).toContain(
        "is the model itself"
      )
    expect(fs.readFileSync(file).equals(fs.readFileSync(quickstart))).toBe(true)
    expect((await refused({ output: folder, overwrite: true })).message).toContain("is a folder")
  })
  it("a place where nothing can be written", async () => {
    const below = path.join(at("copy.onnx"), "x.onnx")
    expect(await refused({ output: below })).toMatchObject({
      _tag: "StoreWriteFailed",
      message: expect.stringContaining(`${below} could not be written`)
    })
  })
  it("a tap that is not there, and a file that is no model", async () => {
    const problem = await refused({ output: at("x.onnx"), taps: "blck.*" })
    expect(problem).toMatchObject({
      _tag: "InputInvalid",
      file: quickstart,
      hint: expect.stringContaining("inspect")
    })
    expect(problem.message).toContain('no tap matches "blck.*"')
    expect(await refused({ file: at("none.onnx"), output: at("x.onnx") })).toMatchObject({
      file: at("none.onnx")
    })
  })
})
