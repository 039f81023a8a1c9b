/** Ports that a node may leave out: the stage gets `undefined`, and connecting one later makes the node stale. */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, group, one, optional, table, whole } from "../../../src/index.ts"
import { tellLosses } from "../../../src/inspect/hooks.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"
import { sentence } from "../../../src/plan/cue.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { heldIn } from "./held.ts"
import { coarse, executedIn, type Items, Lab, type LabOptions, numbers } from "./lab.ts"
import { moduleStages } from "./module-stages.ts"

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())

const usual: Items = { i0: [10, 1], i1: [20, 2] }
const source = (id = "source", items = usual) =>
  numbers(id, { file: { path: lab.writeItems(items, `${id}.json`) } })
const run = async (out: AnyRef, options: LabOptions = {}) => {
  const { run } = await lab.run(lab.graph({ out }), options)
  const node = run.nodes.find(({ id }) => id === "out")!
  const { rows } = node.artifact === null ? { rows: [] } : await heldIn(storeOf(lab), node.artifact)
  return { run, status: node.status, error: node.error, rows: rows.map(({ said }) => said) }
}
const cuesOf = async (out: AnyRef) => {
  const plans = await lab.plan(lab.graph({ out }))
  const { state, cues } = plans.find(({ node }) => node.id === "out")!
  return { state, said: cues.map(sentence) }
}

describe.each([
  ["in this process", false],
  ["in a worker", true]
])("%s", (_, isolate) => {
  const stages = `
const a = { a: column.float64() }
const sums = async (tables) => {
  const read = await Promise.all(tables.map((one) => one.read("a")))
  return read.map((of) => of.a.reduce((x, y) => x + y, 0)).join("+")
}
const said = async (table, others) => [table === undefined ? "no table" : await sums([table]), others === undefined ? "no list" : await sums(others)]
export const items = defineStage.itemwise("items", {
  inputs: { of: each(a), more: optional(group(a)), table: optional(whole(a)), others: optional(many(a)) },
  output: one({ said: column.utf8() }),
  isolate: ${isolate},
  open: async (_, context, given) => said(given.table, given.others),
  compute: async (items, { resource, table, others }) => {
    const now = await said(table, others)
    return items.map(({ of, more }) => ({
      said: JSON.stringify([of.a, more === undefined ? "no rows" : more.map(({ a }) => a), ...now, ...resource])
    }))
  }
})
export const all = defineStage.whole("all", {
  inputs: { of: whole(a), table: optional(whole(a)), others: optional(many(a)) },
  output: table({ said: column.utf8() }),
  isolate: ${isolate},
  compute: async ({ of, ...rest }) => [
    { said: JSON.stringify([of.rows, Object.keys(rest).sort(), ...await said(rest.table, rest.others)]) }
  ]
})`
  it("an itemwise stage gets what is connected, and undefined for what is not", async () => {
    const { call, workers } = await moduleStages(lab, stages)
    const of = source()
    const [halves, thirds] = [2, 3].map((step) => coarse(`by-${step}`, { of, step }))
    const bare = await run(call("items", "out", { of }), { workers })
    expect(bare.rows.map((text) => JSON.parse(text as string) as unknown)).toEqual(
      [10, 20].map((a) => [a, "no rows", "no table", "no list", "no table", "no list"])
    )
    const full = await run(call("items", "out", { of, more: halves, table: thirds, others: [halves, of] }), {
      workers
    })
    expect(full.rows.map((text) => JSON.parse(text as string) as unknown)).toEqual(
      [10, 20].map((a) => [a, [a / 2], "9", "15+30", "9", "15+30"])
    )
    // what was left out is in no key: both are still there
    expect((await run(call("items", "out", { of }), { workers })).status).toBe("cached")
    expect((await run(call("items", "out", { of, more: halves }), { workers })).status).toBe("executed")
  })
  it("so does a whole stage", async () => {
    const { call, workers } = await moduleStages(lab, stages)
    const of = source()
    const bare = await run(call("all", "out", { of }), { workers })
    expect(bare.rows).toEqual(['[2,[],"no table","no list"]'])
    const full = await run(call("all", "out", { of, table: of, others: [of, of] }), { workers })
    expect(full.rows).toEqual(['[2,["others","table"],"30","30+30"]'])
  })
})

const a = { a: column.float64() }
/** Says of which ports it got rows. */
const which = defineStage.itemwise("which", {
  inputs: { of: each(a), x: optional(group(a)), y: optional(group(a)), ids: optional(group({})) },
  output: one({ said: column.utf8() }),
  compute: (items) =>
    items.map(({ x, y, ids }) => ({
      said: [x && `x${x[0]!.a}`, y && `y${y[0]!.a}`, ids && "ids"].filter(Boolean).join(" ")
    }))
})

describe("a port joined by item", () => {
  it("computes items again where it is connected, left out, or another is in its place", async () => {
    const of = source()
    const parts = coarse("parts", { of, step: 10 })
    const saidBy = async (args: object) => (await run(which("out", { of, ...args }))).rows
    expect(await saidBy({})).toEqual(["", ""])
    expect(await saidBy({ x: parts })).toEqual(["x1", "x2"])
    // the same columns with the same values, at another port
    expect(await saidBy({ y: parts })).toEqual(["y1", "y2"])
    // a port of which no column is read
    expect(await saidBy({ ids: parts })).toEqual(["ids", "ids"])
    expect(await saidBy({ x: parts, y: of })).toEqual(["x1 y10", "x2 y20"])
    for (const args of [{}, { x: parts }, { y: parts }, { ids: parts }])
      expect((await run(which("out", { of, ...args }))).status).toBe("cached")
  })
  it("computes an item alone whose rows there have changed", async () => {
    const graph = (items: Items) => {
      const of = source("source", items)
      return which("out", { of: coarse("of", { of, step: 100 }), x: coarse("x", { of, step: 10 }) })
    }
    await run(graph(usual))
    const { run: again, rows } = await run(graph({ ...usual, i1: [30, 2] }))
    expect(rows).toEqual(["x1", "x3"])
    expect(again.nodes.find(({ id }) => id === "out")!.items).toMatchObject({ executed: 1, cached: 1 })
  })
})

const counts = defineStage.whole("counts", {
  inputs: { of: whole(a), beside: optional(whole(a)) },
  output: table({ said: column.utf8() }),
  losses: async ({ inputs: { of, beside } }) => [
    { what: "rows", reason: "beside", count: (await beside?.read("a"))?.a.length ?? 0 },
    { what: "tables", reason: "left out", count: beside === undefined ? 1 : 0, examples: [String(of.rows)] }
  ],
  compute: ({ of, beside }) => [{ said: `${of.rows} ${beside?.rows ?? "none"}` }]
})

describe("why tells", () => {
  it("that an input is new, that it is left out now, and nothing where both are as before", async () => {
    const of = source()
    const parts = coarse("parts", { of, step: 10 })
    const [bare, full] = [counts("out", { of }), counts("out", { of, beside: parts })]
    await run(bare)
    await lab.run(lab.graph({ parts }))
    expect(await cuesOf(full)).toEqual({ state: "stale", said: ['input beside is new (["parts"])'] })
    expect((await run(full)).rows).toEqual(["2 2"])
    expect((await cuesOf(full)).state).toBe("fresh")
    // it was computed before without the input, and that is kept; another version is not
    lab.versions.set("counts", 1)
    await run(full)
    expect(await cuesOf(bare)).toEqual({
      state: "stale",
      said: ['input beside is left out now (it was ["parts"])']
    })
  })
  it("that an input is new before it is computed", async () => {
    const of = source()
    await run(counts("out", { of }))
    expect(await cuesOf(counts("out", { of, beside: coarse("parts", { of, step: 10 }) }))).toEqual({
      state: "unknown",
      said: ['input beside is new (["parts"])', "unknown until parts has run"]
    })
  })
})

it("`losses` gets undefined for what is left out", async () => {
  const of = source()
  const lossesOf = async (out: AnyRef) => {
    const graph = lab.graph({ out })
    const { run } = await lab.run(graph)
    const context = { graph, planning: lab.planning(), addressOf: () => null }
    const { nodes, problem } = await tellLosses(context, run.nodes)
    expect(problem).toBeNull()
    return nodes.find(({ id }) => id === "out")!.losses?.map(({ what, count }) => [what, count])
  }
  expect(await lossesOf(counts("out", { of }))).toEqual([["tables", 1]])
  expect(await lossesOf(counts("out", { of, beside: of }))).toEqual([["rows", 2]])
})

it("a node waits for an optional input that failed, like for any other", async () => {
  const of = source("source", { i0: [10, 1], i1: [null as never, 2] })
  const { run: ran } = await lab.run(
    lab.graph({ out: counts("out", { of: source("good"), beside: coarse("parts", { of, step: 10 }) }) })
  )
  expect(ran.nodes.map(({ id, status }) => [id, status])).toContainEqual(["out", "skipped"])
  expect(executedIn(ran)).not.toContain("out")
})
