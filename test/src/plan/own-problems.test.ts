/** What is wrong with a node's own parameters is said before anything runs, also where its inputs are not known yet. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, one, param } from "../../../src/index.ts"
import { totals } from "../../../src/cli/status.ts"
import { forecast } from "../../../src/plan/forecast.ts"
import { planAll } from "../../../src/plan/plan.ts"
import { sentence } from "../../../src/plan/cue.ts"
import { coarse, executedIn, Lab, type LabOptions, numbers } from "../run/lab.ts"

let lab: Lab
let asked: number
beforeEach(() => {
  lab = new Lab()
  asked = 0
})
afterEach(() => lab.close())

const a = { a: column.float64() }
/** Its key holds the size of a model, which a hub has where the path begins with `hub/`. */
const encoded = defineStage.itemwise("encoded", {
  inputs: { of: each(a) },
  params: { model: param.text() },
  output: one(a),
  identity: async ({ model }, world) => {
    asked++
    const bytes = await world.readIfPresent(join(lab.folder, model))
    if (bytes === null && model.startsWith("hub/"))
      await world.fetch({ fetcher: "hub", request: model, what: `${model}: its encoder` })
    if (bytes === null) throw Object.assign(new Error(`there is no file ${model}`), { hint: "write it" })
    return { model: bytes.length }
  },
  compute: (items) => items.map(({ of }) => ({ a: of.a }))
})
/** source → steps → encoded: the last waits for two. */
const graph = (model: string) => {
  const source = numbers("source", { file: { path: lab.writeItems({ i0: [7, 1] }) } })
  return lab.graph({ out: encoded("out", { of: coarse("steps", { of: source, step: 2 }), model }) })
}
const isSaid = { _tag: "ParameterInvalid", message: 'node "out": there is no file gone', hint: "write it" }

describe("a file that is missing, of a node below others that would run", () => {
  it("is said by the plan, in the words that it has once the inputs are known", async () => {
    await expect(lab.plan(graph("gone"))).rejects.toMatchObject(isSaid)
    await lab.run(graph("gone"), { keepGoing: true })
    await expect(lab.plan(graph("gone"))).rejects.toMatchObject(isSaid)
  })
  it("ends a run before any node is computed", async () => {
    await expect(lab.run(graph("gone"))).rejects.toMatchObject(isSaid)
    writeFileSync(join(lab.folder, "gone"), "123")
    // nothing was there already
    expect(executedIn((await lab.run(graph("gone"))).run)).toEqual(["source", "steps", "out"])
  })
  it("is its node's alone in a plan that keeps going, as in such a run", async () => {
    const plans = await planAll(graph("gone").nodes, lab.planning(), { keepGoing: true })
    expect(plans.map(({ state }) => state)).toEqual(["missing", "unknown", "failed"])
    expect(plans[2]!.cues.map(sentence)).toEqual([`cannot be planned: ${isSaid.message}`])
    expect(forecast(plans, true).get("out")).toMatchObject({ status: "failed", why: isSaid.message })
    expect(totals(forecast(plans, true))).toBe("1 would run, 1 may run after that, 1 would fail")
  })
  it("fails its node alone where the run keeps going", async () => {
    const { run } = await lab.run(graph("gone"), { keepGoing: true })
    expect(executedIn(run)).toEqual(["source", "steps"])
    expect(run.nodes.at(-1)).toMatchObject({ id: "out", status: "failed", error: isSaid.message })
  })
})

describe("what `identity` answers", () => {
  const all: ReadonlyArray<readonly [string, (model: string, options?: LabOptions) => Promise<unknown>]> = [
    ["a plan", (model) => lab.plan(graph(model))],
    ["a run", (model, options) => lab.run(graph(model), options)]
  ]
  it.each(all)("is asked for once in %s", async (_, command) => {
    writeFileSync(join(lab.folder, "model"), "123")
    await command("model")
    expect(asked).toBe(1)
  })
})

describe("what is to be brought for a node below others that would run", () => {
  it("is named by the plan, before what the node waits for", async () => {
    const out = (await lab.plan(graph("hub/vit"))).at(-1)!
    expect(out.state).toBe("unknown")
    expect(out.cues.map(sentence)).toEqual([
      "a run downloads hub/vit: its encoder first",
      "unknown until steps has run"
    ])
  })
  it("is not fetched before its node's turn", async () => {
    const fetched: Array<unknown> = []
    const fetching = { fetchers: { hub: async (request: unknown) => fetched.push(request) }, log: () => {} }
    const nodes = graph("hub/vit")
    // so the source fails, and the turn of what reads it never comes
    writeFileSync(lab.writeItems({}), "no items")
    const { run } = await lab.run(nodes, { fetching })
    expect(run.nodes.map(({ status }) => status)).toEqual(["failed", "skipped", "skipped"])
    expect(asked).toBe(1)
    expect(fetched).toEqual([])
  })
})
