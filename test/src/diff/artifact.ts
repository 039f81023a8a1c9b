/** Writes small artifacts into stores of their own, in any shards and any order. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach } from "vitest"
import type { Side } from "../../../src/diff/values.ts"
import type { Columns } from "../../../src/pipeline/columns.ts"
import type { GraphNode } from "../../../src/pipeline/graph.ts"
import type { Form } from "../../../src/pipeline/ports.ts"
import { assemble } from "../../../src/run/assemble.ts"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { SegmentList } from "../../../src/store/items/segments.ts"
import { type ItemRows, writeShard } from "../../../src/store/items/write-shard.ts"
import { writeTable } from "../../../src/store/items/write-table.ts"
import { makeStore, type Store } from "../../../src/store/store.ts"

export type Cells = Readonly<Record<string, unknown>>

const folders: Array<string> = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
export function newStore(): Store {
  const folder = mkdtempSync(join(tmpdir(), "probeline-diff-"))
  folders.push(folder)
  const store = makeStore(join(folder, "store"), nodeFileSystem())
  store.prepare()
  return store
}

/** The same artifact in a store that has verified none of its objects yet. */
export const reopened = (side: Side): Side => ({
  ...side,
  store: makeStore(side.store.root, nodeFileSystem())
})

export interface Made {
  readonly columns: Columns
  readonly items: ReadonlyArray<ItemRows>
  readonly form?: Form
  readonly rowKey?: ReadonlyArray<string>
  /** items per shard */
  readonly perShard?: number
  /** positions of the items in the order of the artifact: they are written as given, and used in this order */
  readonly order?: ReadonlyArray<number>
  readonly failed?: ReadonlyArray<string>
  readonly store?: Store
}

/** An artifact with items. */
export async function made({
  columns,
  items,
  form = "rows per item",
  rowKey,
  perShard = 8,
  order,
  failed = [],
  store = newStore()
}: Made): Promise<Side> {
  const head = { node: "made", form, columns, idColumn: "scene" }
  const shards = []
  for (let from = 0; from < items.length; from += perShard)
    shards.push((await writeShard(store, head, items.slice(from, from + perShard))).shard)
  const places = new SegmentList()
  for (const i of order ?? items.keys()) places.add(Math.floor(i / perShard), i % perShard)
  const manifest = assemble(store, nodeOf(head), "scene", {
    shards,
    places,
    table: null,
    failed: failed.map((item) => ({ item, error: "it failed" }))
  })
  return { store, manifest, rowKey: rowKey ?? null }
}

/** A table without items. */
export async function madeTable(
  columns: Columns,
  rows: Iterable<Cells>,
  rowKey?: ReadonlyArray<string>,
  store = newStore()
): Promise<Side> {
  const head = { node: "made", form: "table", columns, idColumn: null } as const
  const written = await writeTable(store, head, rows, () => {})
  const table = Object.fromEntries(
    Object.entries(written.digests).map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")])
  )
  const pieces = { shards: [written.shard], places: null, table, failed: [] }
  return { store, manifest: assemble(store, nodeOf(head), null, pieces), rowKey: rowKey ?? null }
}

const nodeOf = ({ node, form, columns }: { node: string; form: Form; columns: Columns }): GraphNode =>
  ({ id: node, form, columns, stage: { name: node } }) as unknown as GraphNode
