/** Row keys: no two rows of an item, or of a table, have the same values in the columns that a stage names. */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, rows as rowsOf, table } from "../../../src/index.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"
import { repeatedKey, rowKeyText, TableKeys } from "../../../src/run/row-keys.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { heldIn } from "./held.ts"
import { Lab, numbers } from "./lab.ts"
import { moduleStages } from "./module-stages.ts"

describe("the text of a key", () => {
  const textOf = (...values: ReadonlyArray<unknown>) =>
    rowKeyText(
      Object.fromEntries(values.map((value, i) => [`c${i}`, value])),
      values.map((_, i) => `c${i}`)
    )
  it("is another for other values", () => {
    const keys = [
      ["ab", "c"],
      ["a", "bc"],
      ["", "abc"],
      ["1:a", ""],
      ["null", "c"],
      [null, "c"],
      ["true", "c"],
      [true, "c"],
      [false, "c"],
      ["1", "c"],
      [1, "c"],
      [0, "c"],
      [NaN, "c"],
      ["NaN", "c"],
      [Infinity, "c"],
      [-Infinity, "c"],
      [5e-324, "c"],
      [0.1 + 0.2, "c"],
      [0.3, "c"],
      ["é", "c"],
      ["e\u0301", "c"],
      [1, 23],
      [12, 3]
    ]
    expect(new Set(keys.map((key) => textOf(...key))).size).toBe(keys.length)
  })
  it("takes −0 for 0, NaN for NaN and null for null, and looks at no other column", () => {
    expect(textOf(-0)).toBe(textOf(0))
    expect(textOf(NaN)).toBe(textOf(0 / 0))
    expect(rowKeyText({ a: null, b: 1 }, ["a"])).toBe(rowKeyText({ a: null, b: 2 }, ["a"]))
  })
})

describe("repeated keys are found", () => {
  it("among the rows of an item: the first row that repeats one, and the row that it repeats", () => {
    const rows = [3, 1, 2, 1, 3].map((a) => ({ a }))
    expect(repeatedKey(rows, ["a"])).toEqual({ row: 3, earlier: 1 })
    expect(repeatedKey(rows.slice(0, 3), ["a"])).toBeNull()
    expect(repeatedKey([], ["a"])).toBeNull()
  })
  it("among very many rows that come one by one", () => {
    const keys = new TableKeys()
    const count = 100_000
    for (let i = 0; i < count; i++) if (keys.add(`key ${i}`) !== null) throw new Error(`key ${i} is new`)
    for (const i of [0, 1, 767, 768, 769, 65_536, count - 1]) expect(keys.add(`key ${i}`)).toBe(i)
    expect(keys.add("another")).toBeNull()
    expect(keys.add("another")).toBe(count)
  })
})

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())
const source = () => numbers("source", { file: { path: lab.writeItems({ i0: [1, 1], i1: [2, 2] }) } })
const nodeOf = async (out: AnyRef, options = {}) => {
  const { run } = await lab.run(lab.graph({ out }), options)
  return run.nodes.find(({ id }) => id === "out")!
}
const hint = expect.stringContaining("give each row values of its own in these columns") as string

describe.each([
  ["in this process", false],
  ["in a worker", true]
])("an itemwise stage %s", (_, isolate) => {
  /** Gives an item the rows that its number asks for: with `a` 2, two of one key. */
  const stages = (rowKey: string) => `
export const spread = defineStage.itemwise("spread", {
  inputs: { of: each({ a: column.float64(), b: column.float64() }) },
  output: rows({ kind: column.utf8(), fold: column.nullable(column.int32()), share: column.float64() }),
  ${rowKey}
  isolate: ${isolate},
  compute: (items) => items.map(({ of: { a, b } }) => [
    { kind: "x", fold: null, share: 1 },
    { kind: "x", fold: 1, share: 1 },
    { kind: a === 2 ? "x" : "y", fold: b === 2 ? null : 2, share: 2 }
  ])
})`
  const spread = async (rowKey: string) => {
    const { call, workers } = await moduleStages(lab, stages(rowKey))
    return nodeOf(call("spread", "out", { of: source() }), { workers })
  }
  it("that repeats a key fails, with the node, the item, the columns and their values", async () => {
    const out = await spread(`rowKey: ["kind", "fold"],`)
    expect(out).toMatchObject({
      status: "failed",
      artifact: null,
      error:
        'stage "spread" (node "out") broke its schema at "i1, row 2": it has the row key of row 0 of the item: kind "x", fold null',
      hint
    })
  })
  it("may repeat in one item what is in another", async () => {
    const out = await spread(`rowKey: ["kind", "fold", "share"],`)
    expect(out).toMatchObject({ status: "executed", error: null })
    const { rows } = await heldIn(storeOf(lab), out.artifact!)
    expect(rows.map(({ kind, fold }) => [kind, fold])).toEqual([
      ["x", null],
      ["x", 1],
      ["y", 2],
      ["x", null],
      ["x", 1],
      ["x", null]
    ])
  })
})

const pair = { kind: column.utf8(), n: column.nullable(column.int32()) }
async function* streamed<A>(given: ReadonlyArray<A>) {
  yield* given
}
describe("a table", () => {
  const rows = [
    { kind: "a", n: 1 },
    { kind: "a", n: null },
    { kind: "b", n: 1 }
  ]
  const made = (given: ReadonlyArray<(typeof rows)[number]>) =>
    defineStage.whole("made", {
      inputs: {},
      output: table(pair),
      rowKey: ["kind", "n"],
      compute: () => streamed(given)
    })("out", {})

  it("has its rows, if no two have one key", async () => {
    const { status, artifact } = await nodeOf(made(rows))
    expect(status).toBe("executed")
    expect((await heldIn(storeOf(lab), artifact!)).rows).toEqual(rows)
  })
  it("fails, with the node, both rows, the columns and their values", async () => {
    expect(await nodeOf(made([...rows, { kind: "a", n: null }]))).toMatchObject({
      status: "failed",
      artifact: null,
      error:
        'stage "made" (node "out") broke its schema at "row 3": it has the row key of row 1: kind "a", n null',
      hint
    })
  })
  it("of a source fails too", async () => {
    const listed = defineStage.source("listed", {
      item: "thing",
      output: table(pair),
      rowKey: ["kind"],
      compute: () => streamed(rows)
    })
    expect(await nodeOf(listed("out", {}))).toMatchObject({
      status: "failed",
      error: 'stage "listed" (node "out") broke its schema at "row 1": it has the row key of row 0: kind "a"'
    })
  })
})

it("the items that a whole stage makes are checked one by one", async () => {
  const made = (second: number) =>
    defineStage.whole(`made-${second}`, {
      item: "thing",
      inputs: {},
      output: rowsOf(pair),
      rowKey: ["n"],
      compute: () => [
        { id: "t0", rows: [{ kind: "a", n: 1 }] },
        { id: "t1", rows: [1, second].map((n) => ({ kind: "a", n })) }
      ]
    })("out", {})
  expect(await nodeOf(made(2))).toMatchObject({ status: "executed", error: null })
  expect((await nodeOf(made(1))).error).toBe(
    'stage "made-1" (node "out") broke its schema at "t1, row 1": it has the row key of row 0 of the item: n 1'
  )
})

it("a key that is declared later makes nothing stale: rows are checked when they are written", async () => {
  const made = (rowKey: { readonly rowKey?: ReadonlyArray<"kind"> }) =>
    defineStage.whole("made", {
      inputs: {},
      output: table(pair),
      ...rowKey,
      compute: () => [1, 2].map((n) => ({ kind: "a", n }))
    })("out", {})
  const before = await nodeOf(made({}))
  expect(before.status).toBe("executed")
  expect(await nodeOf(made({ rowKey: ["kind"] }))).toMatchObject({
    status: "cached",
    artifact: before.artifact
  })
  expect(await nodeOf(made({ rowKey: ["kind"] }), { force: ["out"] })).toMatchObject({ status: "failed" })
})
