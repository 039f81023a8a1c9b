/** Reads a tensor of an artifact as stored, shard by shard: float16 stays float16. */
import { partsOf } from "./artifact-rows.ts"
import type { TensorFile } from "../format/arrow-read.ts"
import type { Manifest, Shard } from "../records/manifest.ts"
import { openMember } from "./read-shard.ts"
import { damaged } from "../files/store-error.ts"
import type { Store } from "../store.ts"

export interface StoredTensor {
  /** of one row */
  readonly shape: ReadonlyArray<number>
  /** float32 if the shards mix float16 and float32 */
  readonly elements: "float32" | "float16"
  /** Rows in order, row-major: float32, or the bits of float16. Rejects with StoreCorrupt. */
  readonly blocks: () => AsyncGenerator<Float32Array | Uint16Array>
}

/** `family` and `member` are those of the manifest. Opens all of its files, but reads no values. */
export function storedTensor(store: Store, manifest: Manifest, family: string, member: string): StoredTensor {
  const parts = [...partsOf(store, manifest)].filter(({ start, end }) => start < end)
  // items may be scattered: each file is opened once
  const files = new Map<Shard, TensorFile>()
  for (const shard of new Set(parts.map((part) => part.shard)))
    files.set(shard, openMember(store, shard, family, member))
  const isHalf = files.size > 0 && [...files.values()].every(({ elements }) => elements === "float16")
  return {
    shape: manifest.families[family]!.shapes[member]!,
    elements: isHalf ? "float16" : "float32",
    async *blocks() {
      for (const { shard, start, end } of parts) {
        const file = files.get(shard)!
        try {
          yield isHalf ? file.readHalves(start, end) : file.read(start, end)
        } catch (error) {
          throw damaged(error, store.root)
        }
      }
    }
  }
}

/** The element type of its first rows; null if it has no rows. Opens one file only. */
export function elementsOf(
  store: Store,
  manifest: Manifest,
  family: string,
  member: string
): StoredTensor["elements"] | null {
  const first = manifest.shards.find(({ rows }) => rows > 0)
  return first === undefined ? null : openMember(store, first, family, member).elements
}
