/** Plain stand-ins for what the orchestrator gives a stage's function. */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { basename } from "node:path"
import {
  type FileHandle,
  seededRandom,
  type SourceContext,
  type TensorBlock,
  type World
} from "../../src/index.ts"
import type { Label } from "../../src/pipeline/random.ts"
import type { AnyStage } from "../../src/pipeline/stage.ts"

/** A stage's own function, as the orchestrator calls it: its types are gone by then (see `AnyStage`). */
export const computeOf = (stage: { readonly stage: AnyStage }) => stage.stage.spec.compute

export interface FakeContext extends SourceContext {
  readonly lines: Array<string>
  readonly parts: Array<string>
  readonly steps: Array<readonly [done: number, total: number]>
}
/** A context that remembers what it was told; `random` is seeded as the orchestrator's is. */
export function fakeContext(stage: { readonly stage: AnyStage }, seed = 0): FakeContext {
  const [lines, parts, steps]: [Array<string>, Array<string>, Array<readonly [number, number]>] = [[], [], []]
  return {
    lines,
    parts,
    steps,
    signal: new AbortController().signal,
    log: (message) => void lines.push(message),
    partial: (reason) => void parts.push(reason),
    progress: (done, total) => void steps.push([done, total]),
    random: (...labels: ReadonlyArray<Label>) => seededRandom(seed, stage.stage.name, ...labels)
  }
}

/** Rows by family and member: one array a row. */
export type Families = Readonly<Record<string, Readonly<Record<string, ReadonlyArray<Float32Array>>>>>

/** A table of rows in memory; `item` is each row's item id, "" by default. It gives only the columns asked for. */
export function tableOf(given: ReadonlyArray<object>, families: Families = {}, node = "fake") {
  const rows = given as ReadonlyArray<Readonly<Record<string, unknown>>>
  const read = async (...names: ReadonlyArray<string>) =>
    Object.fromEntries([
      ["item", rows.map((row) => row["item"] ?? "")],
      ...names.map((name) => {
        const cells = rows.map((row) => row[name])
        if (cells.includes(undefined)) throw new Error(`the fake table has no column ${name}`)
        return [name, cells]
      })
    ])
  return {
    node,
    rows: rows.length,
    read,
    async *batches(...names: ReadonlyArray<string>) {
      yield await read(...names)
    },
    members: (family: string) => Object.keys(families[family]!),
    tensor: async (family: string, member: string): Promise<TensorBlock> => {
      const arrays = families[family]![member]!
      const width = arrays[0]?.length ?? 0
      const data = new Float32Array(arrays.length * width)
      arrays.forEach((array, row) => data.set(array, row * width))
      return { rows: arrays.length, shape: [width], data }
    }
  }
}

/** The file system as a source sees it, without a record of what was read. */
export const folderWorld: World = {
  read: async (path) => {
    const bytes = bytesAt(path)
    if (bytes === null) throw new Error(`there is no file ${path}`)
    return bytes
  },
  readIfPresent: async (path) => bytesAt(path),
  list: async (path) => readdirSync(path).sort(),
  file: async (path) => {
    const bytes = bytesAt(path)
    return bytes === null ? null : fileOf(basename(path), bytes)
  },
  open: async () => {
    throw new Error("no source opens files in parts")
  }
}
const bytesAt = (path: string): Uint8Array | null =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path) : null
const fileOf = (name: string, bytes: Uint8Array): FileHandle => ({
  sha256: createHash("sha256").update(bytes).digest("hex"),
  size: bytes.length,
  name,
  bytes: async () => bytes
})

/** All that an async generator gives. */
export async function collect<A>(rows: AsyncIterable<A>): Promise<Array<A>> {
  const all: Array<A> = []
  for await (const row of rows) all.push(row)
  return all
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error("it was not rejected")
}
