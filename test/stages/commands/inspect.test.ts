import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { inspectCommand, inspectEncoder } from "../../../stages/commands/inspect.ts"
import { graphPatch, message, node, tensorInfo } from "../../../stages/onnx/writer.ts"
import { graphBytes } from "../onnx/fixture.ts"
import { fixture, look, makeFolder, problemOf, quickstart } from "./rig.ts"

let folder: string
beforeAll(() => {
  folder = makeFolder()
})
afterAll(() => fs.rmSync(folder, { recursive: true }))
const write = (name: string, bytes: Uint8Array | string): string => {
  fs.writeFileSync(path.join(folder, name), bytes)
  return path.join(folder, name)
}

it("tells inputs, outputs, blocks, width, grid, tokens and taps", async () => {
  const found = await inspectEncoder(quickstart)
  expect(found).toMatchObject({
    file: quickstart,
    bytes: fs.statSync(quickstart).size,
    inputs: [{ name: "pixel_values", elementType: "float32", shape: ["batch", 3, 64, 64] }],
    blocks: 6,
    width: 96,
    patch: { height: 8, width: 8 },
    grid: { rows: 8, columns: 8 },
    prefix: 1,
    registers: 0,
    tokens: 65,
    preprocessing: { resize: { kind: "exact", height: 64, width: 64 }, resample: "bilinear" },
    externalFiles: [],
    warnings: []
  })
  expect(found.outputs.map(({ name }) => name)).toEqual(["last_hidden_state", "pooler_output"])
  expect(found.opsets[""]).toBe(found.opset)
  const names = found.taps.map(({ name }) => name)
  expect(names[0]).toBe("embed")
  expect(names.filter((name) => /^block\.\d\.resid_post$/.test(name))).toHaveLength(6)
  expect(names).toEqual(expect.arrayContaining(["final.norm", "pooled"]))
})

it.each([
  ["clip.onnx", { blocks: 3, width: 32, prefix: 1, registers: 0, tokens: 17 }],
  ["dinov2-registers.onnx", { blocks: 2, width: 32, prefix: 5, registers: 4, tokens: 21 }],
  ["vit-fp16.onnx", { blocks: 2, width: 32, prefix: 1, externalFiles: ["vit-fp16.onnx_data"] }]
])("%s, by its structure; that its preprocessing is not known is worth a word", async (name, expected) => {
  const found = await inspectEncoder(fixture(name))
  expect(found).toMatchObject({ ...expected, grid: { rows: 4, columns: 4 }, preprocessing: null })
  expect(found.warnings).toEqual([expect.stringContaining("no preset is named")])
})

it("where the input has a size of its own, a preset of another is a warning", async () => {
  const found = await inspectEncoder(fixture("vit-fp16.onnx"), "clip")
  expect(found.grid).toEqual({ rows: 4, columns: 4 })
  expect(found.preprocessing).toBeNull()
  expect(found.warnings[0]).toContain("32×32 pixels, but its preprocessing gives 224×224")
})

it("says that weights are missing beside it", async () => {
  const file = write("alone.onnx", fs.readFileSync(fixture("vit-fp16.onnx")))
  const { warnings } = await inspectEncoder(file)
  expect(warnings).toContainEqual(expect.stringContaining("vit-fp16.onnx_data is missing"))
})

it("what would make an extraction fail is a warning", async () => {
  const bytes = fs.readFileSync(fixture("clip.onnx"))
  const noise = node("RandomUniformLike", ["pixel_values"], "noise")
  const more = graphPatch({
    nodes: [noise],
    inputs: [tensorInfo("input_ids", "int64", ["batch", 77])],
    outputs: []
  })
  const { taps, warnings } = await inspectEncoder(write("two.onnx", message(bytes, more)))
  expect(warnings).toContain("it also needs input_ids: export the vision encoder alone")
  // nothing of the encoder reads these numbers
  expect(warnings.join()).not.toContain("random")

  const tensor = taps[0]!.tensor
  const given = { taps: [{ name: "noisy", tensor: "noisy" }], patch: null, prefix: null }
  const drawn = graphPatch({
    nodes: [noise, node("Add", [tensor, "noise"], "noisy")],
    inputs: [],
    outputs: []
  })
  const noisy = await inspectEncoder(write("noisy.onnx", message(bytes, drawn)), null, given)
  expect(noisy.warnings).toContainEqual(expect.stringContaining("the tap noisy depends on random numbers"))
})

const words = { preset: null, all: false, tap: [], patch: null, prefix: null }

describe("on a page", () => {
  it("taps are summed up by the pattern that chooses them", async () => {
    const text = (await inspectCommand({ ...words, file: quickstart })).text(look)
    expect(text).toContain("8×8 patches of 8×8 pixels, after 1 class token: 65")
    expect(text).toContain("resized to 64×64 (bilinear)")
    expect(text).toMatch(/^embed\t1\t/m)
    expect(text).toMatch(/^block\.\*\.resid_post\t6\t\S+\{4 … 14\}$/m)
    expect(text).not.toContain("block.0.")
  })
  it("--all lists each", async () => {
    const text = (await inspectCommand({ ...words, file: quickstart, all: true })).text(look)
    for (let i = 0; i < 6; i++) expect(text).toMatch(new RegExp(`^block\\.${i}\\.resid_post\\t\\S+$`, "m"))
  })
  it("names of tensors that have nothing in common are given whole", async () => {
    const given = { ...words, file: quickstart, tap: ["block.0.x=add_4", "block.1.x=last_hidden_state"] }
    expect((await inspectCommand(given)).text(look)).toMatch(/^block\.\*\.x\t2\tadd_4 … last_hidden_state$/m)
  })
  it("registers and files of weights are named", async () => {
    const registers = (await inspectCommand({ ...words, file: fixture("dinov2-registers.onnx") })).text(look)
    expect(registers).toContain("after 5 others (class token and 4 registers): 21")
    const external = (await inspectCommand({ ...words, file: fixture("vit-fp16.onnx") })).text(look)
    expect(external).toContain("beside the file, in vit-fp16.onnx_data")
  })
})

describe("a structure that is not recognised", () => {
  const relu = () =>
    write(
      "relu.onnx",
      graphBytes(
        [
          ["Conv", "image patches", "a"],
          ["Relu", "a", "b"]
        ],
        "b",
        [["patches", 4, 3, 8, 8]]
      )
    )
  it("is refused with what was found, and how to give taps", async () => {
    const problem = await problemOf(inspectEncoder(relu()))
    expect(problem).toMatchObject({ _tag: "InputInvalid", exitCode: 2, file: relu() })
    expect(problem.message).toContain("no transformer's residual stream was found")
    expect(problem.hint).toContain("--tap 'block.*.resid_post=")
  })
  it("is described by the taps that are given", async () => {
    const given = { ...words, file: relu(), tap: ["block.0.resid_post=b"], patch: 8, prefix: "0" }
    const { json } = await inspectCommand(given)
    expect(json).toMatchObject({
      blocks: 1,
      grid: { rows: 4, columns: 4 },
      prefix: 0,
      tokens: 16,
      taps: [{ name: "block.0.resid_post", tensor: "b" }]
    })
  })
  it.each([
    [{ tap: ["resid"] }, "--tap: expected NAME=TENSOR"],
    [{ tap: ["=b"] }, "--tap: expected NAME=TENSOR"],
    [{ prefix: "-1" }, "--prefix: expected a whole number ≥ 0"]
  ])("%j is no way to give one", async (given, message) => {
    const problem = await problemOf(inspectCommand({ ...words, file: quickstart, ...given }))
    expect(problem).toMatchObject({ _tag: "Usage", message: expect.stringContaining(message) })
  })
})

describe("a file that is none is refused by its name", () => {
  it.each([
    ["missing.onnx", null, "there is no file"],
    ["empty.onnx", "", "not an ONNX"],
    ["text.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "ONNX"],
    ["half.onnx", fs.readFileSync(quickstart).subarray(0, 1_000_000), "truncated"]
  ])("%s", async (name, content, message) => {
    const file = content === null ? path.join(folder, name) : write(name, content)
    const problem = await problemOf(inspectEncoder(file))
    expect(problem).toMatchObject({ _tag: "InputInvalid", exitCode: 2, file })
    expect(problem.message).toContain(message)
    expect(problem.message).toContain(file)
    if (message === "truncated") expect(problem.hint).toContain("fetch or export it again")
  })
  it("a folder", async () => {
    expect((await problemOf(inspectEncoder(folder))).message).toBe(`${folder} is a folder`)
  })
})
