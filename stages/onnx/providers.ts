/**
 * Execution providers: what of onnxruntime computes. docs/providers.md says what has to be installed for each.
 *
 * A session is given one provider and no second choice: onnxruntime-node fails where it cannot have it, so that what
 * a key names is what computed.
 */
import { OnnxError } from "./onnx-error.ts"

/** Those that onnxruntime-node 1.30 has on one platform or another (its README's table, and TensorRT with CUDA). */
export const providers = ["cpu", "cuda", "tensorrt", "webgpu", "coreml", "dml"] as const
export type Provider = (typeof providers)[number]

/** The part of onnxruntime-node that is used here; tests bring their own. */
export type Runtime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor"> & {
  readonly listSupportedBackends: () => ReadonlyArray<{ readonly name: string }>
}

/** @throws {OnnxError} this build of the runtime does not know the provider */
export function checkProvider(provider: Provider, runtime: Runtime): void {
  const known = runtime.listSupportedBackends().map(({ name }) => name)
  if (known.includes(provider)) return
  throw new OnnxError(
    `onnxruntime has no provider "${provider}" on ${platform()}: it has ${known.join(", ")} (docs/providers.md)`
  )
}

/** What a failed load says of the provider; null where something else is wrong. */
export function reasonOfProvider(provider: Provider, said: string): string | null {
  const missing = /Failed to load shared library|backend not found|no available backend/i.test(said)
  const none =
    /Failed to get a WebGPU adapter|no CUDA-capable device|CUDA failure|CUDA driver|cudaSetDevice/i.test(said)
  if (provider === "cpu" || !(missing || none)) return null
  return `onnxruntime cannot use provider "${provider}" here: ${missing ? install[provider] : device[provider]} (${said.trim()})`
}

/** onnxruntime-node leaves the files of CUDA out, and its install script, which fetches them, is not run by default. */
const cudaFiles =
  "fetch its files by `node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12`, and see docs/providers.md for the CUDA 12 and cuDNN 9 that they need"
const install: Record<Exclude<Provider, "cpu">, string> = {
  cuda: cudaFiles,
  tensorrt: `${cudaFiles}, and install TensorRT`,
  webgpu: "it needs a driver of Vulkan, Metal or Direct3D 12",
  coreml: "it is in onnxruntime-node for macOS alone",
  dml: "it is in onnxruntime-node for Windows alone"
}
const device: Record<Exclude<Provider, "cpu">, string> = {
  cuda: "there is no CUDA device, or its driver is too old: `nvidia-smi` shows it, CUDA_VISIBLE_DEVICES may hide it",
  tensorrt: "there is no CUDA device, or its driver is too old: `nvidia-smi` shows it",
  webgpu: "there is no adapter: it needs a graphics card with a driver of Vulkan, Metal or Direct3D 12",
  coreml: "Core ML refuses this machine",
  dml: "there is no device of Direct3D 12"
}

const platform = (): string => `${process.platform} ${process.arch}`
