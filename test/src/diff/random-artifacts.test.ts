/** Random artifacts with items and random tables, compared with a join in memory. */
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { compareValues } from "../../../src/diff/compare-values.ts"
import type { Counts, ValueDifference } from "../../../src/diff/values.ts"
import { column, type Columns } from "../../../src/pipeline/columns.ts"
import { seededRandom, shuffled } from "../../../src/support/random.ts"
import { type Cells, made, madeTable } from "./artifact.ts"

const columns = {
  part: column.utf8(),
  n: column.nullable(column.int32()),
  value: column.float64(),
  text: column.utf8()
} satisfies Columns
const rowKey = ["part", "n"]

const row = fc.record({
  part: fc.constantFrom("a", "b", "c"),
  n: fc.constantFrom(null, 0, 1),
  value: fc.constantFrom(0, -0, 1, 2.5, NaN, Infinity),
  text: fc.constantFrom("x", "y")
})
const rowsByKey = fc.uniqueArray(row, { maxLength: 5, selector: ({ part, n }) => `${part} ${n}` })
const artifact = fc.uniqueArray(fc.record({ item: fc.nat(9).map((n) => `s${n}`), rows: rowsByKey }), {
  maxLength: 8,
  selector: ({ item }) => item
})
const numbers = { numRuns: 25 }

interface Model {
  readonly rows: Omit<Counts, "examples">
  readonly columns: ReadonlyArray<readonly [string, number, number, number]>
}
/** By the row's full key. */
function modelOf(
  a: ReadonlyMap<string, Cells>,
  b: ReadonlyMap<string, Cells>,
  compared: ReadonlyArray<string>
): Model {
  const both = [...a.keys()].filter((key) => b.has(key))
  const differs = (name: string) => (key: string) => {
    const [x, y] = [a.get(key)![name], b.get(key)![name]]
    return !(x === y || (Number.isNaN(x) && Number.isNaN(y)))
  }
  const changed = both.filter((key) => compared.some((name) => differs(name)(key))).length
  return {
    rows: {
      same: both.length - changed,
      changed,
      added: b.size - both.length,
      removed: a.size - both.length
    },
    columns: compared.map((name) => {
      const different = both.filter(differs(name))
      const gaps = different
        .map((key) => [a.get(key)![name], b.get(key)![name]] as const)
        .flatMap(([x, y]) => (typeof x === "number" && typeof y === "number" ? Math.abs(x - y) : []))
        .filter((gap) => !Number.isNaN(gap))
      return [name, different.length, both.length, Math.max(0, ...gaps)]
    })
  }
}
function expectModel(found: ValueDifference, { rows, columns: expected }: Model) {
  const { examples, ...counts } = found.rows
  expect(counts).toEqual(rows)
  for (const kind of ["changed", "added", "removed"] as const)
    expect(examples[kind].length > 0).toBe(rows[kind] > 0)
  expect(
    found.columns.map(({ column: name, changed, compared, max }) => [name, changed, compared, max ?? 0])
  ).toEqual(
    expected.map(([name, changed, compared, max]) => [
      name,
      changed,
      compared,
      Number.isFinite(max) ? max : 0
    ])
  )
  const isSame = rows.changed + rows.added + rows.removed === 0
  expect(found.verdict).toBe(isSame ? "same" : "different")
}

test("artifacts with items, by row key, in any shards and orders", async () => {
  await fc.assert(
    fc.asyncProperty(
      artifact,
      artifact,
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      async (a, b, perShard, seed) => {
        const order = shuffled(seededRandom("order", seed), [...b.keys()])
        const sides = [
          await made({ columns, items: a, rowKey, perShard }),
          await made({ columns, items: b, rowKey, perShard: 2, order })
        ] as const
        const found = await compareValues(...sides, { tolerance: {} })
        const keyed = (items: typeof a) =>
          new Map(
            items.flatMap(({ item, rows }) =>
              rows.map((one) => [`${item} ${one.part} ${one.n}`, one] as const)
            )
          )
        const ids = (items: typeof a) => new Map(items.map(({ item, rows }) => [item, rows.length]))
        const [before, after] = [ids(a), ids(b)]
        // an item without rows adds none, and has none for an example
        const model = modelOf(keyed(a), keyed(b), ["value", "text"])
        const { examples: _, ...items } = found.items!
        const common = a.filter(({ item }) => after.has(item)).length
        expect(items.same + items.changed).toBe(common)
        expect([items.added, items.removed]).toEqual([after.size - common, before.size - common])
        if (items.added + items.removed === 0) expectModel(found, model)
        else {
          const { examples: __, ...counts } = found.rows
          expect(counts).toEqual(model.rows)
        }
      }
    ),
    numbers
  )
})

test("tables by row key, in any order, and by position", async () => {
  const rows = fc.uniqueArray(row, { maxLength: 9, selector: ({ part, n }) => `${part} ${n}` })
  await fc.assert(
    fc.asyncProperty(rows, rows, fc.boolean(), async (a, b, isKeyed) => {
      const key = isKeyed ? rowKey : undefined
      const found = await compareValues(await madeTable(columns, a, key), await madeTable(columns, b, key), {
        tolerance: {}
      })
      const keyed = (some: ReadonlyArray<Cells>) =>
        new Map(some.map((one, i) => [isKeyed ? `${one["part"]} ${one["n"]}` : String(i), one]))
      expectModel(found, modelOf(keyed(a), keyed(b), isKeyed ? ["value", "text"] : Object.keys(columns)))
    }),
    numbers
  )
})

test("a table of many rows in another order, with rows that come and go", async () => {
  const of = { id: column.int32(), value: column.float64() } satisfies Columns
  const count = 20_000
  const ids = Array.from({ length: count }, (_, id) => id)
  const valueOf = (id: number) => (id % 1000 === 7 ? id + 0.5 : id)
  const a = await madeTable(
    of,
    ids.map((id) => ({ id, value: id })),
    ["id"]
  )
  const b = await madeTable(
    of,
    shuffled(seededRandom("many rows"), ids.slice(10)).map((id) => ({ id, value: valueOf(id) })),
    ["id"]
  )
  const found = await compareValues(a, b, { tolerance: {} })
  expect(found.rows).toMatchObject({ same: count - 10 - 19, changed: 19, added: 0, removed: 10 })
})
