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
  const rows = 300_000
  expect(await run("rows", rows / 1000, 64)).toEqual(counted(rows, (rows * (rows - 1)) / 2))
}, 60_000)

/** As JavaScript's objects, ids and places of so many items are more than the whole heap. */
it("300,000 items pass through a source, an itemwise stage and a whole one in a heap that holds no object for each", async () => {
  const items = 300_000
  expect(await run("items", items, 40)).toEqual(counted(items, (items * (items + 1)) / 2))
}, 60_000)

const counted = (rows: number, sum: number) => ({ said: { rows, sum }, ended: "exit 0" })

/** Runs the child with so many MiB for all that is not young. */
const run = (what: "rows" | "items", count: number, mebibytes: number) =>
  new Promise<{ readonly said: unknown; readonly ended: string }>((resolve) => {
    const execArgv = [`--max-old-space-size=${mebibytes}`, "--max-semi-space-size=8"]
    const args = [join(folder, what), what, String(count)]
    mkdirSync(args[0]!)
    const process_ = fork(child, args, { execArgv, stdio: "ignore" })
    let said: unknown = null
    process_.on("message", (message) => (said = JSON.parse(String(message))))
    process_.on("exit", (code, signal) => resolve({ said, ended: signal ?? `exit ${code}` }))
  })
