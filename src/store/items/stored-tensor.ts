/** A tensor of an artifact as it lies in the store, shard after shard: float16 stays float16. */
import * as Effect from "effect/Effect"
import type { Problem } from "../../support/problem.ts"
import { partsOf } from "./artifact-rows.ts"
import type { TensorFile } from "../format/arrow-read.ts"
import type { Manifest, Shard } from "../records/manifest.ts"
import { readAttempt, tensorsOf } from "./read-shard.ts"
import type { StoreCalls } from "../store.ts"

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
    const parts = [...(yield* partsOf(store, manifest))].filter(({ start, end }) => start < end)
    // items may lie scattered: each file is opened once
    const files = new Map<Shard, TensorFile>()
    for (const shard of new Set(parts.map((part) => part.shard)))
      files.set(shard, yield* tensorsOf(store, shard.tensors[`${family}/${member}`]!))
    const isHalf = files.size > 0 && [...files.values()].every(({ elements }) => elements === "float16")
    return {
      shape: manifest.families[family]!.shapes[member]!,
      elements: isHalf ? "float16" : "float32",
      async *blocks() {
        for (const { shard, start, end } of parts) {
          const file = files.get(shard)!
          yield await Effect.runPromise(
            readAttempt(store, () => (isHalf ? file.readHalves(start, end) : file.read(start, end)))
          )
        }
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
