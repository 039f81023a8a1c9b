/**
 * Traces: the record *key → output*. Writing one is the commit point of an execution.
 *
 * The preimage lies beside the key, so that `why` can say what has changed.
 */
import { createHash } from "node:crypto"
import type { Lost } from "../../pipeline/losses.ts"
import type { ItemFailure } from "./manifest.ts"
import type { Preimage } from "./preimage.ts"

/** What a source looked at, and what it found; verified before the trace is used again. */
export type ReadRecord =
  | { readonly look: "file"; readonly path: string; readonly sha256: string | null }
  | { readonly look: "list"; readonly path: string; readonly digest: string | null }

/** Where the work was done. Not in the key: it explains differences, it does not cause work. */
export interface Host {
  readonly cpu: string
  readonly host: string
  readonly node: string
}
/** That an artifact was computed under another key, and a user said that it holds under this one too. */
export interface Accepted {
  /** under which it was before */
  readonly key: string
  /** that computed it */
  readonly run: string
  /** when it was accepted, ISO 8601 */
  readonly at: string
}
export interface Trace {
  readonly format: 1
  readonly key: string
  readonly preimage: Preimage
  /** the artifact's digest; null where the stage failed as a whole */
  readonly artifact: string | null
  /** why it failed as a whole */
  readonly error: string | null
  /** what to do about that */
  readonly hint: string | null
  /** items that failed, and why; an artifact has their ids, and may have the reasons of another trace */
  readonly failed?: ReadonlyArray<ItemFailure>
  /** of a source */
  readonly reads: ReadonlyArray<ReadRecord>
  /** reasons for which this is a part of what was there, its own and its inputs' */
  readonly partial: ReadonlyArray<string>
  /** what a source said that it left out; absent where it said nothing */
  readonly losses?: ReadonlyArray<Lost>
  /** items failed here, or above: the artifact lacks them, or what came of them */
  readonly incomplete: boolean
  readonly run: string
  readonly at: string
  readonly seconds: number
  readonly host: Host
  /** absent where the stage itself has answered the key */
  readonly accepted?: Accepted
}

/** A trace's file begins with its key: one key of a source may have been answered by several worlds, each with its own. */
export const traceName = (key: string, reads: ReadonlyArray<ReadRecord>): string =>
  reads.length === 0
    ? `${key}.json`
    : `${key}-${createHash("sha256").update(JSON.stringify(reads)).digest("hex").slice(0, 16)}.json`
