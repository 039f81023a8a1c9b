import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { checkCommand } from "../../../stages/commands/check.ts"
import { resolveEncoderFile, onnx } from "../../../stages/vision/encoder.ts"
import { decodeImage } from "../../../stages/vision/image.ts"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { preprocess } from "../../../stages/vision/preprocess.ts"
import { encodeNpy } from "../../../stages/tensor-files/npy.ts"
import { look, makeFolder, problemOf, quickstart, writeImage } from "./rig.ts"

/** A folder as tools/export_encoder.py writes it, whose reference is what we compute ourselves. */
let folder: string
let states: Readonly<Record<string, { readonly shape: ReadonlyArray<number>; readonly data: Float32Array }>>
const taps = ["embed", "block.5.resid_post"]
beforeAll(async () => {
  folder = makeFolder()
  const at = (name: string) => path.join(folder, name)
  fs.mkdirSync(at("reference"))
  fs.copyFileSync(quickstart, at("model.onnx"))
  for (const name of ["preprocessor_config.json", "config.json"])
    fs.copyFileSync(path.join(path.dirname(quickstart), name), at(name))
  const image = await writeImage(at("reference/image.png"), 40, 60, (x, y) => [x * 4, y * 6, x + y])
  const { preprocessing } = await resolveEncoderFile(onnx(at("model.onnx")))
  const { data, height, width } = preprocess(await decodeImage(fs.readFileSync(image)), preprocessing)
  fs.writeFileSync(at("reference/pixels.npy"), encodeNpy([1, 3, height, width], data))
  const session = await openEncoder(at("model.onnx"), { taps })
  states = (await session.run(data, [1, 3, height, width])) as typeof states
  await session.release()
  const manifest = { format: 1, model: "lab/vit", versions: { torch: "2.15.0" }, taps }
  fs.writeFileSync(at("reference/manifest.json"), JSON.stringify(manifest))
  writeStates(1)
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

/** Safetensors: the states, all values times `factor`. */
function writeStates(factor: number): void {
  const header: Record<string, object> = {}
  let end = 0
  for (const tap of taps) {
    const { shape, data } = states[tap]!
    header[tap] = { dtype: "F32", shape: [...shape], data_offsets: [end, end + data.byteLength] }
    end += data.byteLength
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const values = taps.map((tap) => Buffer.from(states[tap]!.data.map((value) => value * factor).buffer))
  fs.writeFileSync(
    path.join(folder, "reference/states.safetensors"),
    Buffer.concat([length, json, ...values])
  )
}
const check = (args: { tolerance?: string; levels?: string } = {}) =>
  checkCommand({ folder, tolerance: null, levels: null, ...args })

it("an encoder that gives what Python gave is the model: exit code 0", async () => {
  const { json, text, exitCode } = await check()
  expect(exitCode).toBe(0)
  expect(json).toMatchObject({ name: "lab/vit", ok: true, pixels: { ok: true, worst: 0 } })
  const page = text(look)
  expect(page).toContain("lab/vit")
  expect(page).toContain("torch 2.15.0")
  expect(page).toMatch(/^embed\t1×65×96\t\S+\t\d+\tok$/m)
  expect(page).toContain("OK: the export matches the Python model")
  expect(page).toMatch(/not in the reference: .*final\.norm/)
})

it("one that does not is another: exit code 1, and where it differs", async () => {
  writeStates(1.01)
  const { json, text, exitCode } = await check()
  expect(exitCode).toBe(1)
  expect(json).toMatchObject({ ok: false })
  expect(text(look)).toMatch(/^block\.5\.resid_post\t1×65×96\t9\.9e-3\t\d+\tDIFFERS$/m)
  expect(text(look)).toContain("FAILED: the export differs from the Python model by more than 0.0001")
  expect((await check({ tolerance: "2e-2" })).exitCode).toBe(0)
  writeStates(1)
})

it("refuses numbers that are none, and folders that are no export", async () => {
  expect(await problemOf(check({ tolerance: "small" }))).toMatchObject({
    _tag: "Usage",
    message: '--tolerance: expected a number ≥ 0, got "small"'
  })
  expect(await problemOf(check({ levels: "-1" }))).toMatchObject({ _tag: "Usage" })
  const missing = path.join(folder, "missing")
  expect(await problemOf(checkCommand({ folder: missing, tolerance: null, levels: null }))).toMatchObject({
    _tag: "InputInvalid",
    message: `there is no folder ${missing}`
  })
  const file = path.join(folder, "reference/states.safetensors")
  fs.truncateSync(file, 1000)
  expect(await problemOf(check())).toMatchObject({ _tag: "InputInvalid", file })
  writeStates(1)
})
