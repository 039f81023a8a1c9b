/** The caches save time and do nothing else: without them, or with them deleted, every plan and every run is the same. */
import { existsSync, rmSync } from "node:fs"
import { afterEach, expect, it, vi } from "vitest"
import { seededRandom } from "../../../../src/index.ts"
import { sentence } from "../../../../src/plan/cue.ts"
import { unflushed } from "../../run/faults.ts"
import { artifactsOf, executedIn, Lab } from "../../run/lab.ts"
import { build, edit, newWorld } from "../../run/worlds.ts"

const quick = { files: unflushed }
const labs: Array<Lab> = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const lab of labs.splice(0)) lab.close()
})

/** What a user sees of some worlds that are run, edited, planned and run again. */
async function history(prepare: (cache: string) => void): Promise<ReadonlyArray<unknown>> {
  const seen: Array<unknown> = []
  for (let n = 0; n < 4; n++) {
    const random = seededRandom("without-caches", n)
    const lab = new Lab()
    labs.push(lab)
    const world = newWorld(random)
    const { cache } = lab.planning().store.layout
    for (let step = 0; step < 3; step++) {
      lab.versions.clear()
      for (const [stage, version] of Object.entries(world.versions)) lab.versions.set(stage, version)
      const graph = build(lab, world)
      prepare(cache)
      const plans = await lab.plan(graph)
      prepare(cache)
      const { run } = await lab.run(graph, quick)
      prepare(cache)
      const again = await lab.run(graph, quick)
      seen.push({
        plans: plans.map(({ node, state, cues }) => [node.id, state, cues.map(sentence)]),
        executed: executedIn(run),
        artifacts: artifactsOf(run),
        again: executedIn(again.run)
      })
      edit(world, random)
    }
  }
  return seen
}

it("are not needed: off, or deleted before every command, they change no plan, no run and no artifact", async () => {
  const usual = await history(() => {})
  expect(usual.length).toBe(12)
  let deleted = 0
  const without = await history((cache) => {
    if (existsSync(cache)) deleted++
    rmSync(cache, { recursive: true, force: true })
  })
  expect(deleted).toBeGreaterThan(15)
  expect(without).toEqual(usual)
  vi.stubEnv("PROBELINE_CACHE", "off")
  const caches = new Set<string>()
  expect(await history((cache) => caches.add(cache))).toEqual(usual)
  for (const cache of caches) expect(existsSync(`${cache}/answers.ndjson`)).toBe(false)
})
