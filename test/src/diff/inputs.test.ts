/** The inputs that differ between two runs: each cause once, with what follows from it. */
import { afterEach, beforeEach, expect, it } from "vitest"
import { diffSides } from "../../../src/diff/diff.ts"
import { resolveSides } from "../../../src/diff/sides.ts"
import type { RunRecord } from "../../../src/store/records/run-record.ts"
import { coarse, type Items, Lab, numbers, sum, total } from "../run/lab.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { rmSync } from "node:fs"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

const items: Items = { i0: [7, 1], i1: [9, 2], i2: [30, 4] }
/** source → a, b → sums → total */
function graphOf({ step = 2, of = items, other = step }: { step?: number; of?: Items; other?: number }) {
  const source = numbers("source", { file: { path: lab.writeItems(of) } })
  const [a, b] = [coarse("a", { of: source, step }), coarse("b", { of: source, step: other })]
  return lab.graph({ total: total("total", { of: [sum("sums", { x: a, y: b })] }) })
}
async function diffOf() {
  const store = storeOf(lab)
  const options = {
    settings: { thresholds: {}, tolerance: {} },
    values: false,
    signal: new AbortController().signal
  }
  return (await diffSides(resolveSides(store, ["@2", "@1"], Date.now()), options)).diff
}
const told = (inputs: Awaited<ReturnType<typeof diffOf>>["inputs"]) =>
  inputs.map(({ cue, path, nodes, follows, effect }) => [cue, path, nodes, follows, effect])
const recordOf = (id: string): RunRecord => storeOf(lab).run(id)!

it("tells one change of several nodes once, and counts what follows once", async () => {
  await lab.run(graphOf({ step: 2 }))
  await lab.run(graphOf({ step: 3 }))
  expect(told((await diffOf()).inputs)).toEqual([["parameter", "params.step", ["a", "b"], 2, true]])
})

it("counts a node under each of the changes that it follows from", async () => {
  await lab.run(graphOf({ step: 2, other: 5 }))
  await lab.run(graphOf({ step: 3, other: 7 }))
  expect(told((await diffOf()).inputs)).toEqual([
    ["parameter", "params.step", ["a"], 2, true],
    ["parameter", "params.step", ["b"], 2, true]
  ])
})

it("ends where the values are the same again: nothing follows from a change that changes nothing", async () => {
  await lab.run(graphOf({}))
  lab.versions.set("coarse", 1)
  await lab.run(graphOf({}))
  const { inputs, verdict } = await diffOf()
  expect(told(inputs)).toEqual([["code", "coarse.ts", ["a", "b"], 0, false]])
  expect(verdict).toBe("inconclusive")
})

it("tells another CPU and another Node where values differ, after the inputs", async () => {
  await lab.run(graphOf({ step: 2 }))
  const { run } = await lab.run(graphOf({ step: 3 }))
  const store = storeOf(lab)
  for (const { stage, key } of recordOf(run.id).nodes) {
    const [trace] = store.traces(stage, key!)
    if (trace!.run === run.id) store.putTrace({ ...trace!, host: { cpu: "M9", host: "mac", node: "v99" } })
  }
  expect(told((await diffOf()).inputs)).toEqual([
    ["parameter", "params.step", ["a", "b"], 2, true],
    ["host", "CPU", ["a", "b", "sums", "total"], 0, true],
    ["host", "Node", ["a", "b", "sums", "total"], 0, true]
  ])
})

it("says where a trace is gone that what changed is not known", async () => {
  const { run } = await lab.run(graphOf({ step: 2 }))
  await lab.run(graphOf({ step: 3 }))
  const a = recordOf(run.id).nodes.find(({ id }) => id === "a")!
  rmSync(`${storeOf(lab).layout.traces(a.stage, a.key!)}/${a.key}.json`)
  const { inputs } = await diffOf()
  expect(inputs.find(({ cue }) => cue === "unknown")).toMatchObject({
    sentence: "what changed in a is not known: a has no trace of it",
    follows: 2
  })
})

it("tells items of a source, and of those alone", async () => {
  await lab.run(graphOf({}))
  await lab.run(graphOf({ of: { i0: [7, 5], i2: [31, 4], i4: [1, 1] } }))
  const { inputs } = await diffOf()
  expect(inputs.map(({ sentence }) => sentence)).toEqual([
    expect.stringContaining("items.json changed"),
    "source: 1 number added (i4), 1 removed (i1), 2 changed (i0, i2): a in 1, b in 1"
  ])
})

it("compares values alone where the pipeline file is gone", async () => {
  await lab.run(graphOf({ step: 2 }))
  await lab.run(graphOf({ step: 3 }))
  const { notes, nodes } = await diffOf()
  expect(notes).toEqual([
    expect.stringMatching(/lab\.ts no longer gives the pipeline of the run: the pipeline file is gone/)
  ])
  expect(nodes.map(({ id, by }) => [id, by])).toEqual([
    ["source", "digest"],
    ["a", "values"],
    ["b", "values"],
    ["sums", "digest"],
    ["total", "digest"]
  ])
})
