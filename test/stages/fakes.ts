/** Plain stand-ins for what the orchestrator gives a stage's function. */
import { join } from "node:path"
import { seededRandom, type SourceContext, type TensorBlock } from "../../src/index.ts"
import { LossTally } from "../../src/pipeline/losses.ts"
import type { Label } from "../../src/support/random.ts"
import type { AnyStage } from "../../src/pipeline/stage.ts"
import { recordingWorld } from "../../src/plan/world.ts"
import { nodeFileSystem } from "../../src/store/files/file-system.ts"
import { StatCache } from "../../src/store/fresh/stat-cache.ts"

/** A stage's own function, as the orchestrator calls it: its types are gone by then (see `AnyStage`). */
export const computeOf = (stage: { readonly stage: AnyStage }) => stage.stage.spec.compute

export interface FakeContext extends SourceContext {
  readonly lines: Array<string>
  readonly parts: Array<string>
  readonly tally: LossTally
  readonly steps: Array<readonly [done: number, total: number]>
}
/** A context that remembers what it was told; `random` is seeded as the orchestrator's is. */
export function fakeContext(stage: { readonly stage: AnyStage }, seed = 0): FakeContext {
  const tally = new LossTally()
  const [lines, parts, steps]: [Array<string>, Array<string>, Array<readonly [number, number]>] = [[], [], []]
  return {
    lines,
    parts,
    tally,
    steps,
    signal: new AbortController().signal,
    log: (message) => void lines.push(message),
    threads: 1,
    partial: (reason) => void parts.push(reason),
    lost: (loss) => tally.add(loss),
    progress: (done, total) => void steps.push([done, total]),
    random: (...labels: ReadonlyArray<Label>) => seededRandom(seed, stage.stage.name, ...labels)
  }
}

/** Rows by family and member: one array a row. */
export type Families = Readonly<Record<string, Readonly<Record<string, ReadonlyArray<Float32Array>>>>>

/**
 * A table of rows in memory; `item` is each row's item id, "" by default. It gives only the columns asked for.
 *
 * @param items ids of all items, where some have no row
 */
export function tableOf(
  given: ReadonlyArray<object>,
  families: Families = {},
  items?: ReadonlyArray<string>
) {
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
    rows: rows.length,
    async *items() {
      yield* items ?? new Set(rows.map((row) => String(row["item"] ?? "")).filter((item) => item !== ""))
    },
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

/** The orchestrator's own world, over real files; `reads()` is what was asked of it. */
export function worldOf(base: string) {
  const files = nodeFileSystem()
  return recordingWorld({
    files,
    base,
    digests: new StatCache(files, join(base, "stat-cache.json"), () => 0)
  })
}

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

/** What a stage tells of its losses, added up as a run does. */
export async function lossesOf(
  stage: { readonly stage: AnyStage },
  artifacts: { readonly output: object; readonly inputs: object; readonly params: object }
) {
  const tally = new LossTally()
  for await (const loss of await stage.stage.spec.losses!(artifacts)) tally.add(loss)
  return tally.lost()
}
