/** A tensor of an artifact as it lies in the store, shard after shard: float16 stays float16. */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import type { Manifest } from "./manifest.ts"
import { partsOf } from "./read-artifact.ts"
import { readAttempt, tensorsOf } from "./read-shard.ts"
import type { StoreCalls } from "./store.ts"

export interface StoredTensor {
  /** of one row */
  readonly shape: ReadonlyArray<number>
  /** float32 also where some shards are of float16 and others are not */
  readonly elements: "float32" | "float16"
  /** Rows in their order, row-major: float32, or the bits of float16. Rejects with StoreCorrupt. */
  readonly blocks: () => AsyncGenerator<Float32Array | Uint16Array>
}

/** `family` and `member` are those of the manifest. Opens every file of it, and reads no values. */
export const storedTensor = (
  store: StoreCalls,
  manifest: Manifest,
  family: string,
  member: string
): Effect.Effect<StoredTensor, Problem> =>
  Effect.gen(function* () {
    const parts = (yield* partsOf(store, manifest)).filter(({ start, end }) => start < end)
    const files = yield* Effect.forEach(parts, ({ shard, start, end }) =>
      Effect.map(tensorsOf(store, shard.tensors[`${family}/${member}`]!), (file) => ({ file, start, end }))
    )
    const isHalf = files.length > 0 && files.every(({ file }) => file.elements === "float16")
    return {
      shape: manifest.families[family]!.shapes[member]!,
      elements: isHalf ? "float16" : "float32",
      async *blocks() {
        for (const { file, start, end } of files)
          yield await Effect.runPromise(
            readAttempt(store, () => (isHalf ? file.readHalves(start, end) : file.read(start, end)))
          )
      }
    }
  })

/** What its first rows are stored as, for those who only look; null where it has none. Opens one file. */
export const elementsOf = (
  store: StoreCalls,
  manifest: Manifest,
  family: string,
  member: string
): Effect.Effect<StoredTensor["elements"] | null, Problem> => {
  const first = manifest.shards.find(({ rows }) => rows > 0)?.tensors[`${family}/${member}`]
  return first === undefined
    ? Effect.succeed(null)
    : Effect.map(tensorsOf(store, first), ({ elements }) => elements)
}
