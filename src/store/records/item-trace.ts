/**
 * Item traces: *(stage, item key) → rows of a shard*, one file per shard, in a folder named by everything
 * that the items share.
 *
 * They are written when a chunk is finished, so a killed run loses only the chunks in progress. A file's name
 * is the digest of its text, which serves as its checksum: a file with any other text is ignored.
 */
import { createHash } from "node:crypto"
import { utf8 } from "../../support/utf8.ts"
import type { ItemFailure, Shard } from "./manifest.ts"
import type { Accepted } from "./trace.ts"

export interface ItemTrace {
  readonly format: 1
  readonly stage: string
  /**
   * digest of everything that the stage's items have in common: code, parameters, environment, whole inputs
   */
  readonly shared: string
  /** null if every item of the chunk failed */
  readonly shard: Shard | null
  /** 16 bytes in hexadecimal per item of the shard, in its order */
  readonly keys: ReadonlyArray<string>
  readonly failed: ReadonlyArray<ItemFailure & { readonly key: string }>
  readonly run: string
  readonly at: string
  /** absent if the stage itself computed the items under these keys */
  readonly accepted?: Accepted
}

/** A trace as read, with packed keys, since those of very many items are held at once. */
export interface ReadItemTrace extends Omit<ItemTrace, "keys"> {
  /** packed (`packed-keys.ts`); zeros for an item without a key */
  readonly keys: Uint32Array
}

/** The file of a trace: its name in the folder of its items' shared digest, and its text. */
export function itemTraceFile(trace: ItemTrace): { readonly name: string; readonly text: string } {
  const text = `${JSON.stringify(trace)}\n`
  return { name: `${nameOf(Buffer.from(text))}.json`, text }
}

/** Parses such a file; null if it is damaged. */
export function itemTraceOf(name: string, bytes: Uint8Array): ItemTrace | null {
  if (`${nameOf(bytes)}.json` !== name) return null
  return JSON.parse(utf8(bytes)) as ItemTrace
}

/** The digest of the text without its final newline, which is required. */
function nameOf(bytes: Uint8Array): string {
  const end = bytes.at(-1) === lineEnd ? bytes.length - 1 : bytes.length
  const digest = createHash("sha256").update(bytes.subarray(0, end)).digest("hex").slice(0, 32)
  return end === bytes.length ? `${digest}, cut off` : digest
}
const lineEnd = 0x0a
