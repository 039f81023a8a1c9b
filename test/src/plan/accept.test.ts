/** Accepting: outputs are kept under a new key, marked, item by item; and refused where they cannot hold. */
import { problemOf } from "../problem-of.ts"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, one } from "../../../src/index.ts"
import type { Graph } from "../../../src/pipeline/graph.ts"
import type { Problem } from "../../../src/support/problem.ts"
import { planAcceptances, writeAcceptances } from "../../../src/plan/accept.ts"
import { sentence } from "../../../src/plan/cue.ts"
import { withCuesOf } from "../../../src/plan/item-cues.ts"
import type { RunRecord } from "../../../src/store/records/run-record.ts"
import { coarse, executedIn, type Items, Lab, numbers, sum, total } from "../run/lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

const at = "2027-06-01T00:00:00.000Z"
const usual: Items = { i0: [7, 1], i1: [9, 2], i2: [4, 3], i3: [5, 4] }
/** source → halves → sums → total */
function graphOf(items: Items = usual): Graph {
  const source = numbers("source", { file: { path: lab.writeItems(items) } })
  const halves = coarse("halves", { of: source, step: 2 })
  return lab.graph({ total: total("total", { of: [sum("sums", { x: halves, y: source })] }) })
}
const planned = (graph: Graph, ...ids: ReadonlyArray<string>) =>
  planAcceptances(graph.nodes, new Set(ids), lab.planning(), at)
async function accept(graph: Graph, ...ids: ReadonlyArray<string>) {
  const acceptances = await planned(graph, ...ids)
  await writeAcceptances(lab.planning().store, acceptances)
  return acceptances
}
const refused = (graph: Graph, ...ids: ReadonlyArray<string>): Promise<Problem> =>
  problemOf(() => planned(graph, ...ids))
const nodeOf = (run: RunRecord, id: string) => run.nodes.find((node) => node.id === id)!
const states = async (graph: Graph) =>
  Object.fromEntries((await lab.plan(graph)).map(({ node, state }) => [node.id, state]))

describe("a node that is accepted", () => {
  it("is fresh under its new key, with the outputs that it had, and nothing below it runs", async () => {
    const first = (await lab.run(graphOf())).run
    lab.versions.set("coarse", 1)
    const graph = graphOf()
    expect((await states(graph))["halves"]).toBe("stale")
    const { accepted, fresh } = await accept(graph, "halves")
    expect(fresh).toEqual([])
    expect(accepted.map(({ node, cues }) => [node.id, cues.map(sentence)])).toEqual([
      ["halves", ["code of coarse.ts changed (0 → 1)"]]
    ])
    expect(new Set(Object.values(await states(graph)))).toEqual(new Set(["fresh"]))
    const { run } = await lab.run(graph)
    expect(executedIn(run)).toEqual([])
    expect(nodeOf(run, "halves").artifact).toBe(nodeOf(first, "halves").artifact)
  })

  it("is marked in the plan, its cues and the run's record, with its old key and the run that computed it", async () => {
    const first = (await lab.run(graphOf())).run
    lab.versions.set("coarse", 1)
    await accept(graphOf(), "halves")
    const mark = { key: nodeOf(first, "halves").key, run: first.id, at }
    const plan = (await lab.plan(graphOf())).find(({ node }) => node.id === "halves")!
    expect(plan.trace).toMatchObject({ accepted: mark, run: first.id })
    expect(plan.cues).toContainEqual({ cue: "accepted", path: first.id, before: mark.key, after: at })
    expect(sentence(plan.cues[1]!)).toBe(
      `accepted at ${at}: computed under another key (${mark.key!.slice(0, 12)}) in run ${first.id}`
    )
    const { run } = await lab.run(graphOf())
    expect(nodeOf(run, "halves").accepted).toEqual(mark)
    expect(nodeOf(run, "sums").accepted).toBeUndefined()
  })

  it("is accepted item by item: one more scene computes that scene alone, and the mark stays", async () => {
    await lab.run(graphOf())
    lab.versions.set("coarse", 1)
    await accept(graphOf(), "halves")
    const { run } = await lab.run(graphOf({ ...usual, i4: [11, 5] }))
    expect(nodeOf(run, "halves").items).toMatchObject({ executed: 1, cached: 4 })
    expect(nodeOf(run, "halves").accepted).toMatchObject({ at })
    const again = await lab.run(graphOf({ ...usual, i4: [11, 5] }))
    expect(nodeOf(again.run, "halves")).toMatchObject({ status: "cached", accepted: { at } })
  })

  it("says of an item that it was accepted only where it was, and not of one computed since", async () => {
    await lab.run(graphOf())
    lab.versions.set("coarse", 1)
    const cuesOf = async (graph: Graph, item: string) => {
      const plans = await lab.plan(graph)
      const plan = plans.find(({ node }) => node.id === "halves")!
      const { cues } = await withCuesOf(item, plan, plans, lab.planning())
      return cues.map(({ cue }) => cue)
    }
    await accept(graphOf(), "halves")
    expect(await cuesOf(graphOf(), "i0")).toEqual(["fresh", "accepted"])
    const more = graphOf({ ...usual, i4: [11, 5] })
    await lab.run(more)
    expect(await cuesOf(more, "i0")).toEqual(["fresh", "accepted"])
    expect(await cuesOf(more, "i4")).toEqual(["fresh"])
  })

  it("loses its mark when it is computed", async () => {
    await lab.run(graphOf())
    lab.versions.set("coarse", 1)
    await accept(graphOf(), "halves")
    const { run } = await lab.run(graphOf(), { force: ["halves"] })
    expect(nodeOf(run, "halves")).toMatchObject({ status: "executed", items: { executed: 4 } })
    expect(nodeOf(run, "halves").accepted).toBeUndefined()
    const after = (await lab.plan(graphOf())).find(({ node }) => node.id === "halves")!
    expect(after.trace!.accepted).toBeUndefined()
  })

  it("keeps the items that failed as failed", async () => {
    const path = join(lab.folder, "items.json")
    const graph = () => lab.graph({ c: coarse("c", { of: numbers("source", { file: { path } }), step: 2 }) })
    writeFileSync(path, '{"i0":[4,1],"i1":[1e999,2],"i2":[9,3]}')
    await lab.run(graph())
    lab.versions.set("coarse", 1)
    await accept(graph(), "c")
    const { run } = await lab.run(graph())
    expect(nodeOf(run, "c")).toMatchObject({ status: "failed", items: { executed: 0, failed: 1 } })
  })
})

describe("several nodes", () => {
  it("are accepted in order, each with what those above it keep", async () => {
    await lab.run(graphOf())
    for (const stage of ["numbers", "coarse", "sum", "total"]) lab.versions.set(stage, 1)
    const graph = graphOf()
    const { accepted } = await accept(graph, "total", "halves", "source", "sums")
    expect(accepted.map(({ node }) => node.id)).toEqual(["source", "halves", "sums", "total"])
    expect(executedIn((await lab.run(graph)).run)).toEqual([])
  })
  it("that are fresh are named, and left alone", async () => {
    await lab.run(graphOf())
    lab.versions.set("sum", 1)
    const { accepted, fresh } = await accept(graphOf(), "halves", "sums")
    expect(
      [accepted, fresh].map((list) => list.map((one) => ("node" in one ? one.node.id : one.id)))
    ).toEqual([["sums"], ["halves"]])
  })
})

describe("is refused, and nothing is written, where", () => {
  it("an input is not fresh", async () => {
    await lab.run(graphOf())
    lab.versions.set("coarse", 1)
    lab.versions.set("sum", 1)
    const problem = await refused(graphOf(), "sums")
    expect(problem.message).toBe('"sums" cannot be accepted: it reads halves, which is not fresh')
    expect(problem.hint).toContain("run or accept it first")
    expect(problem.exitCode).toBe(2)
  })
  it("there is nothing to keep", async () => {
    const never = await refused(graphOf(), "source")
    expect(never.message).toContain("it was never computed")
    expect(never._tag).toBe("ArtifactNotFound")
    const { run } = await lab.run(graphOf())
    const { store } = lab.planning()
    store.files.remove(store.layout.manifest(nodeOf(run, "halves").artifact!))
    lab.versions.set("coarse", 1)
    expect((await refused(graphOf(), "halves")).message).toContain("its artifact is gone from the store")
  })
  it("it has other items than its outputs are of", async () => {
    await lab.run(graphOf())
    lab.versions.set("coarse", 1)
    const more = { ...usual, i4: [1, 1] } as const
    await lab.run(lab.graph({ source: numbers("source", { file: { path: lab.writeItems(more) } }) }))
    expect((await refused(graphOf(more), "halves")).message).toContain(
      "cannot be accepted: its items have changed: of (source)"
    )
  })
  it("what it read has changed", async () => {
    await lab.run(graphOf())
    const problem = await refused(graphOf({ ...usual, i0: [8, 1] }), "source")
    expect(problem.message).toBe('"source" cannot be accepted: it read items.json, which has changed')
  })
  it("its schema is another", async () => {
    const stage = (output: Parameters<typeof one>[0]) =>
      defineStage.itemwise("shaped", {
        inputs: { of: each({ a: column.float64() }) },
        output: one(output),
        compute: (items) => items.map(() => ({ x: 1 })) as never
      })
    const graph = (output: Parameters<typeof one>[0]) =>
      lab.graph({
        s: stage(output)("s", { of: numbers("source", { file: { path: lab.writeItems(usual) } }) })
      })
    await lab.run(graph({ x: column.float64() }))
    expect((await refused(graph({ x: column.int32() }), "s")).message).toContain(
      "it has a different schema now"
    )
  })
  it("one of several has nothing to keep: then none is accepted", async () => {
    await lab.run(
      lab.graph({
        h: coarse("halves", { of: numbers("source", { file: { path: lab.writeItems(usual) } }), step: 2 })
      })
    )
    lab.versions.set("coarse", 1)
    const graph = graphOf()
    expect((await refused(graph, "halves", "sums")).message).toContain('"sums" cannot be accepted')
    expect((await states(graph))["halves"]).toBe("stale")
  })
})
