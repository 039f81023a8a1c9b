/** What computes: given to the runtime as it was asked for, in the key, and said where it is missing. */
import { createRequire } from "node:module"
import { describe, expect, it, test } from "vitest"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { type Provider, reasonOfProvider } from "../../../stages/onnx/providers.ts"
import { rejection, worldOf } from "../fakes.ts"
import { extracted, imageFile, item, options, runtimeOf } from "./images.ts"
import { extractActivations, runtimeEnvironment } from "../../../stages/extract-activations/stage.ts"

const items = ["rgb.jpg", "grey.png", "small.png"].map((name) => item(imageFile(name)))

it("the session has the provider that is asked for, and no second choice", async () => {
  for (const provider of ["cpu", "cuda"] as const) {
    const { asked, runtime } = runtimeOf(1)
    await extracted(items, { provider }, runtime)
    expect(asked.options).toMatchObject([
      { executionProviders: [provider], intraOpNumThreads: 1, interOpNumThreads: 1 }
    ])
  }
})

it("images go in several at a time on the CPU, where values do not depend on it, and alone elsewhere", async () => {
  const cpu = runtimeOf(1)
  await extracted(items, {}, cpu.runtime)
  // the first is the image of zeros
  expect(cpu.asked.batches).toEqual([1, 3])

  const cuda = runtimeOf(1)
  await extracted(items, { provider: "cuda" }, cuda.runtime)
  expect(cuda.asked.batches).toEqual([1, 1, 1, 1])
})

it("provider, precision and the runtime's version are in the key", async () => {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string }
  expect(runtimeEnvironment("cuda", "float16")).toEqual({
    onnxruntime: version,
    provider: "cuda",
    precision: "float16"
  })
  const { identity } = extractActivations.stage.spec
  const world = worldOf("/")
  expect(await identity!({ ...options, provider: "webgpu" }, world)).toMatchObject({
    environment: { provider: "webgpu", precision: "float32" }
  })
})

describe("a provider that is missing", () => {
  const open = (provider: Provider, backends?: ReadonlyArray<string>) =>
    rejection(
      openEncoder(options.encoder.model!.path, {
        taps: ["embed"],
        provider,
        ...(backends === undefined ? {} : { runtime: runtimeOf(1, backends).runtime })
      })
    )

  it("on this platform: those that are there are named", async () => {
    const { message } = await open("coreml", ["cpu", "webgpu", "cuda"])
    expect(message).toBe(
      `onnxruntime has no provider "coreml" on ${process.platform} ${process.arch}: it has cpu, webgpu, cuda (docs/providers.md)`
    )
  })

  test.skipIf(process.platform !== "linux" || process.arch !== "x64" || hasCuda())(
    "CUDA's files, with the true runtime: how to fetch them (skipped but on linux x64 without them)",
    async () => {
      const { message } = await open("cuda")
      expect(message).toMatch(/^onnxruntime cannot use provider "cuda" here: /)
      expect(message).toContain(
        "node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12"
      )
      expect(message).toContain("docs/providers.md")
    }
  )

  test.each([
    ["cuda", "CUDA failure 100: no CUDA-capable device is detected", "nvidia-smi"],
    [
      "tensorrt",
      "OrtSessionOptionsAppendExecutionProvider_TensorRT: Failed to load shared library",
      "TensorRT"
    ],
    ["webgpu", "Failed to get a WebGPU adapter: No supported adapters", "there is no adapter"]
  ] as const)("%s: %s", (provider, said, says) => {
    expect(reasonOfProvider(provider, said)).toContain(says)
    expect(reasonOfProvider(provider, said)).toContain(said)
  })

  it("and a model that is corrupt is not blamed on the provider", () => {
    expect(reasonOfProvider("cuda", "Protobuf parsing failed.")).toBeNull()
    expect(reasonOfProvider("cpu", "Failed to load shared library")).toBeNull()
  })
})

function hasCuda(): boolean {
  try {
    createRequire(import.meta.url).resolve(
      "onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so"
    )
    return true
  } catch {
    return false
  }
}
