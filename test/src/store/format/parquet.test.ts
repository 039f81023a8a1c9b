import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { parquetReadObjects } from "hyparquet"
import { afterAll, describe, expect, test } from "vitest"
import { column, type Columns } from "../../../../src/pipeline/columns.ts"
import { below, pick, type Random, seededRandom } from "../../../../src/support/random.ts"
import { memorySource, MemorySink } from "../../../../src/store/format/bytes.ts"
import { canonicalJson } from "../../../../src/store/format/canonical-json.ts"
import { openTable } from "../../../../src/store/format/parquet-read.ts"
import { encodeParquet, TableWriter } from "../../../../src/store/format/parquet-write.ts"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-parquet-"))
const duckdb = await (await DuckDBInstance.create(":memory:")).connect()
afterAll(() => {
  duckdb.closeSync()
  fs.rmSync(folder, { recursive: true })
})
/** All rows as DuckDB reads them. */
async function inDuckDB(bytes: Uint8Array, select = "*"): Promise<Array<Record<string, unknown>>> {
  const file = path.join(folder, "table.parquet")
  fs.writeFileSync(file, bytes)
  return (await duckdb.runAndReadAll(`select ${select} from '${file}'`)).getRowObjectsJS()
}
/** All rows as hyparquet gives them by itself, but for its nulls among lists (undefined) and leading U+FEFFs. */
async function inHyparquet(bytes: Uint8Array): Promise<Array<Record<string, unknown>>> {
  const file = Uint8Array.from(bytes).buffer
  const stringFromBytes = (text: Uint8Array | undefined) => text && Buffer.from(text).toString()
  const rows = await parquetReadObjects({ file, parsers: { stringFromBytes } })
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell ?? null]))
  )
}
const sha256 = (n: number) => n.toString(16).padStart(64, "0")
const file = (n: number) => ({ path: `images/🙂 ${n}.jpg`, size: n * 2 ** 33, sha256: sha256(n) })

const everyKind = {
  text: column.utf8(),
  maybe_text: column.nullable(column.utf8()),
  whole: column.int32(),
  maybe_whole: column.nullable(column.int32()),
  real: column.float64(),
  maybe_real: column.nullable(column.float64()),
  flag: column.bool(),
  maybe_flag: column.nullable(column.bool()),
  any: column.json<unknown>(),
  maybe_any: column.nullable(column.json<unknown>()),
  image: column.file(),
  maybe_image: column.nullable(column.file()),
  reals: column.list(column.float64()),
  maybe_wholes: column.nullable(column.list(column.int32())),
  texts: column.list(column.utf8()),
  flags: column.list(column.bool())
} satisfies Columns

const texts = ["", "é", "🙂", "\uFEFFmarked", "a\u0000b", "line\nline", "x".repeat(300), "‮right to left"]
const reals = [NaN, Infinity, -Infinity, -0, 0, 0.1, 5e-324, 1.7976931348623157e308, -1.5]
const wholes = [-(2 ** 31), 2 ** 31 - 1, 0, -1, 7]
const jsons = [null, 0, "é", [], {}, { b: [1, { c: null }], a: "🙂" }, [[], [null]], true]
const listOf = <A>(random: Random, from: ReadonlyArray<A>) =>
  Array.from({ length: below(random, pick(random, [1, 4, 40])) }, () => pick(random, from))
const maybe = <A>(random: Random, value: A) => (random() < 0.4 ? null : value)

/** Random rows; nulls come in runs of any length, as runs are what the levels' encoding is made of. */
function randomTable(random: Random, rows: number) {
  const vectors: Record<string, Array<unknown>> = {}
  const make = (value: () => unknown) => {
    let stretch = 0
    let same: unknown = null
    return Array.from({ length: rows }, () => {
      if (stretch-- <= 0) [stretch, same] = [below(random, pick(random, [1, 1, 20])), value()]
      return same
    })
  }
  vectors.text = make(() => pick(random, texts))
  vectors.maybe_text = make(() => maybe(random, pick(random, texts)))
  vectors.whole = make(() => pick(random, wholes))
  vectors.maybe_whole = make(() => maybe(random, pick(random, wholes)))
  vectors.real = make(() => pick(random, reals))
  vectors.maybe_real = make(() => maybe(random, pick(random, reals)))
  vectors.flag = make(() => random() < 0.5)
  vectors.maybe_flag = make(() => maybe(random, random() < 0.5))
  vectors.any = make(() => pick(random, jsons))
  vectors.maybe_any = make(() => maybe(random, pick(random, jsons.slice(1))))
  vectors.image = make(() => file(below(random, 1000)))
  vectors.maybe_image = make(() => maybe(random, file(below(random, 1000))))
  vectors.reals = make(() => listOf(random, reals))
  vectors.maybe_wholes = make(() => maybe(random, listOf(random, wholes)))
  vectors.texts = make(() => listOf(random, texts))
  vectors.flags = make(() => listOf(random, [true, false]))
  return { rows, items: Array.from({ length: rows }, (_, i) => `scene/${i >> 1}`), vectors }
}

/** A row as other readers see it: JSON as text, a file as three columns. */
function asStored(vectors: Record<string, ArrayLike<unknown>>, items: ReadonlyArray<string>, row: number) {
  const stored: Record<string, unknown> = { scene: items[row] }
  for (const name of Object.keys(everyKind)) {
    const value = vectors[name]![row]
    if (name.endsWith("any"))
      stored[name] = name === "maybe_any" && value === null ? null : canonicalJson(value)
    else if (name.endsWith("image")) {
      const cell = value as ReturnType<typeof file> | null
      stored[`${name}_path`] = cell && cell.path
      stored[`${name}_size`] = cell && BigInt(cell.size)
      stored[`${name}_sha256`] = cell && cell.sha256
    } else stored[name] = value
  }
  return stored
}

describe("a table in Parquet", () => {
  test("holds the same for us, DuckDB and hyparquet, whatever is in it", { timeout: 60_000 }, async () => {
    const random = seededRandom("parquet fuzz")
    let total = 0
    for (let round = 0; round < 12; round++) {
      const rowGroupRows = pick(random, [1, 7, 100, 100_000])
      const sink = new MemorySink()
      const writer = new TableWriter(sink, { columns: everyKind, idColumn: "scene", rowGroupRows })
      const batches = Array.from({ length: below(random, 3) }, () =>
        randomTable(random, below(random, pick(random, [2, 30, 500])))
      )
      for (const batch of batches) await writer.write(batch)
      await writer.close()
      const bytes = sink.bytes()
      const items = batches.flatMap((batch) => batch.items)
      const vectors = Object.fromEntries(
        Object.keys(everyKind).map((name) => [name, batches.flatMap((batch) => batch.vectors[name]!)])
      )
      const expected = items.map((_, row) => asStored(vectors, items, row))
      total += items.length

      const table = openTable(memorySource(bytes))
      expect(table.rows).toBe(items.length)
      expect(table.columns).toEqual(everyKind)
      expect(Object.keys(table.columns)).toEqual(Object.keys(everyKind))
      expect(await table.items()).toStrictEqual(items)
      expect(await table.read()).toStrictEqual(vectors)
      expect(await inDuckDB(bytes)).toStrictEqual(expected.map(withoutMark) as Array<unknown>)
      expect(await inHyparquet(bytes)).toStrictEqual(expected)
      for (let k = 0; k < 5 && items.length > 0; k++) {
        const start = below(random, items.length)
        const end = start + below(random, items.length - start + 1)
        const names = Object.keys(everyKind).filter(() => random() < 0.3)
        const part = await table.read({ columns: names, start, end })
        expect(part).toStrictEqual(
          Object.fromEntries(names.map((name) => [name, vectors[name]!.slice(start, end)]))
        )
        expect(await table.items(start, end)).toStrictEqual(items.slice(start, end))
      }
    }
    expect(total).toBeGreaterThan(1_000)
  })

  test("spans pages: long lists and rows beyond a page are read back in order, and in ranges", async () => {
    const rows = 45_000
    const columns = { n: column.nullable(column.int32()), l: column.list(column.int32()) }
    const vectors = {
      n: Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? null : i)),
      l: Array.from({ length: rows }, (_, i) =>
        i === 20_001 ? Array.from({ length: 30_000 }, (_, k) => k) : i % 2 ? [i] : []
      )
    }
    const bytes = await encodeParquet({ columns, idColumn: null, rows, items: null, vectors })
    const table = openTable(memorySource(bytes))
    expect(await table.read()).toStrictEqual(vectors)
    expect(await table.read({ start: 19_999, end: 20_003 })).toStrictEqual({
      n: vectors.n.slice(19_999, 20_003),
      l: vectors.l.slice(19_999, 20_003)
    })
    expect(await inDuckDB(bytes, "count(*) c, count(n) n, sum(n) s, sum(len(l)) l")).toEqual([
      {
        c: 45_000n,
        n: 30_000n,
        s: vectors.n.reduce((sum: bigint, n) => sum + BigInt(n ?? 0), 0n),
        l: 52_499n
      }
    ])
  })

  test("is found by DuckDB's filters on text, emoji included", async () => {
    const vectors = { t: ["a", "🙂", "\uFFFD", "é"] }
    const bytes = await encodeParquet({
      columns: { t: column.utf8() },
      idColumn: null,
      rows: 4,
      items: null,
      vectors
    })
    fs.writeFileSync(path.join(folder, "filter.parquet"), bytes)
    for (const text of vectors.t) {
      const found = await duckdb.runAndReadAll(
        `select t from '${path.join(folder, "filter.parquet")}' where t = '${text}'`
      )
      expect(found.getRowObjectsJS()).toEqual([{ t: text }])
    }
  })

  test("may be empty", async () => {
    const empty = {
      rows: 0,
      items: [],
      vectors: Object.fromEntries(Object.keys(everyKind).map((name) => [name, []]))
    }
    const bytes = await encodeParquet({ columns: everyKind, idColumn: "scene", ...empty })
    expect(await inDuckDB(bytes)).toEqual([])
    expect(await openTable(memorySource(bytes)).read()).toEqual(empty.vectors)
  })

  test("has the same bytes each time", async () => {
    const table = { columns: everyKind, idColumn: "scene", ...randomTable(seededRandom("same"), 50) }
    expect(Buffer.compare(await encodeParquet(table), await encodeParquet(table))).toBe(0)
  })

  test.each([
    ["is missing", {}],
    ["has 2 rows, 1 were expected", { c: [1, 2] }]
  ])("refuses a column that %s", async (message, vectors) => {
    const table = { columns: { c: column.int32() }, idColumn: null, rows: 1, items: null, vectors }
    await expect(encodeParquet(table)).rejects.toThrow(`column "c" ${message}`)
  })

  test("fills row groups however rows come, and ends one that has very many bytes", async () => {
    const columns = { n: column.int32(), text: column.utf8() }
    const groupsOf = async (batchRows: number, textBytes: number, rowGroupRows?: number) => {
      const sink = new MemorySink()
      const writer = new TableWriter(sink, {
        columns,
        idColumn: null,
        ...(rowGroupRows === undefined ? {} : { rowGroupRows })
      })
      const random = seededRandom("groups")
      // longer than what Snappy looks back, so that repeating it makes it no smaller
      const block = Array.from({ length: 70_000 }, () => String.fromCharCode(33 + below(random, 90))).join("")
      const text = block.repeat(Math.ceil(textBytes / block.length)).slice(0, textBytes)
      for (let from = 0; from < 100; from += batchRows) {
        const n = Array.from({ length: Math.min(batchRows, 100 - from) }, (_, i) => from + i)
        const vectors = { n, text: n.map(() => text) }
        await writer.write({ rows: n.length, items: null, vectors })
      }
      await writer.close()
      const table = openTable(memorySource(sink.bytes()))
      expect((await table.read()).n).toEqual(Array.from({ length: 100 }, (_, n) => n))
      return table.groups
    }
    for (const batchRows of [1, 7, 30, 100])
      expect(await groupsOf(batchRows, 1, 30)).toEqual([0, 30, 60, 90, 100])
    expect(await groupsOf(10, 1)).toEqual([0, 100])
    // 40 rows of 1 MB are more than the 32 MiB of a group
    expect(await groupsOf(10, 1 << 20)).toEqual([0, 40, 80, 100])
  })

  test("ends a row group whose lists hold very many values", async () => {
    const list = Array.from({ length: 2 ** 15 }, (_, i) => i)
    const sink = new MemorySink()
    const columns = { a: column.list(column.int32()), b: column.list(column.int32()) }
    const writer = new TableWriter(sink, { columns, idColumn: null })
    const rows = Array.from({ length: 20 }, () => list)
    await writer.write({ rows: 20, items: null, vectors: { a: rows, b: rows } })
    await writer.close()
    const table = openTable(memorySource(sink.bytes()))
    // 8 rows have 2^19 values, and a group ends when it has more
    expect(table.groups).toEqual([0, 9, 18, 20])
    expect((await table.read({ start: 18 })).b).toEqual([list, list])
  })

  test("refuses two columns that would have one name", async () => {
    const columns = { image: column.file(), image_path: column.utf8() }
    await expect(
      encodeParquet({
        columns,
        idColumn: null,
        rows: 0,
        items: null,
        vectors: { image: [], image_path: [] }
      })
    ).rejects.toThrow('two columns would be named "image_path"')
  })

  test("is refused when torn anywhere, or foreign", async () => {
    const bytes = await encodeParquet({
      columns: everyKind,
      idColumn: "scene",
      ...randomTable(seededRandom("torn"), 20)
    })
    for (const length of [0, 3, 11, bytes.length >> 1, bytes.length - 1])
      expect(() => openTable(memorySource(bytes.subarray(0, length), "t.parquet"))).toThrow(
        /t\.parquet: .*(torn|damaged)/
      )
    const foreign = path.join(folder, "foreign.parquet")
    await duckdb.run(`copy (select 1 as a) to '${foreign}' (format parquet)`)
    expect(() => openTable(memorySource(fs.readFileSync(foreign)))).toThrow("not a Probeline table")
  })
})

/** DuckDB's JavaScript client drops a leading U+FEFF (its files and engine do not). */
const withoutMark = (value: unknown): unknown => {
  if (typeof value === "string") return value.replace(/^\uFEFF/, "")
  if (Array.isArray(value)) return value.map(withoutMark)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutMark(one)]))
}
