/**
 * Traces of items: *(stage, item key) → rows of a shard*, a file a shard, in the folder of what all items share.
 *
 * They are written when a chunk is finished, so that a run that is killed has lost nothing but the chunks it was at.
 * A file's name is the digest of its text: that is its seal, and one whose text has another digest is not believed.
 */
import { createHash } from "node:crypto"
import { utf8 } from "../../support/utf8.ts"
import type { ItemFailure, Shard } from "./manifest.ts"
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
  readonly failed: ReadonlyArray<ItemFailure & { readonly key: string }>
  readonly run: string
  readonly at: string
  /** absent where the stage itself has computed the items under these keys */
  readonly accepted?: Accepted
}

/** A trace as it is read: keys in one piece, since those of very many items are held at once. */
export interface ReadItemTrace extends Omit<ItemTrace, "keys"> {
  /** packed (`packed-keys.ts`); zeros for an item that has none */
  readonly keys: Uint32Array
}

/** The file of a trace: its name in the folder of what its items share, and its text. */
export function itemTraceFile(trace: ItemTrace): { readonly name: string; readonly text: string } {
  const text = `${JSON.stringify(trace)}\n`
  return { name: `${nameOf(Buffer.from(text))}.json`, text }
}

/** What such a file holds; null where it is not what was written. */
export function itemTraceOf(name: string, bytes: Uint8Array): ItemTrace | null {
  if (`${nameOf(bytes)}.json` !== name) return null
  return JSON.parse(utf8(bytes)) as ItemTrace
}

/** Of the text without its last line's end, which has to be one. */
function nameOf(bytes: Uint8Array): string {
  const end = bytes.at(-1) === lineEnd ? bytes.length - 1 : bytes.length
  const digest = createHash("sha256").update(bytes.subarray(0, end)).digest("hex").slice(0, 32)
  return end === bytes.length ? `${digest}, cut off` : digest
}
const lineEnd = 0x0a
