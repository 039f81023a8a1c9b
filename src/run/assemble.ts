/** Assembles the manifest of an artifact from its items, in whatever shards they are. */
import { createHash, type Hash } from "node:crypto"
import type { GraphNode } from "../pipeline/graph.ts"
import { own } from "../support/own.ts"
import type { TaskTable } from "./task.ts"
import { ItemWindows, type Located, windowItems } from "../store/items/item-windows.ts"
import {
  type Family,
  type ItemFailure,
  type Manifest,
  type Shard,
  familiesOfShard,
  valueColumns
} from "../store/records/manifest.ts"
import { compactSegments, SegmentList, segmentsOf } from "../store/items/segments.ts"
import type { Store } from "../store/store.ts"
import {
  artifactDigest,
  columnDigest,
  digestBytes,
  emptyItemDigest,
  IdsHash,
  membersDigest
} from "../store/format/value-digest.ts"
import { invalidOutput } from "../store/items/write-shard.ts"
import { broken } from "./check-rows.ts"

/** The parts of an artifact. */
export interface Pieces {
  readonly shards: ReadonlyArray<Shard>
  /** the artifact's items in order; null for all items of all shards */
  readonly places: SegmentList | null
  /** for a table, which has no sidecar: 16 bytes per column, in hexadecimal */
  readonly table: TaskTable | null
  /** in the order of the items */
  readonly failed: ReadonlyArray<ItemFailure>
}

/**
 * Digests cover items in order, so they do not depend on how items were split into shards. Sidecars are read
 * again for this, a few thousand items at a time: kept, they would be most of a run's memory.
 */
export function assemble(
  store: Store,
  node: GraphNode,
  idColumn: string | null,
  { shards, places: some, table, failed }: Pieces
): Manifest {
  let families: Manifest["families"]
  try {
    families = familiesOf(node, shards)
  } catch (error) {
    throw invalidOutput(node.id, error)
  }
  const names = digestedColumns(node, families)
  const places = some ?? SegmentList.of(segmentsOf({ shards, segments: null }))
  const {
    ids,
    digests: ofColumns,
    rows
  } = table === null
    ? digestsOfItems(store, node, { shards, places }, names)
    : digestsOfTable(node, names, table, shards)
  const ofMembers = Object.entries(families).map(([name, { members }]) => [name, membersDigest(members)])
  const digests = { ...ofColumns, ...Object.fromEntries(ofMembers) }
  return {
    format: 1,
    digest: artifactDigest({
      form: node.form,
      columns: node.columns,
      idColumn,
      ids,
      digests,
      failed: failed.map(({ item }) => item)
    }),
    form: node.form,
    columns: node.columns,
    idColumn,
    items: table === null ? places.length : 0,
    rows,
    bytes: shards.reduce((sum, shard) => sum + sizeOf(shard), 0),
    ids,
    digests,
    families,
    failed,
    shards,
    segments: some === null ? null : compactSegments(some.segments, shards)
  }
}

interface Digested {
  readonly ids: string | null
  readonly digests: Readonly<Record<string, string>>
  readonly rows: number
}

/** 16 bytes per item and column. A shard whose items have no rows does not know its family's members. */
function digestsOfItems(
  store: Store,
  node: GraphNode,
  located: Located,
  names: ReadonlyArray<string>
): Digested {
  const { length } = located.places
  const size = windowItems([located], names.length)
  const windows = new ItemWindows(store, located, names, size)
  const ids = new IdsHash()
  const hashes: ReadonlyArray<readonly [string, Hash]> = names.map((name) => [name, createHash("sha256")])
  let rows = 0
  for (let from = 0; from < length; from += size) {
    const window = windows.read(from, Math.min(length, from + size))
    const items = window.to - from
    for (let k = 0; k < items; k++) {
      ids.add(window.texts[k]!, window.index[k]!, window.index[k]! + 1)
      rows += window.rows[k]!
    }
    window.columns.forEach(({ name, digests, absent }, c) => {
      if (absent !== null) {
        const empty = emptyItemDigest(node.columns[name.split("/")[0]!]!)
        for (let k = 0; k < items; k++) if (absent[k] === 1) digests.set(empty, k * digestBytes)
      }
      hashes[c]![1].update(digests.subarray(0, items * digestBytes))
    })
  }
  const digests = Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest("hex")]))
  return { ids: ids.digest(), digests, rows }
}

function digestsOfTable(
  node: GraphNode,
  names: ReadonlyArray<string>,
  table: TaskTable,
  shards: ReadonlyArray<Shard>
): Digested {
  const empty = (name: string) => emptyItemDigest(node.columns[name.split("/")[0]!]!)
  return {
    ids: null,
    digests: Object.fromEntries(
      names.map((name) => [name, columnDigest([bytesOf(own(table, name)) ?? empty(name)])])
    ),
    rows: shards.reduce((sum, shard) => sum + shard.rows, 0)
  }
}

const bytesOf = (hex: string | undefined) => (hex === undefined ? undefined : Buffer.from(hex, "hex"))

/** Members and shapes of each tensor family; all shards must agree, also in the order of members. */
const familiesOf = (node: GraphNode, shards: ReadonlyArray<Shard>): Readonly<Record<string, Family>> =>
  Object.fromEntries(
    Object.entries(node.columns).flatMap(([name, column]) =>
      column.type === "tensors" ? [[name, familyOf(node, name, shards)]] : []
    )
  )

function familyOf(node: GraphNode, name: string, shards: ReadonlyArray<Shard>): Family {
  const wrong = (what: string) => broken(node.stage.name, node.id, "", name, what)
  const [first = [], ...others] = shards.filter(({ rows }) => rows > 0).map((shard) => shapesIn(shard, name))
  for (const shapes of others) {
    const known = new Map(shapes)
    for (const [member, shape] of first) {
      const other = known.get(member)
      if (other === undefined) throw wrong(`some rows lack the tensor "${member}"`)
      if (String(other) !== String(shape))
        throw wrong(`"${member}" has rows of shape [${shape}] and of [${other}]`)
    }
    const extra = shapes.find(([member]) => !first.some(([known]) => known === member))
    if (extra !== undefined) throw wrong(`some rows lack the tensor "${extra[0]}"`)
    if (shapes.some(([member], i) => member !== first[i]![0]))
      throw wrong(`its tensors come in different orders: ${namesOf(first)} and ${namesOf(shapes)}`)
  }
  return { members: first.map(([member]) => member), shapes: Object.fromEntries(first) }
}
type Shapes = ReadonlyArray<readonly [member: string, shape: ReadonlyArray<number>]>
const shapesIn = (shard: Shard, family: string): Shapes =>
  Object.entries(own(familiesOfShard(shard), family)?.shapes ?? {})
const namesOf = (shapes: Shapes): string => shapes.map(([member]) => member).join(", ")

const digestedColumns = ({ columns }: GraphNode, families: Manifest["families"]) =>
  Object.keys(columns).flatMap((name) => valueColumns({ families }, name))

const sizeOf = ({ table, sidecar, tensors, files }: Shard) =>
  table.bytes +
  (sidecar?.bytes ?? 0) +
  [...Object.values(tensors), ...files].reduce((sum, { bytes }) => sum + bytes, 0)
