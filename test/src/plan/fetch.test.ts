/** What a stage wants brought here: only a run brings it, and who only looks is told what it would be. */
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, one } from "../../../src/index.ts"
import { sentence } from "../../../src/plan/cue.ts"
import { forecast } from "../../../src/plan/forecast.ts"
import { planAll } from "../../../src/plan/plan.ts"
import type { Fetching } from "../../../src/plan/world.ts"
import { keyOf } from "../../../src/store/records/preimage.ts"
import { Lab, numbers } from "../run/lab.ts"

let lab: Lab
beforeEach(async () => {
  lab = new Lab()
  await lab.run(lab.graph({ source: source() })) // so that what reads it can be planned
})
afterEach(() => lab.close())

const wanting = defineStage.itemwise("wanting", {
  inputs: { x: each({ a: column.float64() }) },
  output: one({ a: column.float64() }),
  identity: async (_, world) => {
    const seen = async () => await world.readIfPresent(join(lab.folder, "model"))
    const first = await seen()
    if (first === null) await world.fetch({ fetcher: "hub", request: { n: 1 }, what: "a model" })
    const bytes = (await seen())!
    return { environment: bytes.length, about: { from: "somewhere" } }
  },
  compute: (items) => items.map(({ x }) => ({ a: x.a }))
})
const source = () => numbers("source", { file: { path: lab.writeItems({ i0: [7, 1] }) } })
const wantingGraph = () => lab.graph({ out: wanting("wanting", { x: source() }) })

const brings = (log: Array<string>): Fetching => ({
  fetchers: {
    hub: async (request, { log }) => {
      log(`brings ${JSON.stringify(request)}`)
      writeFileSync(join(lab.folder, "model"), "12345")
    }
  },
  log: (node, message) => void log.push(`${node}: ${message}`)
})
const plan = async (fetching?: Fetching) => {
  const planning = { ...lab.planning(), ...(fetching === undefined ? {} : { fetching }) }
  const plans = await planAll(wantingGraph().nodes, planning)
  planning.identities.save()
  return { plans, of: plans.find(({ node }) => node.id === "wanting")! }
}

describe("a node that wants something which is not on this machine", () => {
  it("is unknown to those who only look, with what a run would download, and nothing is brought", async () => {
    const { plans, of } = await plan()
    expect(of).toMatchObject({ state: "unknown", key: null })
    expect(of.cues.map(sentence)).toEqual(["a run downloads a model first"])
    expect(forecast(plans, false).get("wanting")).toMatchObject({ status: "executed", certain: false })
    expect(existsSync(join(lab.folder, "model"))).toBe(false)
  })
  it("has it brought once by those who may, and is planned with it", async () => {
    const log: Array<string> = []
    const first = await plan(brings(log))
    expect(first.of).toMatchObject({ state: "missing", preimage: { environment: 5 } })
    expect(log).toEqual(['wanting: brings {"n":1}'])
    const again = await plan(brings(log))
    expect(again.of.key).toBe(first.of.key)
    expect(log).toHaveLength(1)
    // and those who only look know it now
    expect((await plan()).of.key).toBe(first.of.key)
  })
  it("fails with the fetcher's own words and hint", async () => {
    const error = Object.assign(new Error("the hub is gone"), { hint: "wait" })
    const by = { hub: () => Promise.reject(error) }
    await expect(plan({ fetchers: by, log: () => {} })).rejects.toMatchObject({
      _tag: "FetchFailed",
      message: 'node "wanting": the hub is gone',
      hint: "wait"
    })
    await expect(plan({ fetchers: {}, log: () => {} })).rejects.toThrow(/no fetcher named "hub" is installed/)
  })
  it("says where things come from beside its key, not in it", async () => {
    const { preimage } = (await plan(brings([]))).of
    expect(preimage!.about).toEqual({ from: "somewhere" })
    expect(keyOf({ ...preimage!, about: { from: "elsewhere" } })).toBe(keyOf(preimage!))
  })
})
