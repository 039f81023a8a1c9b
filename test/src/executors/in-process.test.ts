/** Stages in this process that never answer: where they declare a limit, it holds. */
import { afterEach, beforeEach, expect, it } from "vitest"
import { column, defineStage, each, one, table, whole } from "../../../src/index.ts"
import { Lab, numbers } from "../run/lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())
const a = { a: column.float64() }
const never = new Promise<never>(() => {})
const source = () => {
  const items = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`i${i}`, [i, 0] as const]))
  return numbers("source", { file: { path: lab.writeItems(items) } })
}
let aborted = 0

const waits = defineStage.itemwise("waits", {
  inputs: { of: each(a) },
  output: one(a),
  itemSeconds: 0.02,
  chunk: 4,
  compute: async (items, _given, { signal }) => {
    signal.addEventListener("abort", () => aborted++)
    return items.some(({ of }) => of.a === 3) ? never : items.map(({ of }) => ({ a: of.a }))
  }
})
const opens = defineStage.itemwise("opens", {
  inputs: { of: each(a) },
  output: one(a),
  itemSeconds: 0.01,
  open: () => never,
  compute: (items) => items.map(({ of }) => ({ a: of.a }))
})
const slow = defineStage.whole("slow", {
  inputs: { of: whole(a) },
  output: table(a),
  seconds: 0.05,
  compute: () => never
})
const drips = defineStage.source("drips", {
  item: "drop",
  output: one(a),
  seconds: 0.05,
  compute: async function* () {
    yield { id: "d0", a: 1 }
    await never
  }
})

it("an item that never answers is found, told to stop, and fails alone", async () => {
  const { run } = await lab.run(lab.graph({ node: waits("node", { of: source() }) }))
  expect(run.nodes[1]).toMatchObject({
    status: "failed",
    items: { total: 6, executed: 5, failed: 1 },
    failures: [{ item: "i3", error: 'stage "waits" (node "node") was abandoned: it took more than 0.02 s' }]
  })
  expect(aborted).toBeGreaterThan(0)
})

it("a resource that never opens fails its items, and the run ends", async () => {
  const { run } = await lab.run(lab.graph({ node: opens("node", { of: source() }) }))
  expect(run.nodes[1]).toMatchObject({ status: "failed", items: { executed: 0, failed: 6 } })
})

it.each([
  ["a whole stage", () => slow("node", { of: source() }), "slow"],
  ["a source", () => drips("node", {}), "drips"]
])("%s that never answers fails by its `seconds`", async (_name, node, stage) => {
  const { run } = await lab.run(lab.graph({ node: node() }))
  expect(run.nodes.at(-1)).toMatchObject({
    status: "failed",
    error: `stage "${stage}" (node "node") was abandoned: it took more than 0.05 s`,
    hint: "the stage's `seconds` sets the limit"
  })
})
