/**
 * Traces of items: *(stage, item key) → rows of a shard*, a file a shard, in the folder of what all items share.
 *
 * They are written when a chunk is finished, so that a run that is killed has lost nothing but the chunks it was at.
 */
import type { FailedItem, Shard } from "./manifest.ts"
import type { Accepted } from "./trace.ts"

export interface ItemTrace {
  readonly format: 1
  readonly stage: string
  /** of all that the stage's items have in common: code, parameters, environment, whole inputs */
  readonly shared: string
  /** null where every item of the chunk failed */
  readonly shard: Shard | null
  /** 16 bytes in hexadecimal, of each of the shard's items in its order */
  readonly keys: ReadonlyArray<string>
  readonly failed: ReadonlyArray<FailedItem & { readonly key: string }>
  readonly run: string
  readonly at: string
  /** absent where the stage itself has computed the items under these keys */
  readonly accepted?: Accepted
}
