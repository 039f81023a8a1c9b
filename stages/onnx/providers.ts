/**
 * Execution providers: the part of onnxruntime that computes. docs/providers.md lists what each needs.
 *
 * A session gets one provider and no fallback: onnxruntime-node fails if the provider is unavailable, so the provider
 * in a key is the one that computed.
 */
import { OnnxError } from "./onnx-error.ts"

/** The providers of onnxruntime-node 1.30 on any platform (its README's table, and TensorRT with CUDA). */
export const providers = ["cpu", "cuda", "tensorrt", "webgpu", "coreml", "dml"] as const
export type Provider = (typeof providers)[number]

/** The part of onnxruntime-node that is used here; tests pass their own. */
export type Runtime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor"> & {
  readonly listSupportedBackends: () => ReadonlyArray<{ readonly name: string }>
}

/** @throws {OnnxError} this build of the runtime lacks the provider */
export function checkProvider(provider: Provider, runtime: Runtime): void {
  const known = runtime.listSupportedBackends().map(({ name }) => name)
  if (known.includes(provider)) return
  throw new OnnxError(
    `onnxruntime has no provider "${provider}" on ${platform()}: it has ${known.join(", ")} (docs/providers.md)`
  )
}

/** What a load error says about the provider; null if something else is wrong. */
export function reasonOfProvider(provider: Provider, said: string): string | null {
  const missing = /Failed to load shared library|backend not found|no available backend/i.test(said)
  const none =
    /Failed to get a WebGPU adapter|no CUDA-capable device|CUDA failure|CUDA driver|cudaSetDevice/i.test(said)
  if (provider === "cpu" || !(missing || none)) return null
  return `onnxruntime cannot use provider "${provider}" here: ${missing ? install[provider] : device[provider]} (${said.trim()})`
}

/** onnxruntime-node does not bundle CUDA's files; npm does not run the install script that fetches them by default. */
const cudaFiles =
  "fetch its files with `node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12`, and see docs/providers.md for CUDA 12 and cuDNN 9, which they need"
const install: Record<Exclude<Provider, "cpu">, string> = {
  cuda: cudaFiles,
  tensorrt: `${cudaFiles}, and install TensorRT`,
  webgpu: "it needs a Vulkan, Metal or Direct3D 12 driver",
  coreml: "onnxruntime-node has it only on macOS",
  dml: "onnxruntime-node has it only on Windows"
}
const device: Record<Exclude<Provider, "cpu">, string> = {
  cuda: "there is no CUDA device, or its driver is too old (check `nvidia-smi`), or CUDA_VISIBLE_DEVICES hides it",
  tensorrt: "there is no CUDA device, or its driver is too old (check `nvidia-smi`)",
  webgpu: "there is no adapter: it needs a graphics card with a Vulkan, Metal or Direct3D 12 driver",
  coreml: "Core ML does not support this machine",
  dml: "there is no Direct3D 12 device"
}

const platform = (): string => `${process.platform} ${process.arch}`
