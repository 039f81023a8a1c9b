/** What of the runtime is in the key of activations: its version and the provider that computes. */
import { createRequire } from "node:module"

export function runtimeEnvironment(): { readonly onnxruntime: string; readonly provider: string } {
  const require = createRequire(import.meta.url)
  const { version } = require("onnxruntime-node/package.json") as { readonly version: string }
  return { onnxruntime: version, provider: "cpu" }
}
