/**
 * Damaged files: every reader ends, with a value or with an error of its own kind.
 *
 * Each target runs in a thread of its own with little memory, which is stopped where one case takes half a minute: cases
 * take about a millisecond, so that only a loop without an end does, however busy the machine is.
 *
 * `PROBELINE_FUZZ=100000` runs so many cases a target, `PROBELINE_FUZZ_FROM=5000` begins with that case. A case is drawn
 * from its target's name and its number alone.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { Worker } from "node:worker_threads"
import { rolldown } from "rolldown"
import { afterAll, expect, it } from "vitest"
import { targets } from "./targets.ts"
import type { Batch, Outcome } from "./worker.ts"

const cases = Number(process.env["PROBELINE_FUZZ"] ?? 2000)
const from = Number(process.env["PROBELINE_FUZZ_FROM"] ?? 0)
const root = path.resolve(import.meta.dirname, "../..")
// in the project, so that the bundle finds its packages
fs.mkdirSync(path.join(root, "node_modules/.cache/probeline"), { recursive: true })
const folder = fs.mkdtempSync(path.join(root, "node_modules/.cache/probeline/fuzz-"))
const file = path.join(folder, "worker.mjs")
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const build = await rolldown({
  input: path.join(import.meta.dirname, "worker.ts"),
  platform: "node",
  external: (id) => !/^[./]/.test(id)
})
await build.write({ file, format: "esm", codeSplitting: false })

/** Runs a batch. Rejects where it uses too much memory, or a case does not end. */
function run(target: string): Promise<Outcome> {
  const at = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(file, {
    workerData: { target, from, cases, at } satisfies Batch,
    resourceLimits: { maxOldGenerationSizeMb: 256 }
  })
  return new Promise((resolve, reject) => {
    let [last, same] = [-1, 0]
    const watch = setInterval(() => {
      const now = Atomics.load(at, 0)
      same = now === last ? same + 1 : 0
      last = now
      if (same < 6) return
      reject(new Error(`${target}: case ${now} does not end`))
      void worker.terminate()
    }, 5000)
    worker
      .once("message", resolve)
      .once("error", (error) => reject(new Error(`${target}: case ${Atomics.load(at, 0)}: ${error.message}`)))
      .once("exit", () => clearInterval(watch))
  })
}

it.each(Object.keys(targets))(
  "%s",
  async (target) => {
    const { wrong, refused, valid } = await run(target)
    if (process.env["PROBELINE_FUZZ"] !== undefined)
      console.log(`${target}: ${valid} valid, ${refused} refused`)
    expect(wrong).toEqual([])
    // one file in five is whole, and most damage is seen
    expect(refused).toBeGreaterThan(cases / 5)
    if (target !== "protobuf") expect(valid).toBeGreaterThan(cases / 10)
  },
  3_600_000
)
