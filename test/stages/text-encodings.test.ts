/** Text from files is UTF-8, or refused with the file and the place: other encodings would make different names one. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { file } from "../../src/index.ts"
import { checkParams } from "../../src/pipeline/check-params.ts"
import { importActivations } from "../../stages/import-activations/stage.ts"
import { coco, sampleScenes } from "../../stages/sample-scenes/stage.ts"
import { encodeNpy, openNpy } from "../../stages/tensor-files/npy.ts"
import { openSafetensors } from "../../stages/tensor-files/safetensors.ts"
import { objectsOfImage } from "../../stages/commands/preview/annotated.ts"
import { onnx, resolveEncoderFile, resolveWithWorld } from "../../stages/vision/encoder.ts"
import { openReference } from "../../stages/vision/encoder-reference.ts"
import { bytesAccess } from "../../stages/onnx/access.ts"
import { readModel } from "../../stages/onnx/reader.ts"
import { collect, computeOf, fakeContext, rejection, worldOf } from "./fakes.ts"

const root = mkdtempSync(join(tmpdir(), "probeline-text-"))
afterAll(() => rmSync(root, { recursive: true }))
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(root, name), content)
  return join(root, name)
}
/** The text with each é in Latin-1. */
const latin1 = (text: string) => Buffer.from(text, "latin1")
const wrong = (text: string) => `it is not valid UTF-8: byte 0xe9 at offset ${text.indexOf("é")} (line 1)`

function sampled(annotations: string, captions: string | null = null) {
  const { values } = checkParams(
    sampleScenes.stage.spec.params!,
    {
      source: coco({
        annotations: file(annotations),
        images: file(root),
        captions: captions === null ? null : file(captions)
      })
    },
    (path) => path
  )
  const context = fakeContext(sampleScenes)
  return { context, scenes: collect(computeOf(sampleScenes)(values, worldOf(root), context)) }
}
const instances = (some: object = {}) =>
  JSON.stringify({ images: [], categories: [{ id: 1, name: "café" }], annotations: [], ...some })

describe("COCO files", () => {
  const good = write("good.json", instances())
  const text = instances()
  it.each<readonly [string, Uint8Array, string]>([
    ["Latin-1", latin1(text), wrong(text)],
    ["UTF-16", Buffer.from(`\ufeff${text}`, "utf16le"), "it is UTF-16, not UTF-8"],
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8), "it is compressed (gzip); unpack the file"]
  ])("of instances in %s are refused", async (name, bytes, message) => {
    const at = write(`${name}.json`, bytes)
    const error = await rejection(sampled(at).scenes)
    expect(error).toMatchObject({ name: "CocoError", file: at })
    expect(error.message).toContain(`${at}: ${message}`)
  })
  it("of captions in Latin-1 are refused", async () => {
    const captions = JSON.stringify({ annotations: [{ id: 1, image_id: 1, caption: "un café" }] })
    const at = write("captions.json", latin1(captions))
    expect((await rejection(sampled(good, at).scenes)).message).toContain(`${at}: ${wrong(captions)}`)
  })
  it("in UTF-8 may begin with a byte order mark", async () => {
    expect(await sampled(write("marked.json", `\ufeff${text}`)).scenes).toEqual([])
  })
  it("are refused by the preview of an image", async () => {
    const at = write("preview.json", latin1(text))
    const error = await rejection(objectsOfImage(at, "a.png", null as never, null as never))
    expect(error.message).toContain(wrong(text))
  })

  const half = "\ud800"
  it.each<readonly [string, object, string]>([
    ["a category's name", { categories: [{ id: 1, name: half }] }, "categories[0].name"],
    ["a category's id", { categories: [{ id: half, name: "a" }] }, "categories[0].id"],
    ["an image's id", { images: [{ id: half, file_name: "a", height: 1, width: 1 }] }, "images[0].id"],
    ["a file's name", { images: [{ id: 1, file_name: half, height: 1, width: 1 }] }, "images[0].file_name"]
  ])("with half of a surrogate pair in %s are refused", async (_, some, field) => {
    const error = await rejection(sampled(write("half.json", instances(some))).scenes)
    expect(error.message).toContain(
      `${field}: "\\ud800" is not valid Unicode: it contains half of a surrogate pair`
    )
  })
  it("with half of a surrogate pair in a caption are refused", async () => {
    const at = write("half.json", JSON.stringify({ annotations: [{ id: 1, image_id: 1, caption: half }] }))
    expect((await rejection(sampled(good, at).scenes)).message).toContain("annotations[0].caption")
  })

  it("tell of categories whose names are one, or look like one", async () => {
    const categories = ["cat", "dog", "cat", "caf\u00e9", "cafe\u0301", "Cat"].map((name, i) => ({
      id: i,
      name
    }))
    const { context, scenes } = sampled(write("names.json", instances({ categories })))
    await scenes
    const alike = context.tally.lost().filter(({ what }) => what === "pairs of alike category names")
    expect(alike.map(({ reason }) => reason)).toEqual([
      'categories 0 and 2 share the name "cat": their objects form one class',
      'categories 3 and 4 look alike, but their names use different characters ("caf\\u00e9", "cafe\\u0301"): they are two classes'
    ])
  })
})

describe("what is imported", () => {
  const array = encodeNpy([1, 2], new Float32Array(2))
  const imported = (manifest: string | Uint8Array) => {
    write("a.npy", array)
    const params = { manifest: { path: write("manifest.json", manifest) } }
    return rejection(
      collect(computeOf(importActivations)(params, worldOf(root), fakeContext(importActivations)))
    )
  }
  const manifest = (some: object = {}) =>
    JSON.stringify({ format: 1, note: "café", ids: ["a"], tokens: ["cls"], taps: { t: "a.npy" }, ...some })

  it("has its manifest in UTF-8", async () => {
    expect((await imported(latin1(manifest()))).message).toBe(
      `${join(root, "manifest.json")}: line 1: ${wrong(manifest())}`
    )
  })
  it.each([
    ["ids.csv", "id\ncafé\n", "line 2", 6],
    ["ids.json", '["café"]', "line 1", 5]
  ])("has its ids in UTF-8: %s", async (name, text, line, offset) => {
    const at = write(name, latin1(text))
    const error = await imported(manifest({ note: "", ids: name }))
    expect(error).toMatchObject({ name: "ImportError", file: at, field: line })
    expect(error.message).toContain(`byte 0xe9 at offset ${offset}`)
  })
  it.each<readonly [string, object]>([
    ["an id", { ids: ["\ud800"] }],
    ["a token", { tokens: ["\ud800"] }],
    ["a tap", { taps: { "\ud800": "a.npy" } }]
  ])("has no half of a surrogate pair in %s", async (_, some) => {
    const error = await imported(manifest(some))
    expect(error.message).toContain("is not valid Unicode: it contains half of a surrogate pair")
  })
})

describe("tensor files", () => {
  it("of safetensors have a header in UTF-8, without a byte order mark", () => {
    const fileOf = (header: Uint8Array) => {
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(header.length))
      const bytes = Buffer.concat([length, header])
      return () => openSafetensors({ size: bytes.length, read: (at, n) => bytes.subarray(at, at + n) })
    }
    const header = '{"__metadata__":{"a":"é"}}'
    expect(fileOf(Buffer.from(header))().size).toBe(0)
    expect(fileOf(latin1(header))).toThrow(`its header is not JSON (${wrong(header)})`)
    expect(fileOf(Buffer.from(`\ufeff${header}`))).toThrow("its header is not JSON")
  })
  it.each([
    [1, null],
    [2, null],
    [3, "its header cannot be read: it is not valid UTF-8: byte 0xe9 at offset 1"]
  ])("of numpy have a header in Latin-1, or from version 3 on in UTF-8: version %i", (version, message) => {
    const header = latin1("{é'descr': '<f4', 'fortran_order': False, 'shape': (0,)}")
    const length = Buffer.alloc(version === 1 ? 2 : 4)
    length[0] = header.length
    const bytes = Buffer.concat([latin1("\x93NUMPY"), Buffer.of(version, 0), length, header])
    const read = () => openNpy({ size: bytes.length, read: (at, n) => bytes.subarray(at, at + n) })
    if (message === null) expect(read).toThrow("not a valid .npy header")
    else expect(read).toThrow(message)
  })
})

describe("an encoder", () => {
  const fixture = fileURLToPath(new URL("../fixtures/vit-random/", import.meta.url))
  const text = '{"note": "café"}'
  let model: string
  beforeAll(() => cpSync(fixture, join(root, "encoder"), { recursive: true }))
  const cases = ["preprocessor_config.json", "config.json"].flatMap((name) => [
    ["when planning", name, (at: string) => resolveWithWorld({ ...onnx(at) }, worldOf(root))] as const,
    ["when computing", name, (at: string) => resolveEncoderFile({ ...onnx(at) })] as const
  ])
  it.each(cases)("has its settings in UTF-8, %s: %s", async (_, name, resolve) => {
    model = join(root, "encoder/model.onnx")
    const at = join(root, "encoder", name)
    writeFileSync(at, latin1(text))
    const error = await rejection(resolve(model))
    expect(error).toMatchObject({ file: at, hint: "save the file as UTF-8" })
    expect(error.message).toBe(`${at}: ${wrong(text)}`)
    cpSync(join(fixture, name), at)
  })

  it("has names in UTF-8", () => {
    const bytes = readFileSync(join(fixture, "model.onnx"))
    const at = bytes.indexOf("MatMul")
    bytes[at] = 0xe9
    expect(() => readModel(bytesAccess(bytes))).toThrow(`a text in the file is not UTF-8, at byte ${at}`)
  })

  it("has its reference's manifest in UTF-8", () => {
    const folder = join(root, "reference")
    cpSync(fileURLToPath(new URL("../fixtures/export/timm/", import.meta.url)), folder, { recursive: true })
    writeFileSync(join(folder, "reference/manifest.json"), latin1(text))
    expect(() => openReference(folder)).toThrow(wrong(text))
  })
})
