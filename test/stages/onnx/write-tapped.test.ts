import { execFileSync } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { InferenceSession, Tensor, type TypedTensor } from "onnxruntime-node"
import { afterAll, describe, expect, it, test } from "vitest"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { tapModel } from "../../../stages/onnx/patch.ts"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { writeTapped } from "../../../stages/onnx/write-tapped.ts"
import { fixture, fusedModel, modelOf, pixelsOf, relativeDifference } from "./fixture.ts"

const folder = mkdtempSync(path.join(tmpdir(), "probeline-tapped-"))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const newFolder = (): string => {
  const made = path.join(folder, String(count++))
  mkdirSync(made)
  return made
}
const fused = path.join(folder, "fused.onnx")
writeFileSync(fused, fusedModel())

const models: ReadonlyArray<[string, string]> = [
  ["clip", fixture("clip.onnx")],
  ["clip of opset 14", fixture("clip-opset14.onnx")],
  ["flava, of a fixed batch", fixture("flava.onnx")],
  ["dinov2 with registers", fixture("dinov2-registers.onnx")],
  ["vit in half precision, with external weights", fixture("vit-fp16.onnx")],
  ["a fused block", fused],
  ["clip of fused nodes, with biases inside", fixture("clip-fused.onnx")],
  ["blip in 8 bits", fixture("blip-int8.onnx")]
]

describe("a tapped model", () => {
  test.each(models)("gives out the taps under their names, in any runtime: %s", async (_, file) => {
    const target = path.join(newFolder(), "tapped.onnx")
    const { outputs, bytes } = writeTapped(file, target)
    const taps = describeEncoder(modelOf(file)).taps.map(({ name }) => name)
    expect(outputs.map(({ name }) => name)).toEqual(taps)
    expect(readFileSync(target)).toHaveLength(bytes)

    const { pixels, shape } = pixelsOf("pixels.npy")
    const session = await InferenceSession.create(target)
    const own = (await InferenceSession.create(file)).outputNames
    expect(session.outputNames).toEqual([...own, ...taps])
    const results = await session.run({ [session.inputNames[0]!]: new Tensor("float32", pixels, shape) })
    const encoder = await openEncoder(file, { taps })
    const expected = await encoder.run(pixels, shape)
    await encoder.release()
    for (const tap of taps) {
      const { data, dims, type } = results[tap] as TypedTensor<"float32">
      expect([type, dims], tap).toEqual(["float32", expected[tap]!.shape])
      // the runtime leaves out roundings to half precision, others with other outputs: 2⁻¹¹ each
      const tolerance = file.includes("fp16") ? 5e-4 : 1e-6
      expect(relativeDifference(data, expected[tap]!.data), tap).toBeLessThan(tolerance)
    }
  })

  test.each(models)("is what it was, in one graph, with a node a tap: %s", (_, file) => {
    const target = path.join(newFolder(), "tapped.onnx")
    writeTapped(file, target, { taps: "embed,block.*.resid_post" })
    const [before, after] = [modelOf(file), modelOf(target)]
    expect(after.graph.nodes.slice(0, before.graph.nodes.length)).toEqual(before.graph.nodes)
    expect(after.graph.initializers).toEqual(before.graph.initializers)
    expect(after.graph.inputs).toEqual(before.graph.inputs)
    expect([after.opsets, after.irVersion]).toEqual([before.opsets, before.irVersion])
    // its structure is still recognised
    expect(describeEncoder(after).blocks).toBe(describeEncoder(before).blocks)
  })

  it("puts the parts of a graph together that other tools appended", () => {
    const file = path.join(newFolder(), "appended.onnx")
    const { patch } = tapModel(modelOf(fixture("clip.onnx")), ["embed"])
    writeFileSync(file, Buffer.concat([readFileSync(fixture("clip.onnx")), patch]))
    const target = path.join(newFolder(), "tapped.onnx")
    writeTapped(file, target)
    expect(topFields(readFileSync(target)).filter((number) => number === 7)).toHaveLength(1)
    expect(modelOf(target).graph.outputs).toContainEqual(modelOf(file).graph.outputs.at(-1))
  })

  it("takes external weights along into another folder, and leaves them in its own", () => {
    const home = newFolder()
    for (const name of ["vit-fp16.onnx", "vit-fp16.onnx_data"]) {
      copyFileSync(fixture(name), path.join(home, name))
    }
    const file = path.join(home, "vit-fp16.onnx")
    const beside = writeTapped(file, path.join(home, "tapped.onnx"))
    expect(beside.dataFiles).toEqual([path.join(home, "vit-fp16.onnx_data")])
    expect(readdirSync(home).toSorted()).toEqual(["tapped.onnx", "vit-fp16.onnx", "vit-fp16.onnx_data"])

    const away = newFolder()
    const data = path.join(away, "vit-fp16.onnx_data")
    expect(writeTapped(file, path.join(away, "tapped.onnx")).dataFiles).toEqual([data])
    expect(readFileSync(data)).toEqual(readFileSync(fixture("vit-fp16.onnx_data")))
  })
})

describe("writing a tapped model is refused", () => {
  const clip = fixture("clip.onnx")
  const refused = (file: string, target: string, message: RegExp, options = {}) => {
    const before = readdirSync(path.dirname(target))
    expect(() => writeTapped(file, target, options)).toThrow(message)
    expect(readdirSync(path.dirname(target))).toEqual(before)
  }
  const there = path.join(newFolder(), "there.onnx")
  writeFileSync(there, "mine")

  test("over a file, unless that is asked for", () => {
    refused(clip, there, /clip\.onnx: .*there\.onnx already exists/)
    expect(readFileSync(there, "utf8")).toBe("mine")
    writeTapped(clip, there, { overwrite: true })
    expect(modelOf(there).graph.outputs.length).toBeGreaterThan(2)
  })

  test("over the model itself", () => {
    const own = path.join(newFolder(), "own.onnx")
    copyFileSync(clip, own)
    refused(own, own, /cannot be replaced by its tapped copy/, { overwrite: true })
  })

  test("over other weights, or without the weights", () => {
    const target = path.join(newFolder(), "tapped.onnx")
    writeFileSync(path.join(path.dirname(target), "vit-fp16.onnx_data"), "others")
    refused(
      fixture("vit-fp16.onnx"),
      target,
      /vit-fp16\.onnx: its weights would overwrite a different file, .*write the copy to another folder/
    )
    const alone = path.join(newFolder(), "alone.onnx")
    copyFileSync(fixture("vit-fp16.onnx"), alone)
    refused(alone, path.join(newFolder(), "tapped.onnx"), /vit-fp16\.onnx_data is missing/)
  })

  test("of what is no model, of a tap that is not there, and twice", () => {
    const target = path.join(newFolder(), "tapped.onnx")
    refused(fixture("pixels.npy"), target, /pixels\.npy: .*not/)
    refused(path.join(folder, "no.onnx"), target, /the encoder .*no\.onnx cannot be read/)
    refused(clip, target, /clip\.onnx: no tap matches "block\.7\.\*"/, { taps: "block.7.*" })
    writeTapped(clip, target)
    refused(target, path.join(newFolder(), "again.onnx"), /already has a tensor "embed".*tapped already/)
  })
})

/** Numbers of the fields of a message. */
function topFields(bytes: Uint8Array): ReadonlyArray<number> {
  const numbers: Array<number> = []
  let at = 0
  const varint = () => {
    for (let [value, place] = [0, 1]; ; place *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * place
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const key = varint()
    numbers.push(key >> 3)
    const length = varint()
    if ((key & 7) === 2) at += length
  }
  return numbers
}

const python = process.env["PROBELINE_PYTHON"]
describe.skipIf(python === undefined)(
  python === undefined ? "in Python (skipped: PROBELINE_PYTHON is not set)" : "in Python",
  () => {
    test.each(models)(
      "it passes onnx.checker and gives the same: %s",
      async (_, file) => {
        const at = newFolder()
        const target = path.join(at, "tapped.onnx")
        writeTapped(file, target)
        const { pixels, shape } = pixelsOf("pixels.npy")
        writeFileSync(path.join(at, "pixels.f32"), pixels)
        const script = fileURLToPath(new URL("check_tapped.py", import.meta.url))
        const given = [script, file, target, path.join(at, "pixels.f32"), JSON.stringify(shape)]
        const seen = JSON.parse(execFileSync(python!, given, { encoding: "utf8" })) as Record<
          string,
          [ReadonlyArray<number>, number]
        >
        const taps = describeEncoder(modelOf(file)).taps.map(({ name }) => name)
        const encoder = await openEncoder(file, { taps })
        const expected = await encoder.run(pixels, shape)
        await encoder.release()
        for (const tap of taps) {
          const [dims, magnitude] = seen[tap]!
          const { data, shape } = expected[tap]!
          expect(dims).toEqual(shape)
          expect(magnitude / data.reduce((sum, value) => sum + Math.abs(value), 0)).toBeCloseTo(1, 4)
        }
      },
      60_000
    )
  }
)
