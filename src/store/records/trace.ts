/**
 * Traces: the record *key → output*. Writing one is the commit point of an execution.
 *
 * The preimage is stored with the key, so that `why` can tell what has changed.
 */
import { createHash } from "node:crypto"
import type { Lost } from "../../pipeline/losses.ts"
import type { ItemFailure } from "./manifest.ts"
import type { Preimage } from "./preimage.ts"

/** What a source read, and what it found; verified before the trace is used again. */
export type ReadRecord =
  | { readonly look: "file"; readonly path: string; readonly sha256: string | null }
  | { readonly look: "list"; readonly path: string; readonly digest: string | null }

/** The machine that did the work. It is not in the key: it explains differences but does not cause work. */
export interface Host {
  readonly cpu: string
  readonly host: string
  readonly node: string
}
/** Records that an artifact was computed under another key, and that a user accepted it under this one. */
export interface Accepted {
  /** the key that it was computed under */
  readonly key: string
  /** the run that computed it */
  readonly run: string
  /** when it was accepted, ISO 8601 */
  readonly at: string
}
export interface Trace {
  readonly format: 1
  readonly key: string
  readonly preimage: Preimage
  /** the artifact's digest; null if the stage failed as a whole */
  readonly artifact: string | null
  /** why it failed as a whole */
  readonly error: string | null
  /** what to do about the error */
  readonly hint: string | null
  /** failed items with reasons; an artifact has their ids, and may have the reasons from another trace */
  readonly failed?: ReadonlyArray<ItemFailure>
  /** of a source */
  readonly reads: ReadonlyArray<ReadRecord>
  /** why this is only part of the available data, including its inputs' reasons */
  readonly partial: ReadonlyArray<string>
  /** what a source reported leaving out; absent if nothing */
  readonly losses?: ReadonlyArray<Lost>
  /** items failed here or upstream: the artifact omits failed items and anything derived from them */
  readonly incomplete: boolean
  readonly run: string
  readonly at: string
  readonly seconds: number
  readonly host: Host
  /** absent if the stage itself computed the artifact under this key */
  readonly accepted?: Accepted
}

/**
 * A trace's file name begins with its key. Different reads of a source may give one key several answers, each
 * with a file of its own.
 */
export const traceName = (key: string, reads: ReadonlyArray<ReadRecord>): string =>
  reads.length === 0
    ? `${key}.json`
    : `${key}-${createHash("sha256").update(JSON.stringify(reads)).digest("hex").slice(0, 16)}.json`
