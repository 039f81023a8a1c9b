/** A file that a stage's parameters name, changed while the stage is at it. */
import { readFileSync, writeFileSync } from "node:fs"
import { afterEach, expect, it } from "vitest"
import { column, defineStage, each, file, one, param } from "../../../src/index.ts"
import type { Executor } from "../../../src/run/task.ts"
import { executedIn, type Items, Lab, numbers } from "../run/lab.ts"

const labs: Array<Lab> = []
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

const items: Items = { a: [1, 0], b: [2, 0], c: [3, 0], d: [4, 0] }

/** Multiplies by what a file says; at item `at` somebody writes another number there first. */
function world(change: { at: number | null }) {
  const lab = new Lab()
  labs.push(lab)
  const scale = lab.writeItems({}, "scale.json")
  writeFileSync(scale, "10")
  const scaled = defineStage.itemwise("scaled", {
    inputs: { of: each({ a: column.float64() }) },
    params: { by: param.file() },
    output: one({ product: column.float64() }),
    chunk: 1,
    compute: ([item], { params }) => {
      if (item!.of.a === change.at) writeFileSync(params.by.path, "100")
      return [{ product: item!.of.a * Number(readFileSync(params.by.path, "utf8")) }]
    }
  })
  const graph = () =>
    lab.graph({
      out: scaled("scaled", { of: numbers("source", { file: file(lab.writeItems(items)) }), by: file(scale) })
    })
  return { lab, graph, scale }
}

it("stores nothing under the digest that the file had before, and keeps what was finished", async () => {
  const change = { at: 3 as number | null }
  const { lab, graph, scale } = world(change)
  // each chunk ends after one call
  const executor = (usual: Executor): Executor => ({ ...usual, chunkMs: 0 })
  const { run } = await lab.run(graph(), { jobs: 1, executor })
  expect(run.status).toBe("failed")
  expect(run.nodes.at(-1)).toMatchObject({
    status: "failed",
    artifact: null,
    error: 'node "scaled": a file that it reads changed while it ran'
  })
  change.at = null
  // with the number that is there now, all is computed
  const after = (await lab.run(graph(), { jobs: 1 })).run
  expect(after.nodes.at(-1)).toMatchObject({ status: "executed", items: { executed: 4 } })
  // with the one that was there before, what was finished under it is there
  writeFileSync(scale, "10")
  const before = (await lab.run(graph(), { jobs: 1 })).run
  expect(executedIn(before)).toEqual(["scaled"])
  expect(before.nodes.at(-1)).toMatchObject({ items: { executed: 2, cached: 2 } })
  expect((await lab.run(graph(), { jobs: 1 })).run.nodes.at(-1)).toMatchObject({ status: "cached" })
})
