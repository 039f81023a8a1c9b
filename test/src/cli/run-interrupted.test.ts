/** At whatever moment a run is interrupted, how the command ends is what the run's record says. */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { afterEach, beforeEach, expect, it } from "vitest"
import { memoryOutput } from "../../../src/cli/output.ts"
import { runCommand } from "../../../src/cli/run.ts"
import { valuesOf } from "./command-lines.ts"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { makeStore } from "../../../src/store/store.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "probeline-interrupted-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const pipeline = `import { column, definePipeline, defineStage, one, table, whole } from "probeline"
export const numbers = defineStage.source("numbers", {
  item: "number",
  output: one({ a: column.int32() }),
  compute: async function* () { yield { id: "n0", a: 1 } }
})
export const total = defineStage.whole("total", {
  inputs: { of: whole({ a: column.int32() }) },
  output: table({ a: column.int32() }),
  summary: () => ({ title: "Summed up", columns: ["n"], rows: [[1]] }),
  compute: () => [{ a: 1 }]
})
export default definePipeline("p", { params: {}, graph: () => ({ total: total("total", { of: numbers("numbers", {}) }) }) })
`

/** Runs it in a store of its own; the clock interrupts the command when it is read for the n-th time. */
async function interruptedAt(n: number) {
  const file = join(folder, "p.ts")
  writeFileSync(file, pipeline)
  const root = join(folder, `store-${n}`)
  // bundled once, by the first run, which nothing interrupts
  const bundled = join(folder, `store-${Infinity}`, "cache", "pipelines")
  if (existsSync(bundled)) cpSync(bundled, join(root, "cache", "pipelines"), { recursive: true })
  const output = memoryOutput()
  const { args } = valuesOf([runCommand], ["run", file])
  let reads = 0
  const fiber = Effect.runFork(
    runCommand.run(args, {
      output,
      json: false,
      debug: false,
      store: root,
      version: "test",
      worker: new URL("file:///worker.js"),
      now: () => {
        if (++reads === n) fiber.interruptUnsafe()
        return new Date(1_800_000_000_000 + reads * 1000)
      },
      stopped: () => ({ reason: "SIGINT came", hint: null })
    }),
    { uninterruptible: runCommand.finishes === true } // as the command line runs it
  )
  const exit = await new Promise<Exit.Exit<number, unknown>>((resolve) => void fiber.addObserver(resolve))
  const store = makeStore(root, nodeFileSystem())
  const id = store.runs()[0]
  const record = id === undefined ? null : await store.run(id)
  return { exit, record, text: output.stdout(), reads }
}

it("ends with 0 where the record says ok, and as interrupted where it says that", async () => {
  const statuses: Array<string> = []
  const { reads } = await interruptedAt(Infinity)
  for (const n of [1, ...Array.from({ length: 12 }, (_, i) => reads - 11 + i)]) {
    const { exit, record, text } = await interruptedAt(n)
    const status = record?.status ?? "none"
    statuses.push(status)
    expect(Exit.isSuccess(exit) ? exit.value : "interrupted", `at ${n}: ${status}`).toBe(
      status === "ok" ? 0 : "interrupted"
    )
    if (status === "ok") expect(text).toContain("Summed up")
    if (status === "interrupted") expect(record!.stopped).toEqual({ reason: "SIGINT came", hint: null })
  }
  expect(new Set(statuses)).toEqual(new Set(["interrupted", "ok"]))
})
