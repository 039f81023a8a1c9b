/** A stage does not know its inputs' nodes, but its error can point at inputs: the message then names their nodes. */
import { afterEach, beforeEach, expect, it } from "vitest"
import { column, defineStage, StageError, table, whole } from "../../../src/index.ts"
import { tellLosses } from "../../../src/inspect/hooks.ts"
import { Lab, numbers } from "./lab.ts"
import { moduleStages } from "./module-stages.ts"

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())

const stages = (isolate: boolean) => `
const a = { a: column.float64() }
const error = new StageError("one name for two digests", {
  field: "encoder", hint: "rename one of them", inputs: [{ port: "scores", index: 2 }, { port: "scores", index: 0 }]
})
const inputs = { scores: many(a) }
const isolate = ${isolate}
export const compares = defineStage.whole("compares", {
  inputs, output: table(a), isolate, compute: () => { throw error }
})
export const streams = defineStage.whole("streams", {
  inputs, output: table(a), isolate, async *compute() { yield { a: 1 }; throw error }
})
export const judges = defineStage.itemwise("judges", {
  inputs: { of: each(a), rows: group(a), beside: whole(a) }, output: one(a), isolate,
  compute: (items) => items.map(({ of }) => {
    if (of.a === 2) throw new StageError("no such token", { inputs: [{ port: "of" }, { port: "rows" }, { port: "beside" }] })
    return { a: of.a }
  })
})
export const opens = defineStage.itemwise("opens", {
  inputs: { of: each(a), ...inputs }, output: one(a), isolate,
  open: () => { throw error },
  compute: () => []
})`
const source = (id: string) => numbers(id, { file: { path: lab.writeItems({ i0: [1, 1], i1: [2, 2] }) } })
const scores = () => ["vit", "dino", "clip"].map((name) => source(`scores/${name}`))

it.each([
  ["in this process", false],
  ["in a worker", true]
])("%s, the message names the nodes at fault, and no others", async (_, isolate) => {
  const { call, workers } = await moduleStages(lab, stages(isolate))
  for (const [name, args] of [
    ["compares", { scores: scores() }],
    ["streams", { scores: scores() }],
    ["opens", { scores: scores(), of: source("of") }]
  ] as const) {
    const { run } = await lab.run(lab.graph({ out: call(name, "out", args) }), { workers })
    const out = run.nodes.find(({ id }) => id === "out")!
    expect(out, name).toMatchObject({ status: "failed", artifact: null, hint: "rename one of them" })
    expect(out.error, name).toContain('encoder: one name for two digests (nodes "scores/clip", "scores/vit")')
  }
})

it.each([
  ["in this process", false],
  ["in a worker", true]
])("%s, so does the failure of an item", async (_, isolate) => {
  const { call, workers } = await moduleStages(lab, stages(isolate))
  const of = source("of")
  const out = call("judges", "out", { of, rows: of, beside: source("beside") })
  const { events } = await lab.run(lab.graph({ out }), { workers })
  const failures = events.flatMap((event) => (event.type === "item-failed" ? event.failure : []))
  expect(failures).toHaveLength(1)
  expect(failures[0]).toMatchObject({
    item: "i1",
    error: expect.stringContaining('no such token (nodes "of", "beside")') as string
  })
})

it("the message of `losses` names them too", async () => {
  const told = defineStage.whole("told", {
    inputs: { scores: whole({ a: column.float64() }) },
    output: table({ a: column.float64() }),
    losses: () => {
      throw new StageError("not counted", { inputs: [{ port: "scores" }] })
    },
    compute: () => []
  })
  const graph = lab.graph({ out: told("out", { scores: source("scores/vit") }) })
  const { run } = await lab.run(graph)
  const context = { graph, planning: lab.planning(), addressOf: () => null }
  const { problem } = await tellLosses(context, run.nodes)
  expect(problem!.message).toContain('not counted (node "scores/vit")')
})
