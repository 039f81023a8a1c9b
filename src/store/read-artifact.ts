/**
 * Reads artifacts: rows of some items, columns at once or in batches, and tensors by member.
 *
 * What this opens (Parquet, Arrow) is heavy to import, so planning does not come here.
 */
import * as Effect from "effect/Effect"
import type { Columns } from "../pipeline/columns.ts"
import type { Table, TensorBlock } from "../pipeline/ports.ts"
import type { Problem } from "../pipeline/problem.ts"
import type { TensorFile } from "./arrow-read.ts"
import { type Part, partsOf, rowBatches } from "./artifact-rows.ts"
import type { Manifest, Shard } from "./manifest.ts"
import { readSidecar } from "./read-sidecar.ts"
import {
  readAttempt,
  readColumns,
  type Row,
  rowObjects,
  shardRows,
  tensorsOf,
  withoutTensors
} from "./read-shard.ts"
import { rowOffsets, segmentsOf } from "./segments.ts"
import { damaged } from "./store-error.ts"
import type { StoreCalls } from "./store.ts"

type Op<A> = Effect.Effect<A, Problem>

/** The rows of every item, in the artifact's order. Tensors come with them. Each shard is read once, however scattered. */
export const artifactItems = (
  store: StoreCalls,
  manifest: Manifest,
  columns: Columns
): Op<ReadonlyArray<ReadonlyArray<Row>>> =>
  Effect.gen(function* () {
    const segments = segmentsOf(manifest)
    const ranges = new Map<number, { from: number; to: number }>()
    for (const [s, from, to] of segments) {
      const range = ranges.get(s)
      if (range === undefined) ranges.set(s, { from, to })
      else {
        range.from = Math.min(range.from, from)
        range.to = Math.max(range.to, to)
      }
    }
    const shards = new Map<number, ShardItems>()
    for (const [s, { from, to }] of ranges)
      shards.set(s, yield* shardItems(store, manifest, manifest.shards[s]!, columns, from, to))
    return segments.flatMap(([s, from, to]) => {
      const { first, items } = shards.get(s)!
      return items.slice(from - first, to - first)
    })
  })

interface ShardItems {
  /** the index of the first item read */
  readonly first: number
  /** rows of each */
  readonly items: ReadonlyArray<ReadonlyArray<Row>>
}
const shardItems = (
  store: StoreCalls,
  manifest: Manifest,
  shard: Shard,
  columns: Columns,
  from: number,
  to: number
): Op<ShardItems> =>
  Effect.gen(function* () {
    if (manifest.form === "row per item") {
      const read = yield* shardRows(store, manifest, shard, columns, from, to)
      return { first: from, items: read.map((row) => [row]) }
    }
    const { rows } = yield* readSidecar(store, shard)
    const offsets = rowOffsets(rows)
    const [start, end] = [offsets[from]!, offsets[to]!]
    const read = start === end ? [] : yield* shardRows(store, manifest, shard, columns, start, end)
    const items: Array<ReadonlyArray<Row>> = []
    for (let i = from, at = 0; i < to; at += rows[i++]!) items.push(read.slice(at, at + rows[i]!))
    return { first: from, items }
  })

/** The façade that stages read whole artifacts by. `node` names it in messages. */
export function artifactTable(store: StoreCalls, node: string, manifest: Manifest): Table<any> {
  const run = <A>(effect: Op<A>) => Effect.runPromise(effect)
  const batches = async function* (names: ReadonlyArray<string>) {
    const read = readColumns(store, pickColumns(manifest, node, names))
    for await (const { items, vectors } of rowBatches(store, await run(partsOf(store, manifest)), read))
      yield { ...vectors, item: items ?? [] } as Record<string, Array<unknown>>
  }
  const member = (family: string, name: string): Op<TensorBlock> =>
    Effect.gen(function* () {
      const shape = manifest.families[family]?.shapes[name]
      if (shape === undefined) throw absent(manifest, node, `${family}/${name}`)
      const size = shape.reduce((product, one) => product * one, 1)
      const data = new Float32Array(manifest.rows * size)
      // items may lie scattered, a few of this shard and a few of that
      const files = new Map<Shard, TensorFile>()
      let at = 0
      for (const { shard, start, end } of yield* partsOf(store, manifest)) {
        if (start === end) continue
        const file = files.get(shard) ?? (yield* tensorsOf(store, shard.tensors[`${family}/${name}`]!))
        files.set(shard, file)
        const length = (end - start) * size
        yield* readAttempt(store, () => file.readInto(data.subarray(at, at + length), start, end))
        at += length
      }
      return { rows: manifest.rows, shape, data }
    })
  return {
    node,
    rows: manifest.rows,
    read: async (...names: ReadonlyArray<string>) => {
      const parts: Array<Record<string, Array<unknown>>> = []
      for await (const part of batches(names)) parts.push(part)
      return concatenated(["item", ...names], parts)
    },
    batches: (...names: ReadonlyArray<string>) => batches(names),
    members: (family: string) => manifest.families[family]?.members ?? [],
    tensor: (family: string, name: string) => run(member(family, name))
  } as unknown as Table<any>
}

/** Rows as objects, for summaries and `show`; not for large artifacts. */
export const artifactObjects = (
  store: StoreCalls,
  manifest: Manifest,
  range: { readonly start?: number; readonly end?: number } = {}
): Op<ReadonlyArray<Row>> =>
  Effect.flatMap(partsOf(store, manifest), (parts) =>
    Effect.tryPromise({
      try: async () => {
        const columns = withoutTensors(manifest.columns)
        const { start = 0, end = manifest.rows } = range
        const all: Array<Row> = []
        const read = readColumns(store, columns)
        for await (const { items, vectors, rows } of rowBatches(store, clipped(parts, start, end), read))
          for (const row of rowObjects(Object.keys(columns), vectors, items, rows)) all.push(row)
        return all
      },
      catch: (error) => damaged(error, store.root)
    })
  )

/** Rows `start` … `end − 1` of all. */
function* clipped(parts: Iterable<Part>, start: number, end: number): Generator<Part> {
  let first = 0
  for (const part of parts) {
    const rows = part.end - part.start
    const [from, to] = [Math.max(0, start - first), Math.min(rows, end - first)]
    if (from < to) yield { shard: part.shard, start: part.start + from, end: part.start + to }
    first += rows
  }
}

function concatenated(names: ReadonlyArray<string>, parts: ReadonlyArray<Record<string, Array<unknown>>>) {
  return Object.fromEntries(names.map((name) => [name, parts.flatMap((part) => part[name]!)]))
}

function pickColumns(manifest: Manifest, node: string, names: ReadonlyArray<string>): Columns {
  return Object.fromEntries(
    names.map((name) => {
      const column = manifest.columns[name]
      if (column === undefined) throw absent(manifest, node, name)
      return [name, column]
    })
  )
}
const absent = (manifest: Manifest, node: string, name: string) => {
  const families = Object.entries(manifest.families).flatMap(([family, { members }]) =>
    members.map((one) => `${family}/${one}`)
  )
  return new Error(
    `"${node}" has no column "${name}"; it has: ${[...Object.keys(withoutTensors(manifest.columns)), ...families].join(", ")}`
  )
}
