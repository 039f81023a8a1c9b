import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { compareValues } from "../../../src/diff/compare-values.ts"
import { column, type Columns } from "../../../src/pipeline/columns.ts"
import { defineStage, rows } from "../../../src/index.ts"
import type { Problem } from "../../../src/support/problem.ts"
import { objectFile } from "../store/object-file.ts"
import { type Cells, made, madeTable, newStore, reopened } from "./artifact.ts"

const exact = { tolerance: {} }
const columns = {
  token: column.utf8(),
  score: column.float64(),
  label: column.nullable(column.utf8()),
  counts: column.list(column.int32()),
  any: column.json<unknown>(),
  picture: column.file()
} satisfies Columns
const rowOf = (token: string, score: number, more: Cells = {}): Cells => ({
  token,
  score,
  label: null,
  counts: [1, 2],
  any: { b: 1, a: [null] },
  picture: { name: "a.png", content: Buffer.from("picture") },
  ...more
})
const scene = (item: string, ...rows: ReadonlyArray<Cells>) => ({ item, rows })

describe("items", () => {
  const items = [
    scene("s1", rowOf("cls", 1), rowOf("avg", 2)),
    scene("s2", rowOf("cls", 3)),
    scene("s3"),
    scene("s4", rowOf("cls", NaN), rowOf("avg", 0), rowOf("max", 7))
  ]
  const rowKey = ["token"]

  test("an artifact is the same as itself in other shards", async () => {
    const a = await made({ columns, items, rowKey })
    const b = await made({ columns, items, rowKey, perShard: 1 })
    const found = await compareValues(a, b, exact)
    expect(found.verdict).toBe("same")
    expect(found.items).toMatchObject({ same: 4, changed: 0, added: 0, removed: 0 })
    expect(found.rows).toMatchObject({ same: 6, changed: 0, added: 0, removed: 0 })
    expect(found.columns.map(({ changed, compared }) => [changed, compared])).toEqual(
      Array.from({ length: 5 }, () => [0, 6])
    )
    expect(found.lines).toEqual(["the values are equal"])
  })

  test("rows are matched by key, wherever they are; what came, went and changed is counted and named", async () => {
    const other = [
      scene("s0", rowOf("cls", 9)),
      scene("s1", rowOf("avg", 2.5), rowOf("cls", 1)),
      scene("s4", rowOf("max", 7), rowOf("cls", NaN), rowOf("min", 0))
    ]
    const a = await made({ columns, items, rowKey })
    const b = await made({ columns, items: other, rowKey, perShard: 2 })
    const found = await compareValues(a, b, exact)
    expect(found.verdict).toBe("different")
    expect(found.items).toEqual({
      same: 0,
      changed: 2,
      added: 1,
      removed: 2,
      examples: { changed: ["s1", "s4"], added: ["s0"], removed: ["s2", "s3"] }
    })
    expect(found.rows).toEqual({
      same: 3,
      changed: 1,
      added: 2,
      removed: 2,
      examples: {
        changed: ["s1 · token avg"],
        added: expect.arrayContaining(["s0", "s4 · token min"]),
        removed: expect.arrayContaining(["s2", "s4 · token avg"])
      }
    })
    expect(found.columns[0]).toEqual({
      column: "score",
      changed: 1,
      compared: 4,
      max: 0.5,
      mean: 0.5,
      median: 0.5,
      p99: 0.5,
      first: [{ key: "s1 · token avg", before: 2, after: 2.5 }]
    })
  })

  test("without a key, rows are matched by position", async () => {
    const a = await made({ columns, items })
    const b = await made({
      columns,
      items: [...items.slice(0, 3), scene("s4", rowOf("cls", NaN), rowOf("avg", 4))]
    })
    const found = await compareValues(a, b, exact)
    expect(found.rows).toMatchObject({ same: 4, changed: 1, removed: 1 })
    expect(found.rows.examples).toEqual({ changed: ["s4 · row 1"], added: [], removed: ["s4 · row 2"] })
    expect(found.columns.map(({ column }) => column)).toContain("token")
  })

  test("a key column that changes takes its row away and brings another", async () => {
    const before = [scene("s1", rowOf("cls", 1), rowOf("avg", 1))]
    const a = await made({ columns, items: before, rowKey })
    const b = await made({ columns, items: [scene("s1", rowOf("cls", 1), rowOf("max", 1))], rowKey })
    const found = await compareValues(a, b, exact)
    expect(found.rows).toMatchObject({ same: 1, changed: 0, added: 1, removed: 1 })
  })

  test("types are compared by value: lists by element, files by content, JSON by its canonical text", async () => {
    const many = Array.from({ length: 20 }, (_, i) => i)
    const a = await made({
      columns,
      items: [
        scene(
          "s1",
          rowOf("a", -0, { counts: many, any: { a: 1, b: 2 } }),
          rowOf("b", NaN, { label: "x", counts: [1] }),
          rowOf("c", Infinity)
        )
      ],
      rowKey
    })
    const b = await made({
      columns,
      items: [
        scene(
          "s1",
          rowOf("a", 0, {
            counts: many.map((i) => i + (i === 3 ? 5 : i === 9 ? 1 : 0)),
            any: { b: 2, a: 1 },
            picture: { name: "b.png", content: Buffer.from("picture") }
          }),
          rowOf("b", 1, {
            label: null,
            counts: [1, 1],
            picture: { name: "a.png", content: Buffer.from("other") }
          }),
          rowOf("c", Infinity)
        )
      ],
      rowKey
    })
    const { columns: found } = await compareValues(a, b, exact)
    const by = new Map(found.map((one) => [one.column, one]))
    expect(by.get("score")).toMatchObject({ changed: 1, max: null, first: [{ before: "NaN", after: 1 }] })
    expect(by.get("counts")).toMatchObject({ changed: 2, max: 5, mean: 3, median: 1, p99: 5 })
    expect(by.get("counts")!.first[0]!.before).toEqual([0, 1, 2, 3, 4, 5, 6, 7, "… (20)"])
    expect(by.get("label")).toMatchObject({ changed: 1, first: [{ before: "x", after: null }] })
    expect(by.get("any")).toMatchObject({ changed: 0, compared: 3 })
    expect(by.get("picture")).toMatchObject({ changed: 1 })
  })

  test("only signs of zeros are no difference, though the digests differ", async () => {
    const a = await made({ columns, items: [scene("s1", rowOf("a", -0))], rowKey })
    const b = await made({ columns, items: [scene("s1", rowOf("a", 0))], rowKey })
    expect(a.manifest.digest).not.toBe(b.manifest.digest)
    const found = await compareValues(a, b, exact)
    expect(found).toMatchObject({ verdict: "same", items: { same: 1, changed: 0 }, rows: { same: 1 } })
    expect(found.lines).toContain("only signs of zeros differ")
  })

  test("the verdict is same if all differences lie within the tolerance of their columns", async () => {
    const a = await made({ columns, items: [scene("s1", rowOf("a", 1, { counts: [5] }))], rowKey })
    const b = await made({ columns, items: [scene("s1", rowOf("a", 1.5, { counts: [7] }))], rowKey })
    const verdict = async (tolerance: Record<string, number>) =>
      (await compareValues(a, b, { tolerance })).verdict
    expect(await verdict({})).toBe("different")
    expect(await verdict({ score: 0.5 })).toBe("different")
    expect(await verdict({ score: 0.5, counts: 2 })).toBe("same")
    expect(await verdict({ score: 0.5, "*": 2 })).toBe("same")
    expect(await verdict({ score: 0.49, "*": 2 })).toBe("different")
    const gone = await made({ columns, items: [], rowKey })
    expect((await compareValues(a, gone, { tolerance: { "*": Infinity } })).verdict).toBe("different")
  })

  test("columns come, go and change their type; those with comparable types are compared", async () => {
    const after = {
      token: column.utf8(),
      score: column.nullable(column.float64()),
      counts: column.list(column.float64()),
      any: column.utf8(),
      extra: column.bool()
    } satisfies Columns
    const row = { token: "a", score: 1, counts: [1, 2.5], any: "x", extra: true }
    const a = await made({ columns, items: [scene("s1", rowOf("a", 1))], rowKey })
    const b = await made({ columns: after, items: [scene("s1", row)], rowKey })
    const found = await compareValues(a, b, exact)
    expect(found.schema).toEqual([
      { column: "score", before: "float64", after: "nullable float64" },
      { column: "label", before: "nullable utf8", after: null },
      { column: "counts", before: "list of int32", after: "list of float64" },
      { column: "any", before: "json", after: "utf8" },
      { column: "picture", before: "file", after: null },
      { column: "extra", before: null, after: "bool" }
    ])
    expect(found.columns.map(({ column: name, changed }) => [name, changed])).toEqual([
      ["score", 0],
      ["counts", 1]
    ])
    expect(found.verdict).toBe("different")
  })

  test("empty sides, and sides without rows", async () => {
    const none = await made({ columns, items: [], rowKey })
    const some = await made({ columns, items, rowKey })
    const noRows = await made({ columns, items: items.map(({ item }) => scene(item)), rowKey })
    expect(await compareValues(none, none, exact)).toMatchObject({ verdict: "same", rows: { same: 0 } })
    expect(await compareValues(none, some, exact)).toMatchObject({ items: { added: 4 }, rows: { added: 6 } })
    expect(await compareValues(some, none, exact)).toMatchObject({
      items: { removed: 4 },
      rows: { removed: 6 }
    })
    expect(await compareValues(some, noRows, exact)).toMatchObject({
      items: { same: 1, changed: 3 },
      rows: { same: 0, removed: 6 }
    })
  })

  test("repeated keys are reported, and the first are compared with each other", async () => {
    const of = (...scores: ReadonlyArray<number>) => [
      scene("s1", ...scores.map((score) => rowOf("a", score)))
    ]
    const a = await made({ columns, items: of(1, 2, 3), rowKey })
    const b = await made({ columns, items: of(1, 5), rowKey })
    const found = await compareValues(a, b, exact)
    expect(found.rows).toMatchObject({ same: 1, changed: 1, removed: 1 })
    expect(found.lines.find((line) => line.includes("repeat"))).toMatch(/^3 keys of token repeat/)
  })

  test("another order of items is told, and is no difference", async () => {
    const a = await made({ columns, items, rowKey })
    const b = await made({ columns, items, rowKey, order: [2, 0, 3, 1] })
    const found = await compareValues(a, b, exact)
    expect(found.verdict).toBe("same")
    expect(found.lines).toContain("the items are in another order")
  })

  test("failed items make a difference", async () => {
    const a = await made({ columns, items, rowKey })
    const b = await made({ columns, items, rowKey, failed: ["s9"] })
    const found = await compareValues(a, b, exact)
    expect(found.verdict).toBe("different")
    expect(found.lines).toContain("0 items failed before, 1 after")
  })

  test("a damaged table is StoreCorrupt; shards that are equal by digest are not read, damaged or not", async () => {
    const store = newStore()
    const a = await made({ columns, items, rowKey, perShard: 1, store })
    const changed = [...items.slice(0, 3), scene("s4", rowOf("cls", 1))]
    const b = await made({ columns, items: changed, rowKey, perShard: 1 })
    const damage = (index: number) => {
      const file = objectFile(store, a.manifest.shards[index]!.table)
      const bytes = readFileSync(file)
      bytes[40]! ^= 1
      chmodSync(file, 0o644)
      writeFileSync(file, bytes)
    }
    damage(0)
    expect(await compareValues(reopened(a), b, exact)).toMatchObject({ items: { same: 3, changed: 1 } })
    damage(3)
    const problem = await compareValues(reopened(a), b, exact).catch((error: Problem) => error)
    expect(problem).toMatchObject({ _tag: "StoreCorrupt", exitCode: 5 })
  })

  test("stops when the signal is aborted", async () => {
    const a = await made({ columns, items, rowKey })
    const b = await made({ columns, items: [scene("s1", rowOf("cls", 5))], rowKey })
    await expect(
      compareValues(a, b, { tolerance: {}, signal: AbortSignal.abort(new Error("stop")) })
    ).rejects.toThrow("stop")
  })

  test("a stage of a user is compared by its declaration alone", async () => {
    const lengths = defineStage.source("lengths", {
      item: "file",
      output: rows({ line: column.int32(), words: column.int32() }),
      rowKey: ["line"],
      async *compute() {
        yield { id: "a.txt", rows: [{ line: 1, words: 7 }] }
      }
    })
    const { spec } = lengths.stage
    const side = (words: number) =>
      made({
        columns: spec.output.columns,
        form: spec.output.form,
        rowKey: spec.rowKey!,
        items: [scene("a.txt", { line: 1, words }, { line: 2, words: 3 })]
      })
    const found = await compareValues(await side(7), await side(9), exact)
    expect(found.columns).toEqual([
      {
        column: "words",
        changed: 1,
        compared: 2,
        max: 2,
        mean: 2,
        median: 2,
        p99: 2,
        first: [{ key: "a.txt · line 1", before: 7, after: 9 }]
      }
    ])
    expect(found.lines[0]).toBe("1 of 1 item changed (a.txt)")
  })
})

describe("tables without items", () => {
  const of = { key: column.int32(), value: column.float64(), text: column.utf8() } satisfies Columns
  const row = (key: number, value: number, text = "x"): Cells => ({ key, value, text })

  test("rows are matched by key, in any order", async () => {
    const a = await madeTable(of, [row(1, 1), row(2, 2), row(3, 3), row(4, 4)], ["key"])
    const b = await madeTable(of, [row(4, 4), row(2, 5), row(1, 1), row(9, 9)], ["key"])
    const found = await compareValues(a, b, exact)
    expect(found.items).toBe(null)
    expect(found.rows).toEqual({
      same: 2,
      changed: 1,
      added: 1,
      removed: 1,
      examples: { changed: ["key 2"], added: ["key 9"], removed: ["key 3"] }
    })
    expect(found.lines).toContain("the rows are in another order")
  })

  test("without a key, by position", async () => {
    const a = await madeTable(of, [row(1, 1), row(2, 2), row(3, 3)])
    const b = await madeTable(of, [row(1, 1), row(2, 5)])
    const found = await compareValues(a, b, exact)
    expect(found.rows).toMatchObject({ same: 1, changed: 1, removed: 1 })
    expect(found.rows.examples).toEqual({ changed: ["row 1"], added: [], removed: ["row 2"] })
  })

  test("repeated keys are reported", async () => {
    const a = await madeTable(of, [row(1, 1), row(1, 2), row(2, 2)], ["key"])
    const b = await madeTable(of, [row(1, 1), row(2, 2), row(1, 2)], ["key"])
    const found = await compareValues(a, b, exact)
    expect(found.rows).toMatchObject({ same: 3, changed: 0, added: 0, removed: 0 })
    expect(found.lines.some((line) => line.includes("repeat"))).toBe(true)
  })

  test("an empty table", async () => {
    const none = await madeTable(of, [], ["key"])
    const some = await madeTable(of, [row(1, 1)], ["key"])
    expect(await compareValues(none, some, exact)).toMatchObject({ verdict: "different", rows: { added: 1 } })
  })

  test("no comparison with an artifact that has items", async () => {
    const a = await madeTable(of, [row(1, 1)], ["key"])
    const b = await made({ columns: of, items: [scene("s1", row(1, 1))] })
    await expect(compareValues(a, b, exact)).rejects.toMatchObject({ _tag: "Usage" })
  })
})

test("leaves nothing behind in the stores", async () => {
  const store = newStore()
  const a = await made({ columns, items: [scene("s1", rowOf("a", 1))], store })
  const b = await made({ columns, items: [scene("s1", rowOf("a", 2))], store })
  const files = () => readdirSync(join(store.root), { recursive: true }).length
  const before = files()
  await compareValues(a, b, exact)
  expect(files()).toBe(before)
})
