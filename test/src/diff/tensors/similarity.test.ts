import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { PackedRows, Products } from "../../../../src/diff/tensors/cross-products.ts"
import { nuclearNorm } from "../../../../src/diff/tensors/nuclear-norm.ts"
import { Similarity } from "../../../../src/diff/tensors/similarity.ts"
import { normal, seededRandom } from "../../../../src/support/random.ts"

type Matrix = ReadonlyArray<ReadonlyArray<number>>
interface Fixture {
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly a: Matrix
    readonly b: Matrix
    readonly skip: ReadonlyArray<number>
    readonly cka: number
    readonly cka_without: number | null
    readonly procrustes: number
  }>
  readonly norms: ReadonlyArray<{ readonly matrix: Matrix; readonly nuclear_norm: number }>
}
const { cases, norms } = JSON.parse(
  readFileSync(new URL("../../../fixtures/diff/similarity.json", import.meta.url), "utf8")
) as Fixture

const meanOf = (rows: Matrix) =>
  Float64Array.from(rows[0]!, (_, k) => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length)
function measured(a: Matrix, b: Matrix, skip: ReadonlyArray<number> = [], shift = [meanOf(a), meanOf(b)]) {
  const similarity = new Similarity([shift[0]!, shift[1]!], [skip, skip])
  a.forEach((row, i) => similarity.add(Float64Array.from(row), Float64Array.from(b[i]!), 1))
  return similarity.result()
}

test.each(cases)("CKA and Procrustes of $name are numpy's", ({ a, b, skip, ...expected }) => {
  const found = measured(a, b, skip)
  expect(found.items).toBe(a.length)
  expect(found.cka).toBeCloseTo(expected.cka, 10)
  if (expected.cka_without === null) expect(found.cka_without).toBe(null)
  else expect(found.cka_without).toBeCloseTo(expected.cka_without, 10)
  expect(found.procrustes).toBeCloseTo(expected.procrustes, 7)
})

test("the shift does not matter beyond rounding", () => {
  const { a, b } = cases[0]!
  const away = [Float64Array.from(a[0]!, () => 3), Float64Array.from(b[0]!, () => -2)]
  expect(measured(a, b, [], away).cka).toBeCloseTo(measured(a, b).cka!, 12)
})

test("an item's rows are averaged", () => {
  const { a, b, cka } = cases[0]!
  const similarity = new Similarity([meanOf(a), meanOf(b)], [[], []])
  a.forEach((row, i) => {
    const twice = (values: ReadonlyArray<number>) => Float64Array.from(values, (value) => 2 * value)
    similarity.add(twice(row), twice(b[i]!), 2)
  })
  expect(similarity.result().cka).toBeCloseTo(cka, 10)
})

test("equal representations have CKA 1 and distance 0; nothing is defined of a constant, nor CKA of three items", () => {
  const { a } = cases[0]!
  const found = measured(a, a)
  expect(found.cka).toBeCloseTo(1, 12)
  expect(found.procrustes).toBeLessThan(1e-6)
  const constant = a.map(() => [0.1, 0.2, 1e5])
  expect(measured(a, constant)).toMatchObject({ cka: null, procrustes: null })
  const zeros = a.map(() => [0, 0])
  expect(measured(zeros, a)).toMatchObject({ cka: null, procrustes: null })
  expect(measured(a.slice(0, 3), a.slice(0, 3))).toMatchObject({ items: 3, cka: null })
})

test.each(norms)("the nuclear norm is numpy's ($nuclear_norm)", ({ matrix, nuclear_norm }) => {
  const flat = () => Float64Array.from(matrix.flat())
  const scale = Math.max(1, nuclear_norm)
  expect(nuclearNorm(flat(), matrix.length, matrix[0]!.length)! / scale).toBeCloseTo(nuclear_norm / scale, 13)
})

test("the nuclear norm of values that are not finite is undefined", () => {
  expect(nuclearNorm(Float64Array.of(1, NaN, 2, 3), 2, 2)).toBe(null)
})

test.each([
  [1, 1, 1],
  [3, 9, 64],
  [8, 5, 65],
  [13, 13, 130]
])("products of %i × %i columns over %i rows", (d, e, rows) => {
  const random = seededRandom("products", d, e)
  const matrix = (width: number) =>
    Array.from({ length: rows }, () => Float64Array.from({ length: width }, () => normal(random)))
  const [x, y] = [matrix(d), matrix(e)]
  const [xy, xx] = [new Products(d, e, false), new Products(d, d, true)]
  const [ofX, ofY] = [new PackedRows(d), new PackedRows(e)]
  const flush = () => {
    xy.add(ofX, ofY)
    xx.add(ofX, ofX)
    ofX.clear()
    ofY.clear()
  }
  x.forEach((row, r) => {
    ofX.add(row)
    ofY.add(y[r]!)
    if (ofX.isFull) flush()
  })
  flush()
  const product = (left: typeof x, right: typeof x, i: number, j: number) =>
    left.reduce((sum, row, r) => sum + row[i]! * right[r]![j]!, 0)
  const [denseXy, denseXx] = [xy.dense(), xx.dense()]
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < e; j++) expect(denseXy[i * e + j]).toBeCloseTo(product(x, y, i, j), 10)
    for (let j = 0; j < d; j++) expect(denseXx[i * d + j]).toBeCloseTo(product(x, x, i, j), 10)
  }
})
