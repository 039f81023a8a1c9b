/**
 * Random worlds, random edits, random failures and kills, by both executors, compared after each step with the model.
 *
 * `PROBELINE_WORLDS=100` says how many, `PROBELINE_FROM=1000` where to begin; `npm run test:random` goes on until it is
 * stopped.
 */
import { mkdirSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { rolldown } from "rolldown"
import { afterAll, afterEach, beforeAll, expect, it } from "vitest"
import { below, seededRandom } from "../../../src/index.ts"
import type { AnyStage } from "../../../src/pipeline/stage.ts"
import type { RunRecord } from "../../../src/store/run-record.ts"
import { counting, failOnceAt } from "./faults.ts"
import * as lab_ from "./lab.ts"
import { artifactsOf, executedIn, Lab, type LabOptions } from "./lab.ts"
import { build, edit, type Expected, Model, newWorld, varyChunks } from "./worlds.ts"

const worlds = Number(process.env["PROBELINE_WORLDS"] ?? 12)
const first = Number(process.env["PROBELINE_FROM"] ?? 0)
const root = resolve(import.meta.dirname, "../../..")
const bundle = join(root, `node_modules/.cache/probeline-test/lab-${process.pid}.mjs`)

/** Worker processes import the laboratory's stages from a bundle, as they import a user's. */
beforeAll(async () => {
  mkdirSync(join(bundle, ".."), { recursive: true })
  const made = await rolldown({
    input: join(import.meta.dirname, "lab.ts"),
    platform: "node",
    external: (id) => !id.startsWith(".") && !id.startsWith("/"),
    logLevel: "silent"
  })
  await made.write({ file: bundle, format: "esm", codeSplitting: false })
})
afterAll(() => rmSync(bundle, { force: true }))
const addressOf = (stage: AnyStage) => {
  const found = Object.entries(lab_).find(([, one]) => (one as { stage?: AnyStage }).stage === stage)
  return found === undefined ? null : { url: pathToFileURL(bundle).href, module: null, export: found[0] }
}
const apart = { entry: pathToFileURL(join(root, "dist/worker.js")), addressOf }

const labs: Array<Lab> = []
const newLab = () => {
  const lab = new Lab()
  labs.push(lab)
  return lab
}
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

it(`a run executes exactly what changed, whatever failed or was killed before (${worlds} worlds)`, async () => {
  const seen = { steps: 0, edits: 0, killed: 0, apart: 0, failures: 0 }
  for (let seed = first; seed < first + worlds; seed++) {
    await oneWorld(seed, seen)
    for (const lab of labs.splice(0)) lab.close()
  }
  console.log(`random worlds: ${worlds}, ${JSON.stringify(seen)}`)
  expect(seen.steps).toBe(worlds * 4)
})

async function oneWorld(seed: number, seen: Record<string, number>): Promise<void> {
  const random = seededRandom("random worlds", seed)
  const chunks = seededRandom("random chunks", seed)
  const failing = below(random, 2) === 0
  const world = newWorld(random, failing)
  const [lab, model] = [newLab(), new Model()]
  for (let step = 0; step < 4; step++) {
    const what = step === 0 ? "the first run" : edit(world, random, failing)
    const place = `world ${seed}, step ${step}: ${what}`
    const graph = build(lab, world)
    varyChunks(chunks)
    const options: LabOptions = { jobs: 1 + below(random, 8), keepGoing: true }
    const isApart = below(random, 8) === 0
    const isKilled = below(random, 3) === 0
    seen["steps"]!++
    if (step > 0) seen["edits"]!++
    if (isKilled) {
      // a run that dies at some write, of as many as an undisturbed run of this step in another store makes
      const at = 1 + below(random, 60)
      await lab.run(graph, { ...options, files: failOnceAt(at, "EIO") }).catch(() => seen["killed"]!++)
    }
    const plans = await lab.plan(graph)
    const { run, events } = await lab.run(graph, isApart ? { ...options, apart } : options)
    if (isApart) seen["apart"]!++
    const expected = model.step(world)
    if (expected.fails) seen["failures"]!++
    expect(run.status, place).toBe(expected.fails ? "failed" : "ok")
    checkExecuted(run, expected, isKilled, place)
    if (!isKilled) {
      const failures = events.filter(({ type }) => type === "item-failed").length
      expect(failures, place).toBe(expected.failing.size)
    }
    for (const { node, state, items } of plans) {
      const record = run.nodes.find(({ id }) => id === node.id)!
      if (state === "fresh") expect(record.status, `${place}, ${node.id}`).toBe("cached")
      if (items !== null)
        expect(record.items.executed, `${place}, ${node.id}`).toBeLessThanOrEqual(items.left.length)
    }
    // law 1: at once again, nothing
    const again = await lab.run(graph, { keepGoing: true })
    expect(executedIn(again.run), place).toEqual([])
    expect(artifactsOf(again.run), place).toEqual(artifactsOf(run))
    // laws 2, 5 and 8: another store, another order of work, other chunks, no kills: the same values
    if (step === 3) {
      const other = newLab()
      varyChunks(chunks)
      const { run: fresh } = await other.run(build(other, world), {
        jobs: 1 + below(random, 8),
        keepGoing: true
      })
      expect(artifactsOf(fresh), place).toEqual(artifactsOf(run))
    }
  }
}

/** Laws 2 and 3, item by item: what was executed is what the model needs, less what a run before had finished. */
function checkExecuted(run: RunRecord, { work, needed }: Expected, isKilled: boolean, place: string): void {
  const sourceRan = run.nodes.find(({ id }) => id === "source")!.items.executed > 0
  const executed = run.nodes
    .filter(({ id }) => id !== "source")
    .reduce((all, { items }) => all + items.executed, 0)
  const source = work.get("source")![0]!
  const pieces = [...needed].filter((key) => key !== source).length
  if (isKilled) expect(executed, place).toBeLessThanOrEqual(pieces)
  else {
    expect(executed, place).toBe(pieces)
    expect(sourceRan, place).toBe(needed.has(source))
  }
  for (const { id, items } of run.nodes) {
    if (id === "source") continue
    const mine = work.get(id)!.filter((key) => needed.has(key)).length
    expect(items.executed, `${place}, ${id}`).toBeLessThanOrEqual(mine)
  }
}

it("counts writes, so that kills fall within a run", async () => {
  const lab = newLab()
  let writes = 0
  await lab.run(build(lab, newWorld(seededRandom("writes", 1))), { files: counting((n) => (writes = n)) })
  expect(writes).toBeGreaterThan(60)
})
