/** Items that a whole stage makes are like those of a source: in shards, joined by their ids below, failed one by one. */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, failed, group, one, rows, whole } from "../../../src/index.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { heldIn } from "./held.ts"
import { executedIn, Lab, type LabOptions, numbers, total } from "./lab.ts"

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())

const v = { a: column.float64() }
type Made = { readonly id: string; readonly a: number } | { readonly id: string; readonly failed: string }
/** Makes what it is told, whatever it reads. */
const makes = (given: unknown) =>
  defineStage.whole("makes", {
    item: "thing",
    inputs: { of: whole(v) },
    output: one(v),
    compute: () => given as ReadonlyArray<Made>
  })
const makesRows = (given: unknown) =>
  defineStage.whole("makes", {
    item: "thing",
    inputs: { of: whole(v) },
    output: rows(v),
    compute: () => given as never
  })
const doubled = defineStage.itemwise("doubled", {
  inputs: { of: each(v) },
  output: one(v),
  compute: (items) => items.map(({ of }) => ({ a: 2 * of.a }))
})
const added = defineStage.itemwise("added", {
  inputs: { x: each(v), y: group(v) },
  output: one(v),
  compute: (items) => items.map(({ x, y }) => ({ a: x.a + y.reduce((sum, { a }) => sum + a, 0) }))
})
async function* streamed<A>(given: ReadonlyArray<A>) {
  yield* given
}
const things = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `t${i}`, a: i }))
/** A stage whose code is another wherever it gives something else. */
let version = 0
const source = () => numbers("source", { file: { path: lab.writeItems({ i0: [1, 1] }) } })
const run = async (outputs: Readonly<Record<string, AnyRef>>, options?: LabOptions) =>
  (await lab.run(lab.graph(outputs), options)).run
function made(given: unknown, { isRows = false } = {}) {
  lab.versions.set("makes", version++)
  return (isRows ? makesRows : (makes as unknown as typeof makesRows))(given)("made", { of: source() })
}
type Ref = ReturnType<ReturnType<typeof makes>>
const doubledOf = (given: unknown) => doubled("doubled", { of: made(given) as unknown as Ref })

describe("the items of a whole stage", () => {
  it.each<[string, (given: ReadonlyArray<Made>) => unknown]>([
    ["a generator", streamed],
    ["a list", (given) => given],
    ["a promise of a list", (given) => Promise.resolve(given)],
    ["an iterable", (given) => new Set(given)]
  ])("are joined below by their ids: of %s", async (_, of) => {
    const of_ = made(of(things(3))) as unknown as Ref
    const twice = doubled("doubled", { of: of_ })
    const { nodes } = await run({ out: added("added", { x: twice, y: of_ }) })
    expect(nodes.map(({ id, status, items }) => [id, status, items.total, items.executed])).toEqual([
      ["source", "executed", 1, 1],
      ["made", "executed", 3, 3],
      ["doubled", "executed", 3, 3],
      ["added", "executed", 3, 3]
    ])
    const held = await heldIn(storeOf(lab), nodes.at(-1)!.artifact!)
    expect(held.items).toEqual([0, 1, 2].map((i) => [`t${i}`, [{ item: `t${i}`, a: 3 * i }]]))
    // the id column is called as their maker calls them
    expect(storeOf(lab).manifest(nodes.at(-1)!.artifact!)!.idColumn).toBe("thing")
  })
  it("may have several rows, or none", async () => {
    const of = made(
      streamed([
        { id: "two", rows: [{ a: 1 }, { a: 2 }] },
        { id: "none", rows: [] }
      ]),
      { isRows: true }
    )
    const summed = defineStage.itemwise("summed", {
      inputs: { of: group(v) },
      output: one(v),
      compute: (items) => items.map(({ of }) => ({ a: of.reduce((sum, { a }) => sum + a, 0) }))
    })
    const { nodes } = await run({ out: summed("summed", { of }) })
    expect((await heldIn(storeOf(lab), nodes[2]!.artifact!)).rows).toEqual([
      { item: "two", a: 3 },
      { item: "none", a: 0 }
    ])
  })
  it("may be none at all", async () => {
    const { status, nodes } = await run({ out: doubledOf([]) })
    expect([status, nodes.map(({ items }) => items.total)]).toEqual(["ok", [1, 0, 0]])
  })
  it("are not computed again by a second run, which executes nothing", async () => {
    const out = doubledOf(things(3))
    await run({ out })
    expect(executedIn(await run({ out }))).toEqual([])
  })
  it("stop a change where it ends: the stage runs again and gives the same ids, and nothing below it does", async () => {
    await run({ out: doubledOf(things(3)) })
    expect(executedIn(await run({ out: doubledOf(streamed(things(3))) }))).toEqual(["made"])
    // and one more item is one more item below
    const more = await run({ out: doubledOf(things(4)) })
    expect(more.nodes.map(({ items }) => items.executed)).toEqual([0, 4, 1])
  })
  it("that are many and unchanged are not written again", async () => {
    const first = await run({ out: made(things(300)) })
    const second = await run({ out: made(things(301)) })
    const shards = (of: typeof first) => storeOf(lab).manifest(of.nodes[1]!.artifact!)!.shards
    expect(shards(first).map(({ items }) => items)).toEqual([256, 44])
    expect(shards(second).map(({ items }) => items)).toEqual([256, 45])
    expect(shards(second)[0]).toEqual(shards(first)[0])
  })
})

describe("what is no item is refused, and the node fails", () => {
  const thousand = things(1000)
  it.each([
    ["the first of three", [...things(3), { id: "t0", a: 1 }], "t0"],
    ["one of an earlier shard", [...thousand.slice(0, 300), { id: "t5", a: 1 }], "t5"],
    ["the last of a full shard", [...thousand.slice(0, 256), { id: "t255", a: 1 }], "t255"],
    ["the last of all", [...thousand, { id: "t999", a: 1 }], "t999"],
    ["a failed one", [{ id: "t0", failed: "no" }, ...things(300)], "t0"],
    ["an item that fails", [...things(300), { id: "t7", failed: "no" }], "t7"]
  ])("an id that is another item's: %s", async (_, given, id) => {
    const { status, nodes } = await run({ out: made(streamed(given)) })
    expect(status).toBe("failed")
    expect(nodes[1]).toMatchObject({
      status: "failed",
      artifact: null,
      error: expect.stringContaining(`two items have the id "${id}"`) as string
    })
  })
  it.each([
    ["a number", { id: 1, a: 1 }, "every item needs a text id"],
    ["no id", { a: 1 }, "every item needs a text id"],
    ["an empty one", { id: "", a: 1 }, "every item needs a text id"],
    ["an empty one that failed", { id: "", failed: "no" }, "every item needs a text id"],
    ["half a pair", { id: "a\ud800", a: 1 }, "half of a surrogate pair"],
    ["no record", 7, "expected an item with its id, got 7"],
    ["a list", [1], "expected an item with its id, got [1]"],
    ["another column", { id: "a", a: 1, b: 1 }, 'the schema has no column "b"'],
    ["a reason that is no text", { id: "a", failed: 1 }, 'the schema has no column "failed"']
  ])("%s", async (_, given, why) => {
    const { nodes } = await run({ out: made(streamed([{ id: "first", a: 1 }, given])) })
    expect(nodes[1]).toMatchObject({ status: "failed", error: expect.stringContaining(why) as string })
  })
  it.each([
    ["one row where a list is wanted", { id: "a", rows: { a: 1 } }],
    ["none", { id: "a" }]
  ])("of several rows: %s", async (_, given) => {
    const { nodes } = await run({ out: made([given], { isRows: true }) })
    expect(nodes[1]!.error).toContain("gives { id, rows } for each")
  })
  it("what cannot be gone through", async () => {
    const { nodes } = await run({ out: made({ id: "a", a: 1 }) })
    expect(nodes[1]!.error).toContain("expected a list of rows, or an async generator")
  })
})

describe("an item that fails", () => {
  const given = [...things(2), { id: "bad", ...failed("no good") }]
  it("is kept as one that failed; the others go on, and whole stages wait", async () => {
    const of = made(given) as unknown as Ref
    const graph = { all: total("all", { of: [of] }), twice: doubled("twice", { of }) }
    const first = await run(graph, { keepGoing: true })
    const node = (of: typeof first, id: string) => of.nodes.find((one) => one.id === id)!
    expect(first.status).toBe("failed")
    expect(node(first, "made")).toMatchObject({
      status: "failed",
      items: { total: 3, executed: 2, failed: 1 },
      failures: [{ item: "bad", error: "no good" }],
      incomplete: true
    })
    expect(node(first, "twice")).toMatchObject({ status: "executed", items: { total: 2 }, incomplete: true })
    expect(node(first, "all").status).toBe("executed")

    // the failure is known, and is not tried again unless it is asked for
    const second = await run(graph)
    expect(executedIn(second)).toEqual([])
    expect(node(second, "made")).toMatchObject({ status: "failed", items: { executed: 0, failed: 1 } })
    expect(node(second, "all")).toMatchObject({
      status: "skipped",
      error: expect.stringContaining("made is incomplete") as string
    })
    const { events } = await lab.run(lab.graph(graph), { retryFailed: true })
    expect(events.filter(({ type }) => type === "item-failed")).toHaveLength(1)
  })
  it("is mended by a stage that gives it", async () => {
    expect((await run({ out: doubledOf(given) })).status).toBe("failed")
    const { status, nodes } = await run({ out: doubledOf([...things(2), { id: "bad", a: 9 }]) })
    expect([status, nodes[2]!.items.executed]).toEqual(["ok", 1])
  })
})
