/** What changed in a node's inputs, item by item, of whole stages as of itemwise ones. */
import { afterEach, beforeEach, expect, it } from "vitest"
import { changeLines } from "../../../src/cli/change-lines.ts"
import { column, defineStage, each, many, one, param, whole } from "../../../src/index.ts"
import { itemChanges } from "../../../src/plan/item-changes.ts"
import { sentence } from "../../../src/plan/cue.ts"
import { coarse, fits, fitted, type Items, Lab, numbers, taps, total } from "../run/lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

const a = { a: column.float64() }
/** Reads a table, which has no items, and items as a whole beside those that it is joined by. */
const shifted = defineStage.itemwise("shifted", {
  inputs: { of: each(a), beside: whole(a), sums: many({ total: column.float64() }) },
  params: { by: param.int({ default: 0 }) },
  output: one(a),
  compute: (items) => items.map(({ of }) => ({ a: of.a }))
})

/** Of the world's nodes, after its items were others. */
async function changesBetween(before: Items, now: Items) {
  const graphOf = (items: Items) => {
    const source = numbers("source", { file: { path: lab.writeItems(items) } })
    const halves = coarse("halves", { of: source, step: 1 })
    const sums = total("sums", { of: [halves] })
    return lab.graph({
      both: total("both", { of: [source, halves] }),
      shifted: shifted("shifted", { of: source, beside: halves, sums: [sums] })
    })
  }
  await lab.run(graphOf(before))
  // all but the nodes that are asked about
  const graph = graphOf(now)
  const above = graph.nodes.filter(({ id }) => id !== "both" && id !== "shifted")
  await lab.run({ ...graph, nodes: above })
  const changes = await itemChanges(await lab.plan(graph), lab.planning())
  return (id: string) => changeLines(changes.get(id) ?? [])
}

it("names items and columns of each input of a whole stage", async () => {
  const of = await changesBetween(
    { i0: [1, 1], i1: [2, 1], i2: [3, 1] },
    { i0: [1, 5], i1: [7, 1], i3: [4, 1] }
  )
  // i0 has another b, which nobody here reads
  expect(of("both")).toEqual([
    "of[0] (source): new items i3",
    "of[0] (source): removed items i2",
    "of[0] (source): a changed in i1",
    "of[1] (halves): new items i3",
    "of[1] (halves): removed items i2",
    "of[1] (halves): a changed in i1"
  ])
})

it("names those of inputs that an itemwise stage takes as a whole, and passes over tables", async () => {
  const of = await changesBetween({ i0: [1, 1], i1: [2, 1] }, { i0: [1, 1], i1: [3, 1] })
  expect(of("shifted")).toEqual(["of (source): a changed in i1", "beside (halves): a changed in i1"])
})

it("says nothing of nodes whose inputs are as they were", async () => {
  const of = await changesBetween({ i0: [1, 1] }, { i0: [1, 2] })
  expect([of("both"), of("shifted")]).toEqual([[], []])
})

it("names those of a family where an item gets one member of it, and none where only names are read", async () => {
  const graphOf = (items: Items, names: ReadonlyArray<string>) => {
    const of = numbers("source", { file: { path: lab.writeItems(items) } })
    const rows = taps("taps", { of, members: names.map((name, i) => ({ name, times: i + 1 })) })
    return lab.graph({ out: fitted("out", { rows, fit: fits("fits", { names: rows }) }) })
  }
  await lab.run(graphOf({ i0: [1, 1], i1: [2, 1] }, ["m"]))
  const graph = graphOf({ i0: [1, 1], i1: [3, 1], i2: [4, 1] }, ["m", "n"])
  await lab.run({ ...graph, nodes: graph.nodes.filter(({ id }) => id !== "out" && id !== "fits") })
  const plans = await lab.plan(graph)
  const cuesOf = (id: string) => plans.find(({ node }) => node.id === id)!.cues.map(sentence)
  expect(cuesOf("fits")).toEqual([expect.stringMatching(/^the names in x of taps changed/)])
  expect((await itemChanges(plans, lab.planning())).get("fits")).toBeUndefined()
  await lab.run({ ...graph, nodes: graph.nodes.filter(({ id }) => id !== "out") })
  const changes = await itemChanges(await lab.plan(graph), lab.planning())
  expect(changeLines(changes.get("out")!)).toEqual([
    "rows (taps): new items i2",
    "rows (taps): b changed in i1",
    "fit (fits): new items fit n",
    "x (taps): x/n, x/m changed in i0, i1"
  ])
})
