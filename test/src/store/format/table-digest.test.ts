import * as fc from "fast-check"
import { expect, test } from "vitest"
import { column, type Columns } from "../../../../src/pipeline/columns.ts"
import { TableDigester } from "../../../../src/store/format/table-digest.ts"
import { itemDigests, ValueError } from "../../../../src/store/format/value-digest.ts"

const columns = {
  text: column.utf8(),
  real: column.nullable(column.float64()),
  any: column.json<unknown>(),
  list: column.list(column.int32()),
  t: column.tensors("x", "y")
} satisfies Columns
const row = fc.record({
  text: fc.string({ unit: "grapheme", maxLength: 4 }),
  real: fc.option(fc.double()),
  any: fc.jsonValue({ maxDepth: 2 }),
  list: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
  t: fc.tuple(fc.float(), fc.float())
})
type Row = typeof row extends fc.Arbitrary<infer A> ? A : never

function asColumns(rows: ReadonlyArray<Row>) {
  const { t: _, ...plain } = columns
  const vectors = Object.fromEntries(
    Object.keys(plain).map((name) => [name, rows.map((one) => one[name as keyof typeof plain])])
  )
  const data = Float32Array.from(rows.flatMap((one) => one.t))
  return { vectors, tensors: { t: { "block.0": { shape: [1, 2], data } } } }
}

test("a table's digests are those of one item that has all rows, however rows are cut into batches", () => {
  const table = fc.tuple(fc.array(row, { maxLength: 12 }), fc.array(fc.nat({ max: 12 }), { maxLength: 4 }))
  fc.assert(
    fc.property(table, ([rows, cuts]) => {
      const { vectors, tensors } = asColumns(rows)
      const expected = itemDigests(columns, vectors, tensors, [0, rows.length])
      const digester = new TableDigester(columns)
      const at = [0, ...cuts.map((cut) => Math.min(cut, rows.length)).sort((a, b) => a - b), rows.length]
      at.slice(1).forEach((end, i) => {
        const batch = asColumns(rows.slice(at[i]!, end))
        digester.add(batch.vectors, batch.tensors, end - at[i]!)
      })
      const digests = digester.finish()
      expect(Object.keys(digests).sort()).toEqual(Object.keys(expected).sort())
      for (const [name, digest] of Object.entries(expected))
        expect(Buffer.from(digests[name]!).equals(digest), name).toBe(true)
    }),
    { seed: 7 }
  )
})

test("a tensor must keep its shape, and be there from the first row on", () => {
  const digester = new TableDigester({ t: column.tensors("x") })
  const data = Float32Array.of(1, 2)
  digester.add({}, { t: { a: { shape: [2], data } } }, 1)
  expect(() => digester.add({}, { t: { a: { shape: [1], data } } }, 1)).toThrow(ValueError)
  expect(() => digester.add({}, { t: { a: { shape: [1], data } } }, 1)).toThrow(
    "of shape [1] after rows of shape [2]"
  )
  expect(() => digester.add({}, { t: { b: { shape: [2], data } } }, 1)).toThrow(
    '"t/b": the rows before row 1'
  )
})
