/**
 * A run is killed at every single write, and the next one finishes: with the same artifacts, without computing again
 * what was finished, and with nothing torn or orphaned left behind.
 */
import { fork } from "node:child_process"
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { rolldown } from "rolldown"
import { afterAll, beforeAll, expect, it } from "vitest"
import { collectGarbage } from "../../../src/store/gc/gc.ts"
import { temporaryMark } from "../../../src/store/layout.ts"
import { verifyStore } from "../../../src/store/verify/verify.ts"
import type { RunRecord } from "../../../src/store/run-record.ts"
import { counting, failOnceAt } from "./faults.ts"
import { artifactsOf, crashGraph, executedIn, Lab } from "./lab.ts"

const root = resolve(import.meta.dirname, "../../..")
const child = join(root, "node_modules/.cache/probeline-test/crash-child.mjs")
/** every write with PROBELINE_EVERY=1; some of them otherwise, others for every offset */
const every = Number(process.env["PROBELINE_EVERY"] ?? 12)
let undisturbed: RunRecord
let writes = 0
const someWrites = (offset: number) => {
  const all = Array.from({ length: writes }, (_, n) => n)
  return all.filter((n) => n % every === offset % every || n === writes - 1)
}

beforeAll(async () => {
  mkdirSync(join(child, ".."), { recursive: true })
  const bundle = await rolldown({
    input: join(import.meta.dirname, "crash-child.ts"),
    platform: "node",
    external: (id) => !id.startsWith(".") && !id.startsWith("/"),
    resolve: { alias: {} },
    logLevel: "silent"
  })
  await bundle.write({ file: child, format: "esm", codeSplitting: false })
  const lab = new Lab()
  undisturbed = (await lab.run(crashGraph(lab), { files: counting((n) => (writes = n)) })).run
  lab.close()
})
afterAll(() => rmSync(child, { force: true }))

it("after SIGKILL at any write the next run finishes, and computes nothing twice", async () => {
  expect(writes).toBeGreaterThan(60)
  const killed: Array<number> = []
  for (const n of someWrites(3)) {
    const lab = new Lab()
    const signal = await ended(lab.folder, n)
    if (signal !== "SIGKILL") throw new Error(`the child was not killed at write ${n}: ${signal}`)
    killed.push(n)
    const graph = crashGraph(lab)
    const plans = await lab.plan(graph)
    const { run } = await lab.run(graph)
    expect(run.status, `write ${n}`).toBe("ok")
    expect(artifactsOf(run), `write ${n}`).toEqual(artifactsOf(undisturbed))
    for (const { node, state, items } of plans) {
      const record = run.nodes.find(({ id }) => id === node.id)!
      if (state === "fresh") expect(record.status, `write ${n}, ${node.id}`).toBe("cached")
      if (items !== null) expect(record.items.executed, `write ${n}, ${node.id}`).toBe(items.left.length)
    }
    await expectClean(lab, `write ${n}`)
    expect(executedIn((await lab.run(graph)).run), `write ${n}`).toEqual([])
    lab.close()
  }
  console.log(`killed at ${killed.length} of ${writes} writes, nothing lost`)
}, 240_000)

it.each(["ENOSPC", "EIO"] as const)(
  "after %s at any write the run ends with one clear problem or well, and the next finishes",
  async (code) => {
    let problems = 0
    const some = someWrites(code === "EIO" ? 7 : 11)
    for (const n of some) {
      const lab = new Lab()
      const graph = crashGraph(lab)
      const first = await lab.run(graph, { files: failOnceAt(n, code) }).then(
        ({ run }) => run,
        (error: unknown) => error
      )
      if (first instanceof Error) {
        problems++
        expect(first, `write ${n}`).toMatchObject({
          _tag: code === "ENOSPC" ? "StoreFull" : "StoreWriteFailed"
        })
        expect(first.message).toContain(join(lab.folder, "store"))
      } else expect(artifactsOf(first as RunRecord), `write ${n}`).toEqual(artifactsOf(undisturbed))
      const { run } = await lab.run(graph)
      expect(run.status, `write ${n}`).toBe("ok")
      expect(artifactsOf(run), `write ${n}`).toEqual(artifactsOf(undisturbed))
      lab.close()
    }
    expect(problems).toBeGreaterThan(some.length / 2)
  },
  240_000
)

/** Nothing is damaged, and gc leaves nothing that was on its way when the process died. */
async function expectClean(lab: Lab, place: string): Promise<void> {
  const { store } = lab.planning()
  const { damaged } = await Effect.runPromise(verifyStore(store))
  expect(damaged, place).toEqual([])
  const later = Date.now() + 48 * 3_600_000
  await Effect.runPromise(collectGarbage(store, { keep: 1, grace: 0, now: later, dryRun: false }))
  const left = readdirSync(store.root, { recursive: true }).map(String)
  expect(
    left.filter((name) => name.includes(temporaryMark)),
    place
  ).toEqual([])
}

/** How a child ended that runs the small world and dies at write n. */
const ended = (folder: string, n: number) =>
  new Promise<string>((resolve) => {
    const process_ = fork(child, [folder, String(n)], { stdio: "ignore" })
    process_.on("exit", (code, signal) => resolve(signal ?? `exit ${code}`))
  })
