/** Writes rows of some items as a shard: a Parquet table, an Arrow file a tensor, and a sidecar. */
import { hash } from "node:crypto"
import * as Effect from "effect/Effect"
import type { AnyColumn, Columns, NewFile } from "../pipeline/columns.ts"
import type { Form } from "../pipeline/ports.ts"
import { fromFloat16 } from "../pipeline/float16.ts"
import { Problem } from "../pipeline/problem.ts"
import { encodeTensors } from "./arrow-write.ts"
import { type ObjectRef, objectsOfShard, type Shard, type StoredFile } from "./manifest.ts"
import type { FileCell } from "./parquet-layout.ts"
import { encodeParquet } from "./parquet-write.ts"
import { renewed } from "./renew.ts"
import { encodeSidecar } from "./sidecar.ts"
import type { StoreCalls } from "./store.ts"
import { itemDigests, type Tensor } from "./value-digest.ts"

export interface ItemRows {
  readonly item: string
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
}
/** What a shard is of. */
export interface ShardHead {
  readonly node: string
  readonly form: Form
  readonly columns: Columns
  /** the name of the id column; null in a table */
  readonly label: string | null
}
/** A shard that was written, with the digests of its items. */
export interface WrittenShard {
  readonly shard: Shard
  readonly ids: ReadonlyArray<string>
  /** 16 bytes an item, by column */
  readonly digests: Readonly<Record<string, Uint8Array>>
  /** rows of each item */
  readonly rows: Int32Array
}

/** Shards by their sidecars' sha256, which stands for ids, rows and values. */
export type KnownShards = ReadonlyMap<string, Shard>
export const knownShards = (shards: ReadonlyArray<Shard>): KnownShards =>
  new Map(shards.flatMap((shard) => (shard.sidecar === null ? [] : [[shard.sidecar.sha256, shard]])))

/**
 * Rows must have been checked against the columns. Objects are in the store when it ends; nothing names them yet.
 *
 * `known` has shards of the same columns and label. One that holds the same is taken as it is: of a source of 100,000
 * items to which one was added, writing them again took half the time.
 */
export const writeShard = Effect.fn("store.writeShard")(function* (
  store: StoreCalls,
  { node, form, columns, label }: ShardHead,
  items: ReadonlyArray<ItemRows>,
  known: KnownShards = new Map()
) {
  const rows = items.flatMap((one) => one.rows)
  const rowItems = label === null ? null : items.flatMap((one) => one.rows.map(() => one.item))
  const files = new Map<string, StoredFile>()
  const vectors: Record<string, ReadonlyArray<unknown>> = {}
  const tensors: Record<string, Record<string, StoredTensor>> = {}
  for (const [name, column] of Object.entries(columns)) {
    if (column.type === "tensors") tensors[name] = yield* family(node, name, rows)
    else if (isFileColumn(column)) vectors[name] = yield* fileCells(store, name, rows, files)
    else vectors[name] = rows.map((row) => row[name])
  }
  const offsets = new Int32Array(items.length + 1)
  items.forEach((one, i) => (offsets[i + 1] = offsets[i]! + one.rows.length))
  const digests = yield* attempt(node, () => itemDigests(columns, vectors, tensors, offsets))

  const ids = items.map((one) => one.item)
  const counts = Int32Array.from(items, (one) => one.rows.length)
  const sidecar = form === "table" ? null : encodeSidecar({ items: ids, rows: counts, digests })
  const same = sidecar === null ? undefined : known.get(hash("sha256", sidecar))
  if (same !== undefined && isStillThere(store, same)) return { shard: same, ids, digests, rows: counts }

  const table = yield* Effect.flatMap(
    Effect.tryPromise({
      try: () => encodeParquet({ columns, itemLabel: label, rows: rows.length, items: rowItems, vectors }),
      catch: (error) => invalid(node, error)
    }),
    (bytes) => store.putObject(bytes, "parquet")
  )
  const written: Record<string, ObjectRef> = {}
  const shapes: Record<string, ReadonlyArray<number>> = {}
  for (const [name, members] of Object.entries(tensors))
    for (const [member, { shape, data, halves }] of Object.entries(members)) {
      const dims = columns[name]!.detail as ReadonlyArray<string>
      const bytes = yield* attempt(node, () =>
        encodeTensors(
          { family: name, member, shape, dims, itemLabel: label, elements: halves ? "float16" : "float32" },
          halves ?? data,
          rowItems
        )
      )
      written[`${name}/${member}`] = yield* store.putObject(bytes, "arrow")
      shapes[`${name}/${member}`] = shape
    }
  const shard: Shard = {
    items: items.length,
    rows: rows.length,
    table,
    sidecar: sidecar === null ? null : yield* store.putObject(sidecar, "arrow"),
    tensors: written,
    shapes,
    files: [...files.values()]
  }
  const result: WrittenShard = { shard, ids, digests, rows: counts }
  return result
})

/** Renewed, as what is written is: gc leaves it until a manifest names it. */
const isStillThere = ({ files, objectPath }: StoreCalls, shard: Shard): boolean =>
  [...objectsOfShard(shard)].every((object) => {
    const file = objectPath(object)
    return renewed(files, file) && files.glance(file)?.size === object.bytes
  })

const invalid = (node: string, error: unknown) =>
  new Problem("OutputInvalid", `node "${node}": ${(error as Error).message}`, { field: node, cause: error })
const attempt = <A>(node: string, act: () => A) =>
  Effect.try({ try: act, catch: (error) => invalid(node, error) })

const isFileColumn = (column: AnyColumn): boolean =>
  column.type === "file" || (column.type === "nullable" && isFileColumn(column.detail as AnyColumn))

/** Bytes that a stage made go into the store; files of the outside are named where they lie. */
const fileCells = (store: StoreCalls, name: string, rows: ItemRows["rows"], files: Map<string, StoredFile>) =>
  Effect.forEach(rows, (row) => {
    const value = row[name] as FileCell | NewFile | null
    if (value === null || "sha256" in value) return Effect.succeed(value)
    const dot = value.name.lastIndexOf(".")
    const extension = /^[a-z0-9]{1,8}$/i.exec(value.name.slice(dot + 1))?.[0].toLowerCase() ?? "bin"
    return Effect.map(store.putObject(value.content, extension), (object): FileCell => {
      files.set(object.sha256, object)
      return {
        path: store.objectPath(object).slice(store.root.length + 1),
        size: object.bytes,
        sha256: object.sha256
      }
    })
  })

/** Digests are of what readers get, float32; a stage that gave float16 has that stored. */
interface StoredTensor extends Tensor {
  readonly halves: Uint16Array | null
}
type Elements = Float32Array | Uint16Array

/** Each member of a family as one matrix; every row must have the same members, sizes and kind of number. */
const family = (node: string, name: string, rows: ItemRows["rows"]) =>
  attempt(node, () => {
    const members: Record<string, StoredTensor> = {}
    const first = rows[0]?.[name] as Readonly<Record<string, Elements>> | undefined
    for (const [member, one] of Object.entries(first ?? {})) {
      const { length } = one
      const isHalf = one instanceof Uint16Array
      const data = new (isHalf ? Uint16Array : Float32Array)(rows.length * length)
      rows.forEach((row, i) => {
        const values = (row[name] as Readonly<Record<string, Elements>>)[member]
        if (values?.length !== length)
          throw new Error(
            `column "${name}": row ${i} has ${values === undefined ? "no" : `${values.length} values in`} "${member}", the first row has ${length}`
          )
        if (values instanceof Uint16Array !== isHalf)
          throw new Error(
            `column "${name}": row ${i} has ${isHalf ? "float32" : "float16"} in "${member}", the first row has ${isHalf ? "float16" : "float32"}`
          )
        data.set(values, i * length)
      })
      members[member] =
        data instanceof Uint16Array
          ? { shape: [length], data: fromFloat16(data), halves: data }
          : { shape: [length], data, halves: null }
    }
    return members
  })
