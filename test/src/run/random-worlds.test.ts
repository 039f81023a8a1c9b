/**
 * Random worlds, random edits, random failures, errors of the disk and SIGKILLs, by both executors. After each step what
 * was executed, and what the store holds of every node, is compared with a plain model.
 *
 * `PROBELINE_WORLDS=100` says how many, `PROBELINE_FROM=1000` where to begin; `npm run test:random` goes on until it is
 * stopped.
 */
import { cpSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, afterEach, beforeAll, expect, it } from "vitest"
import { below, pick, seededRandom } from "../../../src/index.ts"
import type { AnyStage } from "../../../src/pipeline/stage.ts"
import type { RunRecord } from "../../../src/store/records/run-record.ts"
import { counting, failOnceAt, unflushed } from "./faults.ts"
import * as lab_ from "./lab.ts"
import { heldIn } from "./held.ts"
import { bundled, killedRun } from "./killed.ts"
import { artifactsOf, executedIn, Lab, type LabOptions } from "./lab.ts"
import { type Expected, Model } from "./model.ts"
import { build, edit, newWorld, varyChunks, type World } from "./worlds.ts"

const worlds = Number(process.env["PROBELINE_WORLDS"] ?? 12)
const first = Number(process.env["PROBELINE_FROM"] ?? 0)
const timeout = Math.max(240_000, worlds * 20_000)
const root = resolve(import.meta.dirname, "../../..")
/** Worker processes import the laboratory's stages from a bundle, as they import a user's. */
let stages: Awaited<ReturnType<typeof bundled>>
let child: Awaited<ReturnType<typeof bundled>>
beforeAll(async () => {
  stages = await bundled("lab")
  child = await bundled("crash-child")
})
afterAll(() => {
  stages.remove()
  child.remove()
})
const addressOf = (stage: AnyStage) => {
  const found = Object.entries(lab_).find(([, one]) => (one as { stage?: AnyStage }).stage === stage)
  return found === undefined ? null : { url: pathToFileURL(stages.file).href, module: null, export: found[0] }
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

it(
  `a run executes exactly what changed, and the store holds its values, whatever broke before (${worlds} worlds)`,
  async () => {
    const seen = {
      steps: 0,
      edits: 0,
      killed: 0,
      errors: 0,
      overcome: 0,
      outlived: 0,
      apart: 0,
      failures: 0,
      artifacts: 0
    }
    for (let seed = first; seed < first + worlds; seed++) {
      await oneWorld(seed, seen)
      for (const lab of labs.splice(0)) lab.close()
    }
    console.log(`random worlds: ${worlds}, ${JSON.stringify(seen)}`)
    expect(seen.steps).toBe(worlds * 4)
    // the writes are counted before, so that a child does not end well
    if (worlds >= 12) expect(seen.killed).toBeGreaterThan(seen.outlived)
  },
  timeout
)

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
    const options: LabOptions = { jobs: 1 + below(random, 8), keepGoing: true, files: unflushed }
    const isApart = below(random, 8) === 0
    const fault = pick(random, faults)
    seen["steps"]!++
    if (step > 0) seen["edits"]!++
    if (fault !== "none") {
      // at any of the writes that this step makes, counted in a copy
      const at = below(random, await writesOf(lab, world, options))
      if (fault === "SIGKILL") {
        const end = await killedRun(lab, { child: child.file, at, jobs: options.jobs!, world })
        if (end !== "SIGKILL" && end !== "exit 0") throw new Error(`${place}: the child ended with ${end}`)
        seen[end === "SIGKILL" ? "killed" : "outlived"]!++
      } else
        await lab.run(graph, { ...options, files: (files) => failOnceAt(at, "EIO")(unflushed(files)) }).then(
          // a cache that cannot be written is done without
          () => seen["overcome"]!++,
          () => seen["errors"]!++
        )
    }
    const plans = await lab.plan(graph)
    const { run, events } = await lab.run(graph, isApart ? { ...options, apart } : options)
    if (isApart) seen["apart"]!++
    const expected = model.step(world)
    if (expected.fails) seen["failures"]!++
    expect(run.status, place).toBe(expected.fails ? "failed" : "ok")
    checkExecuted(run, expected, fault !== "none", place)
    seen["artifacts"]! += await checkHeld(lab, run, expected, place)
    if (fault === "none") {
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
    const again = await lab.run(graph, { keepGoing: true, files: unflushed })
    expect(executedIn(again.run), place).toEqual([])
    expect(artifactsOf(again.run), place).toEqual(artifactsOf(run))
    // laws 2, 5 and 8: another store, another order of work, other chunks, no kills: the same values
    if (step === 3) {
      const other = newLab()
      varyChunks(chunks)
      const { run: fresh } = await other.run(build(other, world), {
        jobs: 1 + below(random, 8),
        keepGoing: true,
        files: unflushed
      })
      expect(artifactsOf(fresh), place).toEqual(artifactsOf(run))
      await checkHeld(other, fresh, expected, place)
    }
  }
}

/** What happens to a run before the one that is looked at: one in five is killed, one in three meets an EIO. */
const faults = [
  ...Array.from({ length: 3 }, () => "SIGKILL" as const),
  ...Array.from({ length: 5 }, () => "EIO" as const),
  ...Array.from({ length: 7 }, () => "none" as const)
]

/** Mutating calls of a run of this world, as the store is now: in a copy, which is run instead. */
async function writesOf(lab: Lab, world: World, options: LabOptions): Promise<number> {
  const copy = newLab()
  cpSync(lab.folder, copy.folder, { recursive: true, verbatimSymlinks: true })
  let writes = 0
  await copy.run(build(copy, world), {
    ...options,
    id: lab.nextId(),
    files: (files) => counting((n) => (writes = n))(unflushed(files))
  })
  return writes
}

/** What the store holds of every node, read back from its files, is what the model has computed. */
async function checkHeld(lab: Lab, run: RunRecord, expected: Expected, place: string): Promise<number> {
  const { store } = lab.planning()
  const held: Record<string, unknown> = {}
  for (const { id, artifact } of run.nodes) held[id] = artifact && (await heldIn(store, artifact))
  expect(held, place).toEqual(Object.fromEntries(expected.artifacts))
  return run.nodes.length
}

/** Laws 2 and 3, item by item: what was executed is what the model needs, less what a run that broke had finished. */
function checkExecuted(run: RunRecord, { work, needed }: Expected, isBroken: boolean, place: string): void {
  const sourceRan = run.nodes.find(({ id }) => id === "source")!.items.executed > 0
  const executed = run.nodes
    .filter(({ id }) => id !== "source")
    .reduce((all, { items }) => all + items.executed, 0)
  const source = work.get("source")![0]!
  const pieces = [...needed].filter((key) => key !== source).length
  if (isBroken) expect(executed, place).toBeLessThanOrEqual(pieces)
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
