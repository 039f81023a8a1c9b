import { readFileSync, statSync } from "node:fs"
import * as path from "node:path"
import { expect, test } from "vitest"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { parsePreprocessorConfig } from "../../../stages/vision/preprocessor-config.ts"
import { modelOf, quickstartModel } from "./fixture.ts"

const beside = (name: string) => path.join(path.dirname(quickstartModel), name)
const json = (name: string) => JSON.parse(readFileSync(beside(name), "utf8"))

test("the tests' encoder is small, in one file, and what its configuration says", () => {
  const config = json("config.json")
  const model = modelOf(quickstartModel)
  expect(statSync(quickstartModel).size).toBeLessThan(3e6)
  expect(model.externalFiles).toEqual([])
  expect(describeEncoder(model)).toMatchObject({
    input: { name: "pixel_values", height: config.image_size, width: config.image_size, batch: "dynamic" },
    patch: { height: config.patch_size, width: config.patch_size },
    prefixTokens: 1,
    width: config.hidden_size,
    blocks: config.num_hidden_layers,
    outputs: ["last_hidden_state", "pooler_output"],
    opset: 18
  })
})

test("its preprocessing makes images of the size it takes", () => {
  expect(parsePreprocessorConfig(json("preprocessor_config.json"), "preprocessor_config.json")).toMatchObject(
    {
      resize: { kind: "exact", height: 64, width: 64 },
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5]
    }
  )
})

test("its card says that its weights are random", () => {
  expect(readFileSync(beside("README.md"), "utf8")).toMatch(/^# .*RANDOM WEIGHTS$/m)
})
