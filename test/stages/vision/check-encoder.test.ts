/** Exported folders beside what the Python model gave. Fixtures: test/fixtures/export, by tools/export_encoder.py. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { checkEncoder } from "../../../stages/vision/check-encoder.ts"
import { rejection } from "../fakes.ts"

const fixtures = fileURLToPath(new URL("../../fixtures/export", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "probeline-check-"))
afterAll(() => rmSync(folder, { recursive: true }))

let copies = 0
/** A copy to break. */
function copyOf(name: string): string {
  const copy = join(folder, String(copies++))
  cpSync(join(fixtures, name), copy, { recursive: true })
  return copy
}
function edit(file: string, change: (json: any) => unknown): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")))))
}
/** Changes one float32 of a file, `from` bytes before its end. */
function spoil(file: string, from: number, value: number): void {
  const bytes = readFileSync(file)
  bytes.writeFloatLE(value, bytes.length - from)
  writeFileSync(file, bytes)
}

describe("an exported encoder", () => {
  it.each(["timm", "blip"])("of %s has the pixels and the states of the Python model", async (name) => {
    const check = await checkEncoder(join(fixtures, name))
    expect(check).toMatchObject({ ok: true, unchecked: expect.any(Array), versions: { torch: "2.15.0" } })
    expect(check.pixels).toMatchObject({ shape: [3, 32, 32], reference: [3, 32, 32], ok: true })
    expect(check.pixels.worst).toBeLessThan(1e-3)
    expect(check.taps.map(({ tap }) => tap)).toEqual([
      "embed",
      "block.0.resid_post",
      "block.1.resid_post",
      "final.norm",
      "pooled"
    ])
    for (const { tap, error } of check.taps) expect(error, tap).toBeLessThan(1e-5)
    expect(check.taps[0]!.shape).toEqual([1, 17, 32])
    expect(check.taps[4]!.shape).toEqual([1, 32])
  })
})

describe("a difference is found and told from others", () => {
  it("in the crop by one pixel: the pixels differ, the taps do not", async () => {
    const copy = copyOf("timm")
    edit(join(copy, "preprocessor_config.json"), (config) => ({ ...config, crop_rounding: "down" }))
    const check = await checkEncoder(copy)
    expect(check.ok).toBe(false)
    expect(check.pixels.worst).toBeGreaterThan(20)
    expect(check.taps.every(({ ok }) => ok)).toBe(true)
  })
  it("in the filter", async () => {
    const copy = copyOf("blip")
    edit(join(copy, "preprocessor_config.json"), (config) => ({ ...config, resample: 2 }))
    const { pixels } = await checkEncoder(copy)
    expect(pixels.ok).toBe(false)
    expect(pixels.worst).toBeGreaterThan(3)
  })
  it("in one value of one token, which is named", async () => {
    const copy = copyOf("blip")
    const states = join(copy, "reference/states.safetensors")
    const header = JSON.parse(
      readFileSync(states)
        .subarray(8, 8 + readFileSync(states).readUInt32LE(0))
        .toString()
    )
    const [, end] = header["block.1.resid_post"].data_offsets as [number, number]
    const size = readFileSync(states).length - 8 - readFileSync(states).readUInt32LE(0)
    spoil(states, size - end + 4 * 32 * 3, 0) // the first value of the third token from the end
    const check = await checkEncoder(copy)
    expect(check.ok).toBe(false)
    expect(check.pixels.ok).toBe(true)
    expect(check.taps.filter(({ ok }) => !ok)).toMatchObject([{ tap: "block.1.resid_post", token: 14 }])
  })
  it("where the reference is not a number", async () => {
    const copy = copyOf("blip")
    spoil(join(copy, "reference/pixels.npy"), 4, NaN)
    const check = await checkEncoder(copy)
    expect(check).toMatchObject({ ok: false, pixels: { worst: null, ok: false } })
    expect(check.taps.every(({ ok, error }) => !ok && error === null)).toBe(true)
  })
  it("where a size of the preprocessing is another", async () => {
    const copy = copyOf("timm")
    edit(join(copy, "preprocessor_config.json"), (config) => ({ ...config, crop_size: 24 }))
    await expect(checkEncoder(copy)).rejects.toThrow(/32×32 pixels, but its preprocessing gives 24×24/)
  })
  it("against tolerances of one's own", async () => {
    const strict = await checkEncoder(join(fixtures, "blip"), { tolerance: 1e-12 })
    expect(strict.taps.some(({ ok }) => !ok)).toBe(true)
    expect(strict).toMatchObject({ ok: false, tolerance: 1e-12, levels: 1 })
  })
})

describe("a folder that is not whole", () => {
  it.each(["model.onnx", "preprocessor_config.json", "reference/image.png", "reference/pixels.npy"])(
    "is refused without %s, which is named",
    async (name) => {
      const copy = copyOf("blip")
      rmSync(join(copy, name))
      const error = await rejection(checkEncoder(copy))
      expect(error.message).toContain(name.split("/").at(-1))
      expect(error.name).toMatch(/EncoderError|OnnxError|Error/)
      expect(error).not.toBeInstanceOf(TypeError)
    }
  )
  it("is refused when it is another folder altogether", async () => {
    await expect(checkEncoder(folder)).rejects.toThrow(
      /there is no .*manifest\.json: the folder is not a complete export by tools\/export_encoder\.py/
    )
  })
  it.each([
    ["reference/manifest.json", "{", /manifest\.json: .*JSON/],
    ["reference/manifest.json", '{"format": 2}', /format: expected 1, got 2/],
    ["reference/manifest.json", '{"format": 1, "model": "x", "taps": []}', /taps: expected a list/],
    ["reference/pixels.npy", "no array", /pixels\.npy: not a \.npy file/],
    ["reference/states.safetensors", "no tensors at all", /states\.safetensors: not a \.safetensors file/],
    ["reference/image.png", "no image", /image\.png: not an image/]
  ])("is refused when %s holds %s", async (name, content, says) => {
    const copy = copyOf("blip")
    writeFileSync(join(copy, name), content)
    await expect(checkEncoder(copy)).rejects.toThrow(says)
  })
  it("is refused when a tap of the manifest has no states", async () => {
    const copy = copyOf("blip")
    edit(join(copy, "reference/manifest.json"), (manifest) => ({
      ...manifest,
      taps: ["embed", "block.7.resid_post"]
    }))
    await expect(checkEncoder(copy)).rejects.toThrow(/states\.safetensors has no "block\.7\.resid_post"/)
  })
})
