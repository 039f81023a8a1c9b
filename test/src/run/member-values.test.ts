/** What an item gets by a member port, and what it cannot reach. */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  type Batch,
  column,
  defineStage,
  each,
  member,
  memberNames,
  one,
  rows,
  table,
  whole
} from "../../../src/index.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { heldIn } from "./held.ts"
import { fits, type Items, Lab } from "./lab.ts"
import { memberInputs, memberWorld } from "./member-rig.ts"

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())

const { source, run, tapsOf } = memberWorld(() => lab)
const inputs = memberInputs
type Item = Batch<typeof inputs>[number]
let version = 0
/** A stage of its own for each look at what it gets. */
function looking<A>(look: (item: Item, given: Readonly<Record<string, any>>) => A | Promise<A>) {
  const seen: Array<A> = []
  const stage = defineStage.itemwise("looking", {
    inputs,
    output: one({ n: column.int32() }),
    compute: async (of, given) => {
      for (const item of of) seen.push(await look(item, given))
      return of.map(() => ({ n: 1 }))
    }
  })
  lab.versions.set("looking", version++)
  return { stage, seen }
}
async function look<A>(
  names: ReadonlyArray<string>,
  how: (item: Item, given: Readonly<Record<string, any>>) => A | Promise<A>
) {
  const { stage, seen } = looking(how)
  const tensors = tapsOf(names)
  const record = await run({ out: stage("out", { rows: tensors, fit: fits("fits", { names: tensors }) }) })
  return { seen, node: record.nodes.find(({ id }) => id === "out")! }
}

describe("an item has", () => {
  it("its member's matrix, and nothing else of the family", async () => {
    const { seen } = await look(["m", "n"], async (item, given) => {
      expect(Object.keys(item).sort()).toEqual(["fit", "id", "x"])
      expect(Reflect.ownKeys(item.x).sort()).toEqual(["read", "rows", "shape"])
      expect(Object.getPrototypeOf(item.x)).toBe(Object.prototype)
      expect(Object.keys(given).sort()).toEqual(["params", "resource", "rows"])
      return [item.fit.name, item.x.rows, item.x.shape, [...(await item.x.read())]]
    })
    expect(seen).toEqual([
      ["m", 3, [1], [1, 2, 5]],
      ["n", 3, [1], [2, 4, 10]]
    ])
  })
  it("some of its rows, in any order", async () => {
    const { seen } = await look(["m"], async ({ x }) => [
      [...(await x.read([2, 0, 2]))],
      [...(await x.read(Int32Array.of(1)))],
      [...(await x.read([]))]
    ])
    expect(seen).toEqual([[[5, 1, 5], [2], []]])
  })
  it.each([[3], [-1], [0.5], [NaN], ["1"], [undefined]])("no row %s of three", async (row) => {
    const { node } = await look(["m"], ({ x }) => x.read([row as number]))
    expect(node).toMatchObject({ status: "failed", items: { failed: 1 } })
    expect(node.failures[0]!.error).toContain(`there is no row ${row} among 3`)
  })
  it("no other member by the tables that it is given", async () => {
    const { seen } = await look(["m", "n"], async (_, { rows: all }) => {
      const refused = (read: () => unknown) =>
        Promise.resolve()
          .then(read)
          .catch((error: unknown) => (error as Error).message)
      return [
        await refused(() => all.tensor("x", "n")),
        await refused(() => all.members("x")),
        await refused(() => all.read("x"))
      ]
    })
    const why = 'node "out", port "rows": the port does not declare the column "x"'
    expect(seen).toEqual([
      [why, why, why],
      [why, why, why]
    ])
  })
})

describe("what a stage does to what it gets is seen by nobody else", () => {
  it("the values, the shape", async () => {
    const both = defineStage.whole("both", {
      item: "fit",
      inputs: { names: memberNames("x") },
      output: one({ name: column.utf8() }),
      compute: ({ names }) => ["a", "b"].map((id) => ({ id, name: names[0]! }))
    })
    const { stage, seen } = looking(async ({ x }) => {
      const before = [[...(await x.read())], [...(await x.read([1]))], [...x.shape], x.rows]
      for (const data of [await x.read(), await x.read([0, 1, 2])]) data.fill(-1)
      ;(x.shape as Array<number>).push(7)
      Object.assign(x, { rows: 99 })
      return before
    })
    const tensors = tapsOf(["m"])
    const out = stage("out", { rows: tensors, fit: both("both", { names: tensors }) })
    await run({ out })
    expect(seen).toEqual(Array.from({ length: 2 }, () => [[1, 2, 5], [2], [1], 3]))
  })
  it("the names, which the next nodes read in their own order", async () => {
    const names = (id: string, change: boolean) =>
      defineStage.whole(id, {
        inputs: { names: memberNames("x"), all: whole({ x: column.tensors("one") }) },
        output: table({ names: column.utf8() }),
        compute: ({ names, all }) => {
          const read = [{ names: `${names.join()} ${all.members("x").join()}` }]
          if (change)
            for (const list of [names, all.members("x")]) (list as Array<string>).splice(0, 1, "n", "more")
          return read
        }
      })
    const tensors = tapsOf(["m", "n"])
    const [first, second] = [names("first", true), names("second", false)]
    const graph = { first: first("first", { names: tensors, all: tensors }) } as Record<string, AnyRef>
    const { nodes } = await run({
      ...graph,
      second: second("second", { names: tensors, all: tensors }),
      fits: fits("fits", { names: tensors })
    })
    const held = await Promise.all(
      nodes.slice(2).map(async ({ artifact }) => (await heldIn(storeOf(lab), artifact!)).rows)
    )
    expect(held).toEqual([
      [{ names: "m,n m,n" }],
      [{ names: "m,n m,n" }],
      [
        { item: "fit m", name: "m" },
        { item: "fit n", name: "n" }
      ]
    ])
    expect((await run({ second: second("second", { names: tensors, all: tensors }) })).nodes[2]!.status).toBe(
      "cached"
    )
  })
})

it("a member is read as a whole port reads it, whatever shards its rows are in", async () => {
  const several = defineStage.itemwise("several", {
    inputs: { of: each({ a: column.float64() }) },
    output: rows({ n: column.int32(), x: column.tensors("four") }),
    chunk: 2,
    compute: (of) =>
      of.map(({ of: { a } }) =>
        Array.from({ length: a % 3 }, (_, n) => ({ n, x: { m: Float32Array.of(a, n, a + n, 0.5) } }))
      )
  })
  const sameAs = defineStage.itemwise("same", {
    inputs: {
      rows: whole({ n: column.int32(), x: column.tensors("four") }),
      fit: each({ name: column.utf8() }),
      x: member("x", { of: "rows", by: "fit.name" })
    },
    output: one({ values: column.list(column.float64()) }),
    compute: async ([item], { rows: all }) => {
      const { data, rows: count, shape } = await all.tensor("x", "m")
      expect([...(await item!.x.read())]).toEqual([...data])
      expect([item!.x.rows, item!.x.shape]).toEqual([count, shape])
      return [{ values: [...(await item!.x.read([0]))] }]
    }
  })
  const graphOf = (of: Items) => {
    const tensors = several("several", { of: source(of) })
    return { out: sameAs("same", { rows: tensors, fit: fits("fits", { names: tensors }) }) }
  }
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`i${i}`, [i + 1, 1] as const]))
  expect((await run(graphOf(many), 3)).status).toBe("ok")
  const { status, nodes } = await run(graphOf(Object.fromEntries(Object.entries(many).toReversed())))
  expect([status, nodes.map(({ items: { executed } }) => executed)]).toEqual(["ok", [11, 0, 0, 1]])
  // the last item that has rows is the first now
  expect((await heldIn(storeOf(lab), nodes[3]!.artifact!)).rows).toEqual([
    { item: "fit m", values: [11, 0, 11, 0.5] }
  ])
})
