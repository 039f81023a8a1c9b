import { afterEach, beforeEach, expect, it } from "vitest"
import { column, defineStage, each, failed, one } from "../../../src/index.ts"
import type { Executor } from "../../../src/run/task.ts"
import { artifactsOf, Lab, numbers } from "./lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

const a = { a: column.float64() }
const calls: Array<number> = []
const single = defineStage.itemwise("single", {
  inputs: { of: each(a) },
  output: one(a),
  chunk: 1,
  compute: (items, _, { progress }) => {
    calls.push(items.length)
    if (items.some(({ of }) => of.a === 7)) throw new Error("seven")
    items.forEach((__, i) => progress(i + 1, items.length))
    return items.map(({ of }) => (of.a === 9 ? failed("nine") : { a: -of.a }))
  }
})

it("a stage gets no more items in a call than it wants, however large chunks are; progress adds up", async () => {
  const count = 260
  const items = Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${i}`, [i, 0] as const]))
  const source = numbers("source", { file: { path: lab.writeItems(items) } })
  const { run, events } = await lab.run(lab.graph({ node: single("node", { of: source }) }))
  expect(Math.max(...calls)).toBe(1)
  expect(run.nodes[1]).toMatchObject({
    items: { total: count, executed: count - 2, failed: 2 },
    failures: [
      { item: "i7", error: "seven" },
      { item: "i9", error: "nine" }
    ]
  })
  const shown = events.flatMap((event) =>
    event.type === "node-progress" && event.node === "node" ? [event.done] : []
  )
  expect(shown.at(-1)).toBe(count)
  expect(shown.every((done, i) => i === 0 || done >= shown[i - 1]!)).toBe(true)
})

it("an artifact's digest does not depend on the size of chunks", async () => {
  const items = Object.fromEntries(Array.from({ length: 23 }, (_, i) => [`i${i}`, [i, 0] as const]))
  const spec = single.stage.spec as { chunk?: number }
  const digests = new Set<string>()
  try {
    for (const chunk of [1, 2, 5, 23, 100]) {
      spec.chunk = chunk
      const other = new Lab()
      const source = numbers("source", { file: { path: other.writeItems(items) } })
      const { run } = await other.run(other.graph({ node: single("node", { of: source }) }), { jobs: 3 })
      digests.add(String(artifactsOf(run)["node"]))
      other.close()
    }
  } finally {
    spec.chunk = 1
  }
  expect(digests.size).toBe(1)
  expect(digests.has("null")).toBe(false)
})

it("a chunk that has lasted long enough leaves the items that it has not begun to later chunks", async () => {
  const count = 20
  const items = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`i${i + 20}`, [i + 20, 0] as const])
  )
  const source = numbers("source", { file: { path: lab.writeItems(items) } })
  const chunks: Array<number> = []
  const executor = (usual: Executor): Executor => ({
    ...usual,
    chunkMs: 0,
    execute: (task, report) => {
      if (task.node === "node") chunks.push(task.items!.length)
      return usual.execute(task, report)
    }
  })
  const { run } = await lab.run(lab.graph({ node: single("node", { of: source }) }), { jobs: 1, executor })
  expect(run.nodes[1]).toMatchObject({ status: "executed", items: { total: count, executed: count } })
  // one item each, whatever was planned
  expect(chunks).toHaveLength(count)
  const kept = lab.planning().store.manifest(String(artifactsOf(run)["node"]))!
  expect(kept.shards.map(({ items: held }) => held)).toEqual(Array.from({ length: count }, () => 1))
})
