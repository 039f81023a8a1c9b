import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { compareValues } from "../../../../src/diff/compare-values.ts"
import type { ValueDifference } from "../../../../src/diff/values.ts"
import { column, type Columns } from "../../../../src/pipeline/columns.ts"
import { toFloat16 } from "../../../../src/support/float16.ts"
import { normal, seededRandom } from "../../../../src/support/random.ts"
import { objectFile } from "../../store/object-file.ts"
import { type Cells, made, madeTable, reopened } from "../artifact.ts"

const columns = {
  token: column.utf8(),
  object: column.int32(),
  taps: column.tensors("dim")
} satisfies Columns
const rowKey = ["token", "object"]
const exact = { tolerance: {} }
interface Case {
  readonly name: string
  readonly a: ReadonlyArray<ReadonlyArray<number>>
  readonly b: ReadonlyArray<ReadonlyArray<number>>
  readonly cka: number
  readonly procrustes: number
}
const { cases } = JSON.parse(
  readFileSync(new URL("../../../fixtures/diff/similarity.json", import.meta.url), "utf8")
) as { readonly cases: ReadonlyArray<Case> }

/** One item per row of a matrix, with a row for each token. */
const itemsOf = (
  matrix: ReadonlyArray<ArrayLike<number>>,
  tokens = ["cls"],
  rows = (cells: Cells) => [cells]
) =>
  matrix.map((values, i) => ({
    item: `s${i}`,
    rows: tokens.flatMap((token) =>
      rows({ token, object: 0, taps: { last: Float32Array.from(values), first: Float32Array.of(1, i) } })
    )
  }))
/** A table's rows as objects. */
const table = ({ tables }: ValueDifference, name: string) =>
  tables[name]!.rows.map((row) => Object.fromEntries(tables[name]!.columns.map((one, i) => [one, row[i]!])))

describe.each(cases)("$name", ({ a, b, cka, procrustes }) => {
  test("has numpy's CKA and Procrustes distance, and cosines and errors of plain sums", async () => {
    const sides = [
      await made({ columns, items: itemsOf(a), rowKey, perShard: 16 }),
      await made({ columns, items: itemsOf(b), rowKey, perShard: 7 })
    ] as const
    const found = await compareValues(...sides, exact)
    const [last, first] = table(found, "drift")
    expect(last).toMatchObject({
      family: "taps",
      member: "last",
      token: "cls",
      rows: a.length,
      items: a.length
    })
    expect(last!["cka"]).toBeCloseTo(cka, 8)
    expect(last!["procrustes"]).toBeCloseTo(procrustes, 6)
    expect(first).toMatchObject({ member: "first", rows: 0, cka: null, cosine_mean: null })
    if (a[0]!.length !== b[0]!.length) {
      expect(last).toMatchObject({
        cosine_mean: null,
        cosine_p1: null,
        relative_error: null,
        max_difference: null
      })
      expect(found.schema.map((one) => one.column)).toEqual(["taps/last"])
      return
    }
    const dot = (x: ReadonlyArray<number>, y: ReadonlyArray<number>) =>
      x.reduce((sum, value, k) => sum + value * y[k]!, 0)
    const cosines = a.map((x, i) => dot(x, b[i]!) / Math.sqrt(dot(x, x) * dot(b[i]!, b[i]!)))
    const gaps = a.flatMap((x, i) => x.map((value, k) => Math.abs(value - b[i]![k]!)))
    const square = (values: ReadonlyArray<number>) => dot(values, values)
    expect(last!["cosine_mean"]).toBeCloseTo(cosines.reduce((sum, one) => sum + one, 0) / a.length, 10)
    const worst = Math.min(...cosines)
    if (a.length <= 100) expect((1 - Number(last!["cosine_p1"])) / (1 - worst)).toBeCloseTo(1, 1)
    expect(last!["relative_error"]).toBeCloseTo(Math.sqrt(square(gaps) / square(a.flat())), 10)
    expect(last!["max_difference"]).toBe(Math.max(...gaps))
    expect(last!["norm_ratio"]).toBeCloseTo(Math.sqrt(square(b.flat()) / square(a.flat())), 10)
    expect(last!["few_rows"]).toBe(a.length < 10 * a[0]!.length)
    const moved = table(found, "moved_most")
    expect(moved).toHaveLength(Math.min(20, a.length))
    expect(moved[0]!["row"]).toBe(`s${cosines.indexOf(worst)} · token cls · object 0`)
    expect(moved[0]!["cosine"]).toBeCloseTo(worst, 10)
  })
})

const random = (label: string, rows: number, width: number) => {
  const draw = seededRandom("drift", label)
  return Array.from({ length: rows }, () => Float32Array.from({ length: width }, () => normal(draw)))
}

test("groups are the texts of the row key, and an item's rows in a group are averaged for CKA", async () => {
  const x = random("x", 30, 6)
  const twice = (sign: number) => (cells: Cells) =>
    [0, 1].map((object) => {
      const { last, first } = cells["taps"] as Record<string, Float32Array>
      // the two rows of an item differ by a lot, and their mean does not show it
      return {
        ...cells,
        object,
        taps: { last: last!.map((v, k) => v + (object === 0 ? sign : -sign) * k), first }
      }
    })
  const a = await made({ columns, items: itemsOf(x, ["cls", "avg"], twice(1)), rowKey })
  const b = await made({ columns, items: itemsOf(x, ["cls", "avg"], twice(3)), rowKey, perShard: 4 })
  const drift = table(await compareValues(a, b, exact), "drift").filter(({ member }) => member === "last")
  expect(drift.map(({ token, rows, items }) => [token, rows, items])).toEqual([
    ["cls", 60, 30],
    ["avg", 60, 30]
  ])
  for (const row of drift) {
    expect(row["cka"]).toBeCloseTo(1, 5)
    expect(Number(row["cosine_mean"])).toBeLessThan(0.99)
  }
})

test("more than 64 groups are one", async () => {
  const x = random("x", 70, 3)
  const named = (matrix: typeof x) =>
    itemsOf(matrix).map(({ item, rows }, i) => ({ item, rows: [{ ...rows[0]!, token: `t${i}` }] }))
  const a = await made({ columns, items: named(x), rowKey })
  const b = await made({ columns, items: named(random("y", 70, 3)), rowKey })
  const found = await compareValues(a, b, exact)
  expect(table(found, "drift")[0]).toMatchObject({ token: null, rows: 70, items: 70 })
  expect(found.lines.some((line) => line.includes("more than 64 groups"))).toBe(true)
})

test("items with equal values are not read, and count as compared", async () => {
  const x = random("x", 12, 4)
  const y = x.map((row, i) => (i < 9 ? row : row.map((value) => value + 1)))
  const a = await made({ columns, items: itemsOf(x), rowKey })
  const b = await made({ columns, items: itemsOf(y), rowKey })
  // the first shard, of which all items are equal
  const file = objectFile(a.store, a.manifest.shards[0]!.tensors["taps/last"]!)
  const bytes = readFileSync(file)
  bytes[bytes.length >> 1]! ^= 1
  chmodSync(file, 0o644)
  writeFileSync(file, bytes)
  const found = await compareValues(reopened(a), b, exact)
  expect(table(found, "drift")[0]).toMatchObject({ member: "last", rows: 3 })
  expect(found.columns[0]).toMatchObject({
    column: "taps/last",
    changed: 3,
    compared: 12,
    max: expect.closeTo(1)
  })
  expect(found.rows).toMatchObject({ same: 9, changed: 3 })
  await expect(
    compareValues(reopened(a), await made({ columns, items: itemsOf(random("z", 12, 4)), rowKey }), exact)
  ).rejects.toMatchObject({
    _tag: "StoreCorrupt"
  })
})

test("float16 is its float32, and the tolerance decides", async () => {
  const x = random("x", 20, 8)
  const half = itemsOf(x).map(({ item, rows }) => ({
    item,
    rows: rows.map((row) => ({
      ...row,
      taps: { ...(row.taps as object), last: toFloat16((row.taps as { last: Float32Array }).last) }
    }))
  }))
  const a = await made({ columns, items: itemsOf(x), rowKey })
  const b = await made({ columns, items: half, rowKey })
  const found = await compareValues(a, b, exact)
  expect(found.verdict).toBe("different")
  expect(Number(table(found, "drift")[0]!["relative_error"])).toBeLessThan(1e-3)
  for (const tolerance of [{ "taps/last": 0.01 }, { taps: 0.01 }, { "*": 0.01 }])
    expect((await compareValues(a, b, { tolerance })).verdict).toBe("same")
})

test("a few dominating dimensions: their share, and measures without them", async () => {
  const x = random("x", 40, 24)
  const y = random("y", 40, 24)
  for (const matrix of [x, y]) matrix.forEach((row, i) => (row[5] = 500 + 50 * (i % 2)))
  const [row] = table(
    await compareValues(
      await made({ columns, items: itemsOf(x), rowKey }),
      await made({ columns, items: itemsOf(y), rowKey }),
      exact
    ),
    "drift"
  )
  expect(Number(row!["dominating_share_a"])).toBeGreaterThan(0.999)
  expect(Number(row!["cosine_mean"])).toBeGreaterThan(0.99)
  expect(Number(row!["cka"])).toBeGreaterThan(0.9)
  expect(Math.abs(Number(row!["cosine_without"]))).toBeLessThan(0.2)
  expect(Math.abs(Number(row!["cka_without"]))).toBeLessThan(0.3)
})

test("values that are not finite: NaN equals NaN, and such rows are counted and left out", async () => {
  const x = random("x", 10, 3)
  const y = x.map((row) => row.map((value) => value * 2))
  x[0]![1] = y[0]![1] = NaN
  y[1]![0] = NaN
  x[2]![2] = Infinity
  const found = await compareValues(
    await made({ columns, items: itemsOf(x), rowKey }),
    await made({ columns, items: itemsOf(y), rowKey }),
    { tolerance: { "*": 1e9 } }
  )
  expect(found.verdict).toBe("different")
  expect(table(found, "drift")[0]).toMatchObject({
    rows: 10,
    not_finite: 3,
    items: 7,
    cosine_mean: expect.closeTo(1),
    norm_ratio: expect.closeTo(2)
  })
  expect(table(found, "drift")[0]!["cka"]).toBeCloseTo(1, 6)
  for (const { rows } of Object.values(found.tables))
    for (const cell of rows.flat()) expect(typeof cell === "number" && !Number.isFinite(cell)).toBe(false)
})

test("constant taps have no CKA and no Procrustes distance", async () => {
  const constant = (value: number) => Array.from({ length: 9 }, () => Float32Array.of(0.1, value, 3))
  const found = await compareValues(
    await made({ columns, items: itemsOf(constant(1)), rowKey }),
    await made({ columns, items: itemsOf(constant(2)), rowKey }),
    exact
  )
  expect(table(found, "drift")[0]).toMatchObject({ rows: 9, cka: null, procrustes: null, few_rows: null })
})

test("items in another order, in scattered shards, give the same measures", async () => {
  const [x, y] = [random("x", 40, 5), random("y", 40, 5)]
  const a = await made({ columns, items: itemsOf(x), rowKey })
  const b = await made({ columns, items: itemsOf(y), rowKey })
  const order = Array.from({ length: 40 }, (_, i) => (i * 17) % 40)
  const scattered = await made({ columns, items: itemsOf(y), rowKey, perShard: 5, order })
  const [plain, other] = [await compareValues(a, b, exact), await compareValues(a, scattered, exact)]
  const [p, q] = [table(plain, "drift")[0]!, table(other, "drift")[0]!]
  for (const [name, value] of Object.entries(p))
    if (typeof value === "number") expect(q[name]).toBeCloseTo(value, 8)
    else expect(q[name]).toBe(value)
  expect(table(other, "moved_most").map(({ row }) => row)).toEqual(
    table(plain, "moved_most").map(({ row }) => row)
  )
})

test("members that one side lacks are listed; one row per item, and tables, work as well", async () => {
  const of = { taps: column.tensors("dim") } satisfies Columns
  const rows = (value: number, name: string) =>
    Array.from({ length: 6 }, (_, i) => ({
      taps: { a: Float32Array.of(i, value, i * i), [name]: Float32Array.of(1) }
    }))
  const items = (value: number, name: string) =>
    rows(value, name).map((row, i) => ({ item: `s${i}`, rows: [row] }))
  const found = await compareValues(
    await made({ columns: of, items: items(1, "b"), form: "row per item" }),
    await made({ columns: of, items: items(2, "c"), form: "row per item" }),
    exact
  )
  expect(found.schema.map(({ column: name }) => name)).toEqual(["taps/b", "taps/c"])
  expect(found.rows).toMatchObject({ changed: 6, examples: { changed: ["s0", "s1", "s2", "s3", "s4"] } })
  expect(Object.keys(found.tables)).toEqual(["drift", "moved_most"])
  const tableOf = (value: number) =>
    madeTable(
      { n: column.int32(), ...of },
      rows(value, "b").map((row, n) => ({ n, ...row }))
    )
  const tables = await compareValues(await tableOf(1), await tableOf(2), exact)
  expect(table(tables, "drift")[0]).toMatchObject({ member: "a", rows: 6, items: 6, cka: expect.closeTo(1) })
  expect(table(tables, "moved_most")[0]).toMatchObject({ row: "row 1" })
})
