/**
 * Reads artifacts: rows of some items, columns at once or in batches, and tensors by member.
 *
 * What this opens (Parquet, Arrow) is heavy to import, so planning does not come here.
 */
import * as Effect from "effect/Effect"
import type { Columns } from "../pipeline/columns.ts"
import type { Table, TensorBlock } from "../pipeline/ports.ts"
import type { Problem } from "../pipeline/problem.ts"
import { readSidecar } from "./item-index.ts"
import type { Manifest, Shard } from "./manifest.ts"
import {
  readAttempt,
  type Row,
  shardBatches,
  shardColumns,
  shardRows,
  tensorsOf,
  withoutTensors
} from "./read-shard.ts"
import { segmentsOf } from "./segments.ts"
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
    const shards = new Map<number, ShardItems>()
    for (const s of new Set(segments.map(([shard]) => shard))) {
      const own = segments.filter(([shard]) => shard === s)
      const from = Math.min(...own.map((segment) => segment[1]))
      const to = Math.max(...own.map((segment) => segment[2]))
      shards.set(s, yield* shardItems(store, manifest, manifest.shards[s]!, columns, from, to))
    }
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
    const [start, end] = [rowsBefore(rows, from), rowsBefore(rows, to)]
    const read = start === end ? [] : yield* shardRows(store, manifest, shard, columns, start, end)
    const items: Array<ReadonlyArray<Row>> = []
    for (let i = from, at = 0; i < to; at += rows[i++]!) items.push(read.slice(at, at + rows[i]!))
    return { first: from, items }
  })

const rowsBefore = (rows: Int32Array, item: number): number => {
  let sum = 0
  for (let i = 0; i < item; i++) sum += rows[i]!
  return sum
}

/** The rows of a shard that an artifact takes, segment after segment. */
interface Part {
  readonly shard: Shard
  readonly start: number
  readonly end: number
}
export const partsOf = (store: StoreCalls, manifest: Manifest): Op<ReadonlyArray<Part>> =>
  manifest.segments === null
    ? Effect.succeed(manifest.shards.map((shard) => ({ shard, start: 0, end: shard.rows })))
    : manifest.form === "row per item"
      ? Effect.succeed(
          manifest.segments.map(([s, start, end]) => ({ shard: manifest.shards[s]!, start, end }))
        )
      : Effect.gen(function* () {
          const sidecars = yield* Effect.forEach(manifest.shards, (shard) => readSidecar(store, shard))
          return segmentsOf(manifest).map(([s, from, to]) => ({
            shard: manifest.shards[s]!,
            start: rowsBefore(sidecars[s]!.rows, from),
            end: rowsBefore(sidecars[s]!.rows, to)
          }))
        })

/** The façade that stages read whole artifacts by. `node` names it in messages. */
export function artifactTable(store: StoreCalls, node: string, manifest: Manifest): Table<any> {
  const run = <A>(effect: Op<A>) => Effect.runPromise(effect)
  const plain = (names: ReadonlyArray<string>) => pickColumns(manifest, node, names)
  const member = (family: string, name: string): Op<TensorBlock> =>
    Effect.gen(function* () {
      const shape = manifest.families[family]?.shapes[name]
      if (shape === undefined) throw absent(manifest, node, `${family}/${name}`)
      const size = shape.reduce((product, one) => product * one, 1)
      const data = new Float32Array(manifest.rows * size)
      let at = 0
      for (const { shard, start, end } of yield* partsOf(store, manifest)) {
        if (start === end) continue
        const file = yield* tensorsOf(store, shard.tensors[`${family}/${name}`]!)
        const length = (end - start) * size
        yield* readAttempt(store, () => file.readInto(data.subarray(at, at + length), start, end))
        at += length
      }
      return { rows: manifest.rows, shape, data }
    })
  return {
    node,
    rows: manifest.rows,
    read: (...names: ReadonlyArray<string>) =>
      run(
        Effect.map(
          Effect.flatMap(partsOf(store, manifest), (parts) =>
            Effect.forEach(parts, ({ shard, start, end }) =>
              shardColumns(store, shard, plain(names), start, end)
            )
          ),
          (parts) => concatenated(["item", ...names], parts)
        )
      ),
    async *batches(...names: ReadonlyArray<string>) {
      for (const { shard, start, end } of await run(partsOf(store, manifest)))
        yield* shardBatches(store, shard, plain(names), start, end)
    },
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
  Effect.gen(function* () {
    const columns = withoutTensors(manifest.columns)
    const { start = 0, end = manifest.rows } = range
    const all: Array<Row> = []
    let first = 0
    for (const part of yield* partsOf(store, manifest)) {
      const rows = part.end - part.start
      const [from, to] = [Math.max(0, start - first), Math.min(rows, end - first)]
      if (from < to)
        all.push(
          ...(yield* shardRows(store, manifest, part.shard, columns, part.start + from, part.start + to))
        )
      first += rows
    }
    return all
  })

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
