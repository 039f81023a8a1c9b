/** What of the runtime is in the key of activations: its version, the provider that computes, and how values are kept. */
import { createRequire } from "node:module"
import type { Provider } from "../onnx/providers.ts"
import type { Precision } from "./precision.ts"

export interface RuntimeEnvironment {
  readonly onnxruntime: string
  readonly provider: Provider
  readonly precision: Precision
}

/**
 * A session has the provider that is asked for or fails, so that this one is what computes (docs/providers.md). The
 * package's version is read, and no native code is loaded.
 */
export function runtimeEnvironment(provider: Provider, precision: Precision): RuntimeEnvironment {
  const require = createRequire(import.meta.url)
  const { version } = require("onnxruntime-node/package.json") as { readonly version: string }
  return { onnxruntime: version, provider, precision }
}
