/** Writes rows of some items as a shard: a Parquet table, an Arrow file per tensor, and a sidecar. */
import { emptyRecord } from "../../support/own.ts"
import { hash } from "node:crypto"
import type { Columns } from "../../pipeline/columns.ts"
import type { Form } from "../../pipeline/ports.ts"
import { isProblem, Problem } from "../../support/problem.ts"
import { machineProblem } from "../../support/system-error.ts"
import { encodeTensors } from "../format/arrow-write.ts"
import { everyObject, type Shard, type ItemId } from "../records/manifest.ts"
import { encodeParquet } from "../format/parquet-write.ts"
import { RowColumns } from "./row-columns.ts"
import { encodeSidecar } from "./sidecar.ts"
import type { Store } from "../store.ts"
import { StringArray } from "../format/string-array.ts"
import { itemDigests } from "../format/value-digest.ts"
import type { ObjectRef } from "../objects/object-ref.ts"

export interface ItemRows {
  readonly item: ItemId
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
}
/** What a shard belongs to. */
export interface ShardHead {
  readonly node: string
  readonly form: Form
  readonly columns: Columns
  /** the name of the id column; null in a table without items */
  readonly idColumn: string | null
}
/** A written shard, with the digests of its items. */
export interface WrittenShard {
  readonly shard: Shard
  readonly ids: ReadonlyArray<ItemId>
  /** 16 bytes per item, by column */
  readonly digests: Readonly<Record<string, Uint8Array>>
  /** number of rows of each item */
  readonly rows: Int32Array
}

/** Shards by the sha256 of their sidecars, which identifies ids, rows and values. */
export type KnownShards = ReadonlyMap<string, Shard>
export const knownShards = (shards: ReadonlyArray<Shard>): KnownShards =>
  new Map(shards.flatMap((shard) => (shard.sidecar === null ? [] : [[shard.sidecar.sha256, shard]])))

/**
 * The rows must have been checked against the columns (`cell.ts`). On return the objects are in the store,
 * but nothing names them yet.
 *
 * `known` has shards of the same columns and id column. One with the same content is reused: when one item
 * was added to a source of 100,000, writing them again took half the time.
 */
export async function writeShard(
  { objects }: Store,
  { node, form, columns, idColumn }: ShardHead,
  items: ReadonlyArray<ItemRows>,
  known: KnownShards = new Map()
): Promise<WrittenShard> {
  const rows = items.flatMap((one) => one.rows)
  const rowItems = idColumn === null ? null : items.flatMap((one) => one.rows.map(() => one.item))
  const gathered = new RowColumns(objects, columns)
  const { vectors, tensors } = attempt(node, () => gathered.of(rows))
  const offsets = new Int32Array(items.length + 1)
  items.forEach((one, i) => (offsets[i + 1] = offsets[i]! + one.rows.length))
  const digests = attempt(node, () => itemDigests(columns, vectors, tensors, offsets))

  const ids = items.map((one) => one.item)
  const counts = Int32Array.from(items, (one) => one.rows.length)
  const sidecar =
    form === "table" ? null : encodeSidecar({ items: StringArray.of(ids), rows: counts, digests })
  const same = sidecar === null ? undefined : known.get(hash("sha256", sidecar))
  if (same !== undefined && everyObject(same, (object) => objects.touch(object)))
    return { shard: same, ids, digests, rows: counts }

  let encoded: Uint8Array
  try {
    encoded = await encodeParquet({ columns, idColumn, rows: rows.length, items: rowItems, vectors })
  } catch (error) {
    throw invalidOutput(node, error)
  }
  const table = objects.put(encoded, "parquet")
  const written = emptyRecord<ObjectRef>()
  const shapes = emptyRecord<ReadonlyArray<number>>()
  for (const [name, members] of Object.entries(tensors))
    for (const [member, { shape, data, halves }] of Object.entries(members)) {
      const dims = columns[name]!.detail as ReadonlyArray<string>
      const bytes = attempt(node, () =>
        encodeTensors(
          { family: name, member, shape, dims, idColumn, elements: halves ? "float16" : "float32" },
          halves ?? data,
          rowItems
        )
      )
      written[`${name}/${member}`] = objects.put(bytes, "arrow")
      shapes[`${name}/${member}`] = shape
    }
  const shard: Shard = {
    items: items.length,
    rows: rows.length,
    table,
    sidecar: sidecar === null ? null : objects.put(sidecar, "arrow"),
    tensors: written,
    shapes,
    files: gathered.files
  }
  return { shard, ids, digests, rows: counts }
}

/**
 * The problem of output that cannot be written; problems of the store and of the machine stay what they are.
 */
export const invalidOutput = (node: string, error: unknown): Problem =>
  isProblem(error)
    ? error
    : (machineProblem(error, `the output of node "${node}" cannot be written`) ??
      new Problem("OutputInvalid", `node "${node}": ${(error as Error).message}`, {
        field: node,
        cause: error
      }))

function attempt<A>(node: string, act: () => A): A {
  try {
    return act()
  } catch (error) {
    throw invalidOutput(node, error)
  }
}
