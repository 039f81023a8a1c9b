import { statfsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Tests that change their process (its environment, code that it loads and that sets globals) or count what it has
 * loaded: each has one of its own. The others share two, and so load what they test twice and not 200 times.
 */
const alone = [
  "test/src/load/**/*.test.ts",
  "test/src/executors/*.test.ts",
  "test/src/run/blame.test.ts",
  "test/stages/hub/*.test.ts",
  "test/stages/commands/fetch.test.ts"
]

// Stores of tests lie in memory where it has room: they are flushed file by file, and no test cuts the power.
const memory = memoryFolder("/dev/shm", 4 * 2 ** 30)
if (memory !== null) process.env["TMPDIR"] ??= memory

function memoryFolder(folder: string, bytes: number): string | null {
  try {
    const { type, bavail, bsize } = statfsSync(folder)
    const isInMemory = type === 0x01021994 // TMPFS_MAGIC of statfs(2)
    return isInMemory && bavail * bsize >= bytes ? folder : null
  } catch {
    return null
  }
}

export default defineConfig({
  resolve: {
    alias: { "probeline/stages": at("./stages/index.ts"), probeline: at("./src/index.ts") }
  },
  test: {
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // two cores: more files at a time only take turns
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: [...alone, "test/nodes/**"]
        }
      },
      { extends: true, test: { name: "alone", include: alone } }
    ]
  }
})
