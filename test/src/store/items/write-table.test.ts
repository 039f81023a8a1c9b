import { objectFile } from "../object-file.ts"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { column, type Columns } from "../../../../src/pipeline/columns.ts"
import { openTensors } from "../../../../src/store/format/arrow-read.ts"
import { memorySource } from "../../../../src/store/format/bytes.ts"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { temporaryMark } from "../../../../src/store/files/layout.ts"
import { openTable } from "../../../../src/store/format/parquet-read.ts"
import { makeStore, type Store } from "../../../../src/store/store.ts"
import { type ShardHead, writeShard } from "../../../../src/store/items/write-shard.ts"
import { writeTable } from "../../../../src/store/items/write-table.ts"

const folders: Array<string> = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
function newStore(): Store {
  const folder = mkdtempSync(join(tmpdir(), "probeline-table-"))
  folders.push(folder)
  const store = makeStore(join(folder, "store"), nodeFileSystem())
  store.prepare()
  return store
}
const columns = {
  n: column.int32(),
  text: column.nullable(column.utf8()),
  any: column.json<unknown>(),
  reals: column.list(column.float64()),
  picture: column.nullable(column.file()),
  taps: column.tensors("dim")
} satisfies Columns
const headOf = (of: Columns): ShardHead => ({ node: "many", form: "table", columns: of, idColumn: null })
const rowOf = (n: number) => ({
  n,
  text: n % 3 === 0 ? null : `row ${n} 🙂`,
  any: { n, of: [n % 7, null] },
  reals: Array.from({ length: n % 4 }, (_, i) => i / 3 + n),
  picture: n % 5000 === 1 ? { name: "a.png", content: Buffer.from(`picture ${n}`) } : null,
  taps: { "block.0": Float32Array.of(n, -n), half: Uint16Array.of(0x3c00, n % 100, 0) }
})
function* rowsOf(count: number) {
  for (let n = 0; n < count; n++) yield rowOf(n)
}
const accept: (row: unknown) => asserts row is Record<string, unknown> = () => {}
const filesOf = (store: Store) => readdirSync(store.root, { recursive: true }).map(String)
const temporary = (store: Store) => filesOf(store).filter((name) => name.includes(temporaryMark))

describe("a table that is written as its rows come", () => {
  test("is what writing all of its rows at once gives, and is read back", async () => {
    const count = 20_000
    const store = newStore()
    const written = await writeTable(store, headOf(columns), rowsOf(count), accept)
    const atOnce = await writeShard(newStore(), headOf(columns), [{ item: "", rows: [...rowsOf(count)] }])
    const { shard, digests, rows, ids } = written
    expect(Object.keys(digests)).toHaveLength(7)
    for (const [name, digest] of Object.entries(atOnce.digests))
      expect(Buffer.from(digests[name]!).equals(digest), name).toBe(true)
    expect({ rows, ids, items: shard.items }).toEqual({ rows: Int32Array.of(count), ids: [""], items: 1 })
    expect(shard.shapes).toEqual(atOnce.shard.shapes)
    expect(shard.files).toEqual(atOnce.shard.files)
    expect(shard.files).toHaveLength(4)

    const read = (object: { sha256: string; bytes: number; extension: string }) =>
      memorySource(readFileSync(objectFile(store, object)))
    const vectors = await openTable(read(shard.table)).read()
    const sample = [0, 1, 8191, 8192, 16_384, count - 1]
    for (const n of sample) {
      const { picture, taps: _, ...row } = rowOf(n)
      expect(Object.fromEntries(Object.keys(row).map((name) => [name, vectors[name]![n]]))).toEqual(row)
      expect(vectors["picture"]![n] === null).toBe(picture === null)
    }
    const tap = openTensors(read(shard.tensors["taps/block.0"]!))
    for (const n of sample) expect([...tap.read(n, n + 1)]).toEqual([n, -n])
    const half = openTensors(read(shard.tensors["taps/half"]!))
    expect([half.elements, half.rows, half.read(0, 1)[0]]).toEqual(["float16", count, 1])
    expect(temporary(store)).toEqual([])
  })

  test("may be empty", async () => {
    const { shard, rows } = await writeTable(newStore(), headOf(columns), [], accept)
    expect(rows).toEqual(Int32Array.of(0))
    expect(shard).toMatchObject({ items: 1, rows: 0, tensors: {} })
  })

  test.each([
    ["fewer", (n: number) => ({ a: Float32Array.of(n) }), 'row 9000 has no "b"'],
    [
      "more",
      (n: number) => ({ a: Float32Array.of(n), b: Float32Array.of(n), c: Float32Array.of(n) }),
      'row 9000 has "c"'
    ],
    [
      "others",
      (n: number) => ({ a: Float32Array.of(n), b: Float32Array.of(n, n) }),
      'row 9000 has 2 values in "b"'
    ],
    [
      "halves",
      (n: number) => ({ a: Float32Array.of(n), b: Uint16Array.of(n) }),
      'row 9000 has float16 in "b"'
    ]
  ])(
    "has the tensors of its first row in all rows: %s are refused, batches later too",
    async (_, odd, message) => {
      const store = newStore()
      function* rows() {
        const usual = (n: number) => ({ a: Float32Array.of(n), b: Float32Array.of(n) })
        for (let n = 0; n < 9001; n++) yield { n, t: n === 9000 ? odd(n) : usual(n) }
      }
      const head = headOf({ n: column.int32(), t: column.tensors("dim") })
      await expect(writeTable(store, head, rows(), accept)).rejects.toMatchObject({
        _tag: "OutputInvalid",
        message: expect.stringContaining(`node "many": column "t": ${message}`) as string
      })
      expect(temporary(store)).toEqual([])
    }
  )

  test("leaves nothing when a row is refused or the stage throws after much was written", async () => {
    const store = newStore()
    let onDisk = 0
    function* rows() {
      for (let n = 0; n < 100; n++) {
        yield { n, t: { a: new Float32Array(1 << 16).fill(n) } }
        onDisk = Math.max(onDisk, temporary(store).length)
      }
      throw new Error("out of rows")
    }
    const head = headOf({ n: column.int32(), t: column.tensors("dim") })
    await expect(writeTable(store, head, rows(), accept)).rejects.toThrow("out of rows")
    expect(onDisk).toBeGreaterThan(0)
    expect(filesOf(store).filter((name) => /\.(parquet|arrow)/.test(name))).toEqual([])
  })
})
