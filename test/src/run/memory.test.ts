/** Law 7: memory does not grow with what there is, in itemwise stages, in whole ones, nor in what shows them. */
import { fork } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { rolldown } from "rolldown"
import { afterAll, beforeAll, expect, it } from "vitest"

const root = resolve(import.meta.dirname, "../../..")
const child = join(root, `node_modules/.cache/probeline-test/memory-child-${process.pid}.mjs`)
const folder = mkdtempSync(join(tmpdir(), "probeline-memory-"))

beforeAll(async () => {
  mkdirSync(join(child, ".."), { recursive: true })
  const bundle = await rolldown({
    input: join(import.meta.dirname, "memory-child.ts"),
    platform: "node",
    external: (id) => !id.startsWith(".") && !id.startsWith("/"),
    logLevel: "silent"
  })
  await bundle.write({ file: child, format: "esm", codeSplitting: false })
})
afterAll(() => {
  rmSync(child, { force: true })
  rmSync(folder, { recursive: true })
})

/** The rows hold 75 MB of text alone, each time that they are held. */
it("300,000 rows pass through itemwise and whole stages in a heap that holds a fraction of them", async () => {
  const items = 300
  const { said, ended } = await run(items, 64)
  const rows = items * 1000
  expect({ said: JSON.parse(said ?? "null") as unknown, ended }).toEqual({
    said: { rows, sum: (rows * (rows - 1)) / 2 },
    ended: "exit 0"
  })
}, 60_000)

/** Runs the child with so many MiB for all that is not young. */
const run = (items: number, mebibytes: number) =>
  new Promise<{ readonly said: string | null; readonly ended: string }>((resolve) => {
    const execArgv = [`--max-old-space-size=${mebibytes}`, "--max-semi-space-size=8"]
    const process_ = fork(child, [folder, String(items)], { execArgv, stdio: "ignore" })
    let said: string | null = null
    process_.on("message", (message) => (said = String(message)))
    process_.on("exit", (code, signal) => resolve({ said, ended: signal ?? `exit ${code}` }))
  })
