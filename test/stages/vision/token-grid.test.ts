import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { buildObjectMasks } from "../../../stages/build-object-masks/stage.ts"
import { Extractor } from "../../../stages/extract-activations/extractor.ts"
import { inspectCommand } from "../../../stages/commands/inspect.ts"
import { onnx, type OnnxOptions, resolveEncoderFile } from "../../../stages/vision/encoder.ts"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { selections } from "../../../stages/tables/masks.ts"
import { fileOf, item } from "../extract-activations/images.ts"
import { fakeContext } from "../fakes.ts"
import { look } from "../commands/rig.ts"
import { graphBytes, graphModel, modelOf, relativeDifference } from "../onnx/fixture.ts"
import { readNpy } from "../onnx/npy.ts"

const folderOf = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/token-grid/${name}/`, import.meta.url))
const fixture = (name: string) => path.join(folderOf(name), "model.onnx")

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "probeline-grid-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("an input that is no multiple of the patch", () => {
  it("has as many patches as fit, of the patch's own size", async () => {
    const { grid, inputSize } = await resolveEncoderFile(onnx(fixture("vit36")))
    expect(inputSize).toEqual({ height: 36, width: 36 })
    expect(grid).toEqual({
      rows: 4,
      columns: 4,
      patch: { height: 8, width: 8 },
      prefix: 1,
      classToken: true
    })
  })

  it("has masks where its patches are: an object exactly at the last patch covers that one and no other", async () => {
    const encoder = onnx(fixture("vit36"))
    const { compute, open } = buildObjectMasks.stage.spec
    const resource = await open!({ encoder, selections, grid: null }, fakeContext(buildObjectMasks), {})
    const segmentation = [[24, 24, 32, 24, 32, 32, 24, 32]]
    const scenes = {
      height: 36,
      width: 36,
      objects: [{ id: 1, category: "cup", segmentation, crowd: false, area: 64 }]
    }
    const [rows] = compute([{ id: "scene", scenes }], { resource }, fakeContext(buildObjectMasks))
    const here = { object: 0, category: "cup", patch: 15, coverage: 1 }
    expect(rows).toEqual([
      // of the whole image, 36 pixels wide, the mask has the centre of the last patch: 31.5
      { ...here, selection: "as-published" },
      { ...here, selection: "centre" },
      { ...here, selection: "aligned" }
    ])
  })

  it("is extracted, and every token is transformers' own", async () => {
    const image = path.join(folderOf("vit36"), "image.png")
    const tokens = Array.from({ length: 17 }, (_, token) => ({
      selection: null,
      task: null,
      source: "image",
      object: -1,
      token: `token.${token}`,
      indices: [token],
      weights: [1]
    }))
    await using extractor = await Extractor.open({
      encoder: { ...onnx(fixture("vit36")) },
      taps: "block.0.resid_post",
      precision: "float32",
      provider: "cpu"
    })
    const [rows] = await extractor.extract(
      [
        item(
          fileOf(async () => readFileSync(image)),
          tokens
        )
      ],
      { signal: new AbortController().signal, progress: () => {} }
    )
    if (rows === undefined || "failed" in rows) throw new Error(rows?.failed)
    const states = readNpy(path.join(folderOf("vit36"), "states.npy"))
    expect(states.shape).toEqual([17, 16])
    const ours = rows.flatMap(({ activation }) => [...activation["block.0.resid_post"]!])
    expect(relativeDifference(Float32Array.from(ours), Float32Array.from(states.data))).toBeLessThan(1e-5)
  })
})

describe("the patches of a hybrid of a residual network and a transformer", () => {
  it("are the strides along one way: neither of shortcuts too, nor without the pooling", () => {
    expect(describeEncoder(modelOf(fixture("hybrid")))).toMatchObject({
      input: { height: 64, width: 64 },
      patch: { height: 16, width: 16 },
      prefixTokens: 1,
      positions: 16
    })
  })
})

const patches = ["patches", 32, 3, 8, 8] as const
/** A block of attention alone behind a stem that ends in x0; images of 32 pixels in patches of 8. */
const withStem = (stem: ReadonlyArray<readonly [string, string, string]>) =>
  [
    ["Conv", "image patches", "map"],
    ["Reshape", "map shape", "flat"],
    ["Transpose", "flat", "tokens"],
    ...stem,
    ["LayerNormalization", "x0 g b", "n"],
    ["MatMul", "n wq", "q"],
    ["MatMul", "n wk", "k"],
    ["MatMul", "n wv", "v"],
    ["MatMul", "q k", "scores"],
    ["Softmax", "scores", "p"],
    ["MatMul", "p v", "a"],
    ["Add", "a x0", "x1"]
  ] as const

describe("the patches that a position embedding is for", () => {
  const one = ["Expand", "cls batch", "one"] as const
  const positionsOf = (
    stem: Parameters<typeof withStem>[0],
    ...weights: ReadonlyArray<readonly [string, ...Array<number>]>
  ) => describeEncoder(graphModel(withStem(stem), "x1", [patches, ["cls", 1, 1, 32], ...weights])).positions

  it("are its rows, less the tokens that are there by then", () => {
    const added = ["Add", "joined positions", "x0"] as const
    const before = ["Add", "tokens positions", "placed"] as const
    // SigLIP's; ViT's; that of timm's no_embed_class; YOLOS' detection tokens behind the patches
    expect(positionsOf([["Add", "tokens positions", "x0"]], ["positions", 1, 16, 32])).toBe(16)
    expect(positionsOf([one, ["Concat", "one tokens", "joined"], added], ["positions", 1, 17, 32])).toBe(16)
    expect(positionsOf([one, before, ["Concat", "one placed", "x0"]], ["positions", 16, 32])).toBe(16)
    const joined = ["Concat", "one tokens detections", "joined"] as const
    expect(positionsOf([one, joined, added], ["positions", 1, 22, 32], ["detections", 1, 5, 32])).toBe(16)
  })

  it("are counted through a look-up by a list", () => {
    const look = ["Gather", "table list", "positions"] as const
    const stem = [look, ["Add", "tokens positions", "x0"]] as const
    expect(positionsOf(stem, ["table", 16, 32], ["list", 1, 16])).toBe(16)
    expect(positionsOf(stem, ["table", 16, 32])).toBeNull()
  })

  it("are not known where it is computed, and a bias is none", () => {
    expect(positionsOf([["Add", "tokens interpolated", "x0"]])).toBeNull()
    expect(positionsOf([["Add", "tokens bias", "x0"]], ["bias", 32])).toBeNull()
  })

  it("have to be those of the grid, unless their size is given", async () => {
    const model = path.join(folder, "model.onnx")
    copyFileSync(
      path.join(folderOf("vit36"), "preprocessor_config.json"),
      path.join(folder, "preprocessor_config.json")
    )
    const stem = [["Add", "tokens positions", "x0"]] as const
    writeFileSync(
      model,
      graphBytes(withStem(stem), "x1", [patches, ["positions", 1, 9, 32]], ["batch", 3, 36, 36])
    )
    const error = await resolveEncoderFile(onnx(model)).catch((error: Error) => error)
    expect(error).toMatchObject({ name: "EncoderError", file: model })
    expect((error as Error).message).toMatch(
      /36×36 pixels would be 4×4 patches of 8×8 pixels, but its position embedding is for 9 patches/
    )
    const { grid } = await resolveEncoderFile(onnx(model, { patch: 12 }))
    expect(grid).toMatchObject({ rows: 3, columns: 3, prefix: 0, classToken: false })
  })
})

describe("an encoder with registers and no class token", () => {
  const model = () => fixture("registers")
  const classTokenOf = async (file: string, options: OnnxOptions = {}) =>
    (await resolveEncoderFile(onnx(file, options))).grid.classToken

  it("is known by class_token in its config.json, and what is given goes before it", async () => {
    expect(await classTokenOf(model())).toBe(false)
    expect(await classTokenOf(model(), { classToken: true })).toBe(true)
  })

  it("can be said where no config.json says it; else the first token is taken for CLS", async () => {
    const alone = path.join(folder, "registers.onnx")
    copyFileSync(model(), alone)
    copyFileSync(
      path.join(folderOf("registers"), "preprocessor_config.json"),
      path.join(folder, "preprocessor_config.json")
    )
    expect(await classTokenOf(alone)).toBe(true)
    expect(await classTokenOf(alone, { classToken: false })).toBe(false)
    expect(await classTokenOf(alone, { classToken: false, prefix: 0 })).toBe(false)
    await expect(classTokenOf(alone, { classToken: true, prefix: 0 })).rejects.toThrow(
      /declared to have a class token, but no token comes before its patches/
    )
    writeFileSync(path.join(folder, "config.json"), '{"class_token":0}')
    await expect(classTokenOf(alone)).rejects.toThrow(/class_token: expected true or false, got 0/)
    rmSync(path.join(folder, "config.json"))
  })

  it("is inspected as having four registers", async () => {
    const words = { preset: null, all: false, tap: [], patch: null, prefix: null }
    const { json, text } = await inspectCommand({ ...words, file: model() })
    expect(json).toMatchObject({ prefix: 4, classToken: false, registers: 4, tokens: 20 })
    expect(text(look)).toContain("after 4 registers, no class token: 20")
  })
})
