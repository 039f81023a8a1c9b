/** An item that names a member of a tensor family depends on that member, and on no other. */
import { itemCounts } from "../../../src/inspect/item-counts.ts"
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { column, defineStage, each, memberNames, one, param } from "../../../src/index.ts"
import type { Graph } from "../../../src/pipeline/graph.ts"
import type { RunRecord } from "../../../src/store/records/run-record.ts"
import { artifactsOf, executedIn, fitted, type Items, Lab, numbers, taps } from "./lab.ts"

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())

/** Two fits of each member, and what it is told beside. */
const listed = defineStage.whole("listed", {
  item: "fit",
  inputs: { names: memberNames("x") },
  params: { beside: param.list(param.text(), { default: [] }), without: param.text({ default: "" }) },
  output: one({ name: column.utf8() }),
  compute: ({ names }, { beside, without }) =>
    [...names.filter((name) => name !== without), ...beside].flatMap((name) => [
      { id: `${name}.0`, name },
      { id: `${name}.1`, name }
    ])
})
/** Is joined by fits, and does not read the tensors. */
const named = defineStage.itemwise("named", {
  inputs: { fit: each({ name: column.utf8() }) },
  output: one({ length: column.int32() }),
  compute: (items) => items.map(({ fit }) => ({ length: fit.name.length }))
})

type Members = Readonly<Record<string, number>>
const thirteen: Members = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`m${i}`, i + 1]))
const items: Items = { i0: [1, 1], i1: [2, 1], i2: [5, 1] }
interface World {
  readonly of?: Items
  readonly beside?: ReadonlyArray<string>
  readonly without?: string
}
function graphOf(members: Members, { of = items, beside = [], without = "" }: World = {}): Graph {
  const source = numbers("source", { file: { path: lab.writeItems(of) } })
  const list = Object.entries(members).map(([name, times]) => ({ name, times }))
  const rows = taps("taps", { of: source, members: list })
  const fit = listed("listed", { names: rows, beside, without })
  return lab.graph({ fitted: fitted("fitted", { rows, fit }), named: named("named", { fit }) })
}
const nodeOf = ({ nodes }: RunRecord, id: string) => nodes.find((node) => node.id === id)!
/** How many items of each node a run has executed. */
async function executed(members: Members, world: World = {}) {
  const { run } = await lab.run(graphOf(members, world))
  expect(run.status).toBe("ok")
  return Object.fromEntries(
    run.nodes.flatMap(({ id, items }) => (id === "source" ? [] : [[id, items.executed]]))
  )
}

describe("an item is executed if the member that it names has come or changed", () => {
  it("one new member: the items that name it, and no other", async () => {
    expect(await executed(thirteen)).toEqual({ taps: 3, listed: 26, fitted: 26, named: 26 })
    expect(await executed({ ...thirteen, m13: 14 })).toEqual({ taps: 3, listed: 28, fitted: 2, named: 2 })
    expect(await executed({ ...thirteen, m13: 14 })).toEqual({ taps: 0, listed: 0, fitted: 0, named: 0 })
  })
  it("another value in one member: the items that name it; their names are as they were", async () => {
    await executed(thirteen)
    expect(await executed({ ...thirteen, m4: 99 })).toEqual({ taps: 3, listed: 0, fitted: 2, named: 0 })
  })
  it("another value in a member that no item names: none", async () => {
    await executed(thirteen, { without: "m4" })
    expect(await executed({ ...thirteen, m4: 99 }, { without: "m4" })).toMatchObject({ taps: 3, fitted: 0 })
  })
  it("another order of the members: none", async () => {
    await executed(thirteen)
    const other = Object.fromEntries(Object.entries(thirteen).toReversed())
    expect(await executed(other)).toEqual({ taps: 3, listed: 26, fitted: 0, named: 0 })
  })
  it("a member that goes, and one that comes back: none", async () => {
    await executed(thirteen)
    const { m4: _, ...without } = thirteen
    expect(await executed(without)).toEqual({ taps: 3, listed: 24, fitted: 0, named: 0 })
    expect(await executed(thirteen)).toEqual({ taps: 0, listed: 0, fitted: 0, named: 0 })
    expect(await executed({ ...without, m4: 5 })).toMatchObject({ taps: 3, fitted: 0 })
  })
  it("another row of all members: all, but the names are as they were", async () => {
    await executed(thirteen)
    const world = { of: { ...items, i3: [4, 1] } as Items }
    expect(await executed(thirteen, world)).toEqual({ taps: 1, listed: 0, fitted: 26, named: 0 })
  })
  it("and two members of the same values make two items of their own", async () => {
    expect(await executed({ m: 1, n: 1 })).toMatchObject({ fitted: 4 })
  })
})

it("an item that names no member fails alone, in words; it is mended by a member of that name", async () => {
  const beside = ["none", "toString"]
  const first = (await lab.run(graphOf({ m: 1 }, { beside }), { keepGoing: true })).run
  expect(nodeOf(first, "fitted")).toMatchObject({
    status: "failed",
    items: { total: 6, executed: 2, failed: 4 },
    failures: [
      { item: "none.0", error: 'there is no name "none" in "x"' },
      { item: "none.1", error: 'there is no name "none" in "x"' },
      { item: "toString.0", error: 'there is no name "toString" in "x"' },
      { item: "toString.1", error: 'there is no name "toString" in "x"' }
    ]
  })
  // that is known, and not tried again
  const again = await lab.run(graphOf({ m: 1 }, { beside }), { keepGoing: true })
  expect(again.events.filter(({ type }) => type === "item-failed")).toEqual([])
  expect(executedIn(again.run)).toEqual([])
  const mended = (await lab.run(graphOf({ m: 1, none: 2, toString: 3 }), { keepGoing: true })).run
  expect([mended.status, nodeOf(mended, "fitted").items.executed]).toEqual(["ok", 4])
})

it.each([1, 3, 8])("artifacts are the same whatever runs at once, in chunks of %i", async (chunk) => {
  const of = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`i${i}`, [i + 1, 1] as const]))
  const expected = artifactsOf((await lab.run(graphOf(thirteen, { of }))).run)
  const specs = [taps, fitted, named].map(({ stage }) => stage.spec as { chunk?: number })
  const before = specs.map((spec) => spec.chunk)
  onTestFinished(() => {
    specs.forEach((spec, i) => {
      if (before[i] === undefined) delete spec.chunk
      else spec.chunk = before[i]
    })
  })
  for (const spec of specs) spec.chunk = chunk
  for (const jobs of [1, 2, 3, 4]) {
    lab.close()
    lab = new Lab()
    expect(artifactsOf((await lab.run(graphOf(thirteen, { of }), { jobs })).run), `${jobs} jobs`).toEqual(
      expected
    )
  }
})

describe("where the tensors are still to be made", () => {
  const states = async (graph: Graph) =>
    Object.fromEntries((await lab.plan(graph)).map(({ node, state }) => [node.id, state]))
  const more = { of: { ...items, i3: [4, 1] } as Items }

  it("a plan takes their names from the items that are done: the list, and what it feeds, are fresh", async () => {
    await lab.run(graphOf(thirteen))
    const graph = graphOf(thirteen, more)
    await lab.run({ ...graph, nodes: graph.nodes.filter(({ id }) => id === "source") })
    expect(await states(graph)).toEqual({
      source: "fresh",
      taps: "stale",
      listed: "fresh",
      fitted: "unknown",
      named: "fresh"
    })
    const { run } = await lab.run(graph)
    expect(executedIn(run)).toEqual(["taps", "fitted"])
  })
  it("and also while it is unknown which items there will be", async () => {
    await lab.run(graphOf(thirteen))
    const plans = await lab.plan(graphOf(thirteen, more))
    const found = Object.fromEntries(plans.map(({ node, state }) => [node.id, state]))
    expect(found).toEqual({
      source: "stale",
      taps: "unknown",
      listed: "fresh",
      fitted: "unknown",
      named: "fresh"
    })
    expect(itemCounts(plans).get("fitted")!.total).toBe(2 * 13)
  })
  it("the items below a list that would run again are known too", async () => {
    await lab.run(graphOf(thirteen))
    lab.versions.set("named", 1)
    const graph = graphOf(thirteen, more)
    await lab.run({ ...graph, nodes: graph.nodes.filter(({ id }) => id === "source") })
    const plan = (await lab.plan(graph)).find(({ node }) => node.id === "named")!
    expect([plan.state, plan.items!.left.length]).toEqual(["stale", 26])
  })
  it("they are unknown where none is done", async () => {
    await lab.run(graphOf(thirteen))
    const graph = graphOf({ ...thirteen, m13: 14 })
    expect(await states(graph)).toMatchObject({ taps: "stale", listed: "unknown", named: "unknown" })
  })
  it("and are not taken from items that are no longer wanted", async () => {
    // names that come from the items
    const own = defineStage.itemwise("own", {
      inputs: { of: each({ a: column.float64() }) },
      output: one({ x: column.tensors("one") }),
      compute: (items) =>
        items.map(({ of: { a } }) => ({ x: { [a > 10 ? "big" : "small"]: Float32Array.of(a) } }))
    })
    const graph = (of: Items) => {
      const source = numbers("source", { file: { path: lab.writeItems(of) } })
      return lab.graph({ listed: listed("listed", { names: own("own", { of: source }) }) })
    }
    for (const of of [{ i0: [1, 1] }, { i0: [11, 1] }] as ReadonlyArray<Items>) await lab.run(graph(of))
    const now = graph({ i0: [11, 1], i1: [12, 1] })
    await lab.run({ ...now, nodes: now.nodes.filter(({ id }) => id === "source") })
    const plans = await lab.plan(now)
    const { run } = await lab.run(now)
    expect(plans[2]!.known!.manifest.digest).toBe(nodeOf(run, "listed").artifact)
  })
})
