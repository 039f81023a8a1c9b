/** A fault of the model is found when the encoder is opened, by the model's name, and not at each image. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, expect, it } from "vitest"
import { Extractor } from "../../../stages/extract-activations/extractor.ts"
import { onnx } from "../../../stages/vision/encoder.ts"
import { graphPatch, message, node, tensorInfo } from "../../../stages/onnx/writer.ts"
import { rejection } from "../fakes.ts"
import { options, runtimeOf } from "./images.ts"

const folder = mkdtempSync(path.join(tmpdir(), "probeline-faulty-"))
afterAll(() => rmSync(folder, { recursive: true }))

const sound = options.encoder.model!.path
/** The sound model with a patch, beside the same preprocessing. */
function faulty(name: string, patch: Uint8Array): string {
  const home = path.join(folder, name)
  mkdirSync(home)
  const config = "preprocessor_config.json"
  copyFileSync(path.join(path.dirname(sound), config), path.join(home, config))
  writeFileSync(path.join(home, `${name}.onnx`), message(readFileSync(sound), patch))
  return path.join(home, `${name}.onnx`)
}
const open = (model: string, taps: string) =>
  rejection(Extractor.open({ ...options, encoder: { ...onnx(model) }, taps }))

it("a tap that the runtime cannot compute of any image", async () => {
  // [65, 96] by [65, 96]
  const product = node("MatMul", ["last_hidden_state", "last_hidden_state"], "wrong")
  const patch = graphPatch({ nodes: [product], inputs: [], outputs: [] })
  const { message: said } = await open(faulty("product", patch), "tensor:wrong")
  expect(said).toMatch(/product\.onnx: onnxruntime (?:failed on images \[1, 3, 64, 64\]|cannot load it)/)
})

it("a tap that is no matrix of tokens", async () => {
  const patch = graphPatch({ nodes: [node("Relu", ["pixel_values"], "pixels")], inputs: [], outputs: [] })
  const { message: said } = await open(faulty("pixels", patch), "tensor:pixels")
  expect(said).toContain("pixels.onnx: the tap tensor:pixels")
})

it("a second tower's input", async () => {
  const patch = graphPatch({
    nodes: [],
    inputs: [tensorInfo("input_ids", "int64", ["batch", 77])],
    outputs: []
  })
  const { message: said } = await open(faulty("towers", patch), "embed")
  expect(said).toContain("towers.onnx: it also needs input_ids: export the vision encoder alone")
})

it("whatever the runtime says, and the session is released", async () => {
  const { runtime } = runtimeOf(1)
  let released = 0
  const failing = {
    ...runtime,
    InferenceSession: {
      create: async () => ({
        run: () => Promise.reject(new Error("Got invalid dimensions for input")),
        release: async () => void released++
      })
    }
  } as unknown as typeof runtime
  const { message: said } = await rejection(Extractor.open(options, failing))
  expect(said).toMatch(
    /model\.onnx: onnxruntime failed on images \[1, 3, 64, 64\]: Got invalid dimensions.*the model is at fault/
  )
  expect(released).toBe(1)
})
