/** A source may give any number of rows an item. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { column, defineStage, param, rows } from "../../../src/index.ts"
import { artifactsOf, executedIn, gathered, Lab, total } from "./lab.ts"

type Lists = Readonly<Record<string, ReadonlyArray<number>>>
const lists = defineStage.source("lists", {
  item: "list",
  params: { file: param.file() },
  output: rows({ value: column.float64() }),
  compute: async function* ({ file }, world) {
    const items = JSON.parse(new TextDecoder().decode(await world.read(file.path))) as Lists
    for (const [id, values] of Object.entries(items)) yield { id, rows: values.map((value) => ({ value })) }
  }
})

let lab: Lab
beforeAll(() => void (lab = new Lab()))
afterAll(() => lab.close())

const run = (items: Lists) => {
  const file = { path: lab.writeItems(items as never, "lists.json") }
  const sums = gathered("sums", { of: lists("lists", { file }) })
  return lab.run(lab.graph({ total: total("total", { of: [sums] }), sums }))
}

it("and they are grouped by item below it, an item without rows included", async () => {
  const { run: first } = await run({ a: [1, 2, 3], b: [], c: [4] })
  expect(executedIn(first)).toEqual(["lists", "sums", "total"])
  expect(first.nodes.find(({ id }) => id === "sums")?.items.total).toBe(3)
  const { run: again } = await run({ a: [1, 2, 3], b: [], c: [4] })
  expect(executedIn(again)).toEqual([])
  expect(artifactsOf(again)).toEqual(artifactsOf(first))
})

it("and an item whose rows changed is computed again, alone", async () => {
  const { run: changed } = await run({ a: [1, 2, 3], b: [5], c: [4] })
  expect(changed.nodes.find(({ id }) => id === "sums")?.items).toMatchObject({ executed: 1, cached: 2 })
})

it("and what gives no rows is refused", async () => {
  const wrong = defineStage.source("wrong", {
    item: "list",
    output: rows({ value: column.float64() }),
    params: {},
    compute: async function* () {
      yield { id: "a", value: 1 } as never
    }
  })
  const { run } = await lab.run(lab.graph({ wrong: wrong("wrong", {}) }))
  expect(run.nodes[0]).toMatchObject({ status: "failed", error: expect.stringContaining("{ id, rows }") })
})

it("and an id that comes twice is refused, however many shards lie between", async () => {
  const twice = defineStage.source("twice", {
    item: "list",
    output: rows({ value: column.float64() }),
    params: {},
    compute: async function* () {
      for (let i = 0; i < 700; i++) yield { id: `list ${i % 699}`, rows: [] }
    }
  })
  const { run } = await lab.run(lab.graph({ twice: twice("twice", {}) }))
  expect(run.nodes[0]).toMatchObject({
    status: "failed",
    error: expect.stringContaining('two items have the id "list 0"')
  })
})
