/** Two artifacts of pooled activations, and what bench/diff.mjs does with them. */
import { compareValues } from "../../src/diff/compare-values.ts"
import { column } from "../../src/index.ts"
import type { GraphNode } from "../../src/pipeline/graph.ts"
import { assemble } from "../../src/run/assemble.ts"
import { nodeFileSystem } from "../../src/store/files/file-system.ts"
import { writeShard } from "../../src/store/items/write-shard.ts"
import { writeTable } from "../../src/store/items/write-table.ts"
import { objectsOf } from "../../src/store/records/manifest.ts"
import { makeStore } from "../../src/store/store.ts"
import { seededRandom } from "../../src/support/random.ts"

const columns = {
  selection: column.utf8(),
  task: column.utf8(),
  source: column.utf8(),
  object: column.int32(),
  token: column.utf8(),
  taps: column.tensors("dim")
}
const head = { node: "activations", form: "rows per item", columns, idColumn: "scene" } as const
const rowKey = ["selection", "task", "source", "object", "token"]
const tokens = ["cls", "avg_obj", "random_obj"]
export const taps = 12
export const width = 384
const perShard = 64

/** Writes an artifact and returns its digest. `moved`: how far its values are from those of 0. */
export async function write(root: string, scenes: number, moved: number): Promise<string> {
  const store = makeStore(root, nodeFileSystem())
  store.prepare()
  const shards = []
  for (let from = 0; from < scenes; from += perShard) {
    const items = Array.from({ length: Math.min(perShard, scenes - from) }, (_, i) => {
      const item = `scene-${String(from + i).padStart(6, "0")}`
      const [random, noise] = [seededRandom("bench", item), seededRandom("bench", item, moved)]
      const values = () =>
        Float32Array.from({ length: width }, () => random() - 0.5 + moved * (noise() - 0.5))
      const rows = tokens.map((token) => ({
        selection: "balanced",
        task: "t1",
        source: "primary",
        object: 0,
        token,
        taps: Object.fromEntries(Array.from({ length: taps }, (_, tap) => [`block.${tap}`, values()]))
      }))
      return { item, rows }
    })
    shards.push((await writeShard(store, head, items)).shard)
  }
  const node = { id: head.node, form: head.form, columns, stage: { name: head.node } } as unknown as GraphNode
  const manifest = assemble(store, node, head.idColumn, { shards, places: null, table: null, failed: [] })
  store.putManifest(manifest)
  return manifest.digest
}

/** Writes a table of rows without items, of which one in a hundred moved. */
export async function writeRows(root: string, rows: number, moved: number): Promise<string> {
  const store = makeStore(root, nodeFileSystem())
  store.prepare()
  const of = { n: column.int32(), value: column.float64(), label: column.utf8() }
  const table = { node: "rows", form: "table", columns: of, idColumn: null } as const
  const node = { id: "rows", form: "table", columns: of, stage: { name: "rows" } } as unknown as GraphNode
  function* all() {
    for (let n = 0; n < rows; n++)
      yield { n: n + moved, value: n / 3 + (n % 100 === 0 ? moved : 0), label: `row number ${n}` }
  }
  const { shard, digests } = await writeTable(store, table, all(), () => {})
  const hex = Object.entries(digests).map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")])
  const pieces = { shards: [shard], places: null, table: Object.fromEntries(hex), failed: [] }
  const manifest = assemble(store, node, null, pieces)
  store.putManifest(manifest)
  return manifest.digest
}

const opened = (root: string, digest: string) => {
  const store = makeStore(root, nodeFileSystem())
  const manifest = store.manifest(digest)!
  return { store, manifest, rowKey: manifest.form === "table" ? ["n"] : rowKey }
}

/** Reads and hashes all objects of both artifacts; the bytes read. */
export function readAll(root: string, digests: ReadonlyArray<string>): number {
  let bytes = 0
  for (const digest of digests) {
    const { store, manifest } = opened(root, digest)
    for (const object of objectsOf(manifest)) bytes += store.objects.read(object).byteLength
  }
  return bytes
}

/** Compares both; the number of rows that differ, and of rows in tables. */
export async function compare(root: string, [a, b]: readonly [string, string]): Promise<number> {
  const { tables, rows } = await compareValues(opened(root, a), opened(root, b), { tolerance: {} })
  const inTables = Object.values(tables).reduce((sum, table) => sum + table.rows.length, 0)
  return rows.changed + rows.added + rows.removed + inTables
}
