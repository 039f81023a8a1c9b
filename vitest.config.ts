import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: { "probeline/stages": at("./stages/index.ts"), probeline: at("./src/index.ts") }
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 240_000,
    // two cores: more files at a time only take turns
    maxWorkers: 2
  }
})
