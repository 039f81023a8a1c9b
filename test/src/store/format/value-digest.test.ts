import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type AnyColumn, column, type Columns } from "../../../../src/pipeline/columns.ts"
import {
  artifactDigest,
  type ArtifactValues,
  columnDigest,
  emptyItemDigest,
  idsDigest,
  itemDigests,
  type TensorFamilies,
  ValueError,
  type ColumnVectors
} from "../../../../src/store/format/value-digest.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
/** The digest of one item of one column. */
const one = (kind: AnyColumn, rows: ReadonlyArray<unknown>): string =>
  hex(itemDigests({ c: kind }, { c: rows }, {}, [0, rows.length]).c!)
const sizeOf = (shape: ReadonlyArray<number>) => shape.reduce((a, b) => a * b, 1)
const tensor = (shape: ReadonlyArray<number>, data: Float32Array) =>
  hex(
    itemDigests({ t: column.tensors("d") }, {}, { t: { m: { shape, data } } }, [
      0,
      data.length / sizeOf(shape)
    ])["t/m"]!
  )

describe("docs/digests.md", () => {
  interface Page {
    items: ReadonlyArray<{
      column: AnyColumn
      rows: ReadonlyArray<unknown>
      shape?: ReadonlyArray<number>
      digest: string
    }>
    column: { items: ReadonlyArray<ReadonlyArray<string>>; digest: string }
    ids: { ids: ReadonlyArray<string>; digest: string }
    artifact: { of: Omit<ArtifactValues, "idColumn"> & { label: string }; digest: string }
  }
  const page = readFileSync(new URL("../../../../docs/digests.md", import.meta.url), "utf8")
  const vectors = JSON.parse(/```json\n(.*?)```/s.exec(page)![1]!, (_, value) =>
    typeof value?.f64 === "string" ? Buffer.from(value.f64, "hex").readDoubleBE() : value
  ) as Page

  test.each(vectors.items)(
    "has the digest of $column.type $rows",
    ({ column: kind, rows, shape, digest }) => {
      if (shape === undefined) return expect(one(kind, rows)).toBe(digest)
      const bits = (rows as ReadonlyArray<{ f32: ReadonlyArray<string> }>).flatMap((row) =>
        row.f32.map((bits) => parseInt(bits, 16))
      )
      expect(tensor(shape, new Float32Array(Uint32Array.from(bits).buffer))).toBe(digest)
    }
  )

  test("has digests of a column, ids and an artifact", () => {
    const { column: of, ids, artifact } = vectors
    const items = itemDigests({ c: column.utf8() }, { c: of.items.flat() }, {}, [0, 1, 3])
    expect(columnDigest([items.c!])).toBe(of.digest)
    expect(idsDigest(ids.ids)).toBe(ids.digest)
    // the digest names the id column `label`
    const { label: idColumn, ...values } = artifact.of
    expect(artifactDigest({ ...values, idColumn })).toBe(artifact.digest)
  })

  test("gives different vectors different digests", () => {
    expect(new Set(vectors.items.map((item) => item.digest)).size).toBe(vectors.items.length)
  })
})

/** Any column, with two cells of it that may be equal: half of the time they are. */
const scalar = fc.oneof(
  fc.record({
    kind: fc.constant<AnyColumn>(column.utf8()),
    cell: fc.constant(fc.string({ unit: "grapheme", maxLength: 3 }) as fc.Arbitrary<unknown>)
  }),
  fc.record({
    kind: fc.constant<AnyColumn>(column.int32()),
    cell: fc.constant(fc.integer({ min: -2, max: 2 }) as fc.Arbitrary<unknown>)
  }),
  fc.record({
    kind: fc.constant<AnyColumn>(column.float64()),
    cell: fc.constant(fc.constantFrom(0, -0, NaN, 1, Infinity) as fc.Arbitrary<unknown>)
  }),
  fc.record({
    kind: fc.constant<AnyColumn>(column.bool()),
    cell: fc.constant(fc.boolean() as fc.Arbitrary<unknown>)
  })
)
const kinds = scalar.chain(({ kind, cell }) =>
  fc.constantFrom(
    { kind, cell },
    { kind: column.nullable(kind), cell: fc.option(cell) as fc.Arbitrary<unknown> },
    { kind: column.list(kind as never), cell: fc.array(cell, { maxLength: 3 }) as fc.Arbitrary<unknown> },
    {
      kind: column.json() as AnyColumn,
      cell: fc
        .jsonValue({ maxDepth: 2 })
        .map((json) => (Object.is(json, -0) ? 0 : json)) as fc.Arbitrary<unknown>
    }
  )
)

describe("an item's digest", () => {
  test("is equal exactly if the rows are", () => {
    const pairs = kinds.chain(({ kind, cell }) => {
      const rows = fc.array(cell, { maxLength: 3 })
      return fc.tuple(fc.constant(kind), rows, fc.oneof(rows, fc.constant(null)))
    })
    let [equal, different] = [0, 0]
    fc.assert(
      fc.property(pairs, ([kind, a, other]) => {
        const b = other ?? structuredClone(a)
        // toStrictEqual tells −0 from 0, and takes NaN for NaN; JSON's −0 is 0
        const json = (rows: ReadonlyArray<unknown>) =>
          kind.type === "json" ? JSON.parse(JSON.stringify(rows)) : rows
        const same = isEqual(json(a), json(b))
        if (same) equal++
        else different++
        expect(one(kind, a) === one(kind, b)).toBe(same)
      }),
      { numRuns: 1500, seed: 7 }
    )
    expect(Math.min(equal, different)).toBeGreaterThan(200)
  })

  test("tells types apart, and text from the same text cut elsewhere", () => {
    expect(one(column.utf8(), ["ab", ""])).not.toBe(one(column.utf8(), ["a", "b"]))
    expect(one(column.list(column.utf8()), [["a"], ["b"]])).not.toBe(
      one(column.list(column.utf8()), [["a", "b"]])
    )
    expect(one(column.int32(), [])).not.toBe(one(column.utf8(), []))
    expect(one(column.utf8(), ["1"])).not.toBe(one(column.json(), [1]))
  })

  test("takes of a file its sha256 alone", () => {
    const sha256 = createHash("sha256").update("1").digest("hex")
    const file = one(column.file(), [{ path: "a.jpg", size: 1, sha256 }])
    expect(one(column.file(), [{ path: "elsewhere/b.jpg", size: 2, sha256 }])).toBe(file)
    expect(one(column.file(), [{ path: "a.jpg", size: 1, sha256: sha256.replace(/^./, "0") }])).not.toBe(file)
  })

  test("takes typed arrays for lists", () => {
    expect(one(column.list(column.int32()), [Int32Array.of(1, 2)])).toBe(
      one(column.list(column.int32()), [[1, 2]])
    )
  })

  test("is of the columns that are said: one that is missing or too short is refused", () => {
    const digest = (vectors: ColumnVectors) => itemDigests({ c: column.utf8() }, vectors, {}, [0, 2])
    expect(() => digest({})).toThrow(ValueError)
    expect(() => digest({})).toThrow('column "c" is missing')
    expect(() => digest({ c: ["a"] })).toThrow('column "c" has 1 rows, 2 were expected')
  })
})

describe("a tensor's digest", () => {
  test("takes all NaNs for one, wherever they lie, and leaves the data alone", () => {
    const bits = Uint32Array.of(0x3f800000, 0xffc00000, 0x7f800001, 0x7fc00000)
    const before = bits.slice()
    expect(tensor([2], new Float32Array(bits.buffer))).toBe(tensor([2], Float32Array.of(1, NaN, NaN, NaN)))
    expect(bits).toEqual(before)
  })

  test("tells −0, shapes and any flipped bit apart", () => {
    const data = Float32Array.from({ length: 6 }, (_, i) => i)
    const digests = [tensor([6], data), tensor([2, 3], data), tensor([3, 2], data), tensor([3], data)]
    for (let bit = 0; bit < 32; bit++) {
      const flipped = data.slice()
      new Uint32Array(flipped.buffer)[0]! ^= 1 << bit
      digests.push(tensor([6], flipped))
    }
    expect(new Set(digests).size).toBe(digests.length)
  })

  test("is the same for small and large items, and views into larger memory", () => {
    const large = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i))
    const within = new Float32Array(5003)
    within.set(large, 3)
    const shape = Buffer.alloc(8)
    shape.writeInt32LE(1)
    shape.writeInt32LE(5000, 4)
    const rows = Buffer.alloc(8)
    rows.writeInt32LE(1)
    const expected = createHash("sha256")
      .update(Buffer.concat([Buffer.of(1, 9), shape, new Uint8Array(large.buffer), rows]))
      .digest("hex")
      .slice(0, 32)
    expect(tensor([5000], large)).toBe(expected)
    expect(tensor([5000], within.subarray(3))).toBe(expected)
  })

  test("of no rows does not need a shape, so that a shard without rows agrees with the others", () => {
    const digests = itemDigests(
      { t: column.tensors("d") },
      {},
      { t: { m: { shape: [2], data: Float32Array.of(1, 2) } } },
      [0, 1, 1]
    )["t/m"]!
    expect(hex(digests.subarray(16))).toBe(hex(emptyItemDigest(column.tensors("d"))))
  })
})

const columns = {
  a: column.utf8(),
  b: column.nullable(column.float64()),
  l: column.list(column.int32()),
  t: column.tensors("x", "y")
} satisfies Columns
/** Items with some rows each. */
const datasets = fc.array(
  fc.array(
    fc.record({
      a: fc.string({ maxLength: 3 }),
      b: fc.option(fc.double()),
      l: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
      t: fc.tuple(fc.float(), fc.float())
    }),
    { maxLength: 4 }
  ),
  { maxLength: 8 }
)
type Item = typeof datasets extends fc.Arbitrary<Array<infer A>> ? A : never
function asColumns(items: ReadonlyArray<Item>): {
  vectors: ColumnVectors
  tensors: TensorFamilies
  offsets: Array<number>
  rows: number
} {
  const rows = items.flat()
  const offsets = [0]
  for (const item of items) offsets.push(offsets.at(-1)! + item.length)
  const data = Float32Array.from(rows.flatMap((row) => row.t))
  return {
    vectors: { a: rows.map((row) => row.a), b: rows.map((row) => row.b), l: rows.map((row) => row.l) },
    tensors: { t: { "block.0": { shape: [1, 2], data } } },
    offsets,
    rows: rows.length
  }
}
/** Cuts a list into pieces at random places. */
const cut = <A>(list: ReadonlyArray<A>, places: ReadonlyArray<number>): Array<ReadonlyArray<A>> => {
  const at = [
    0,
    ...places.map((place) => Math.floor(place * (list.length + 1))).sort((a, b) => a - b),
    list.length
  ]
  return at.slice(1).map((end, i) => list.slice(at[i]!, end))
}
const places = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 3 })

describe("a column's digest", () => {
  test("does not depend on how items are cut into shards", () => {
    fc.assert(
      fc.property(datasets, places, (items, places) => {
        const digest = (shards: ReadonlyArray<ReadonlyArray<Item>>) => {
          const parts = shards.map((shard) => {
            const { vectors, tensors, offsets } = asColumns(shard)
            return itemDigests(columns, vectors, tensors, offsets)
          })
          return Object.fromEntries(
            ["a", "b", "l", "t/block.0"].map((name) => [name, columnDigest(parts.map((part) => part[name]!))])
          )
        }
        expect(digest(cut(items, places))).toEqual(digest([items]))
      }),
      { seed: 7 }
    )
  })

  test("depends on the order of items and on which rows are whose", () => {
    const of = (rows: ReadonlyArray<string>, offsets: ReadonlyArray<number>) =>
      columnDigest([itemDigests({ c: column.utf8() }, { c: rows }, {}, offsets).c!])
    expect(
      new Set([
        of(["a", "b"], [0, 1, 2]),
        of(["b", "a"], [0, 1, 2]),
        of(["a", "b"], [0, 2, 2]),
        of(["a", "b"], [0, 2])
      ]).size
    ).toBe(4)
  })
})

test("an artifact's digest is of form, schema, id column, ids, columns and failed ids", () => {
  const artifact: ArtifactValues = {
    form: "row per item",
    columns: { a: column.utf8() },
    idColumn: "scene",
    ids: "1",
    digests: { a: "2" }
  }
  const changed: ReadonlyArray<Partial<ArtifactValues>> = [
    { form: "rows per item" },
    { columns: { a: column.int32() } },
    { idColumn: "image" },
    { ids: "2" },
    { digests: { a: "3" } },
    { failed: ["x"] }
  ]
  const digests = [artifact, ...changed.map((change) => Object.assign({}, artifact, change))].map(
    artifactDigest
  )
  expect(new Set(digests).size).toBe(7)
  expect(artifactDigest({ ...artifact, failed: [] })).toBe(digests[0])
})

/** Deep equality as `toStrictEqual` has it. */
function isEqual(a: unknown, b: unknown): boolean {
  try {
    expect(a).toStrictEqual(b)
    return true
  } catch {
    return false
  }
}
