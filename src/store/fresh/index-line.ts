/**
 * The text of an answer in the fresh index: one JSON line that starts with its key and leaves out empty
 * parts.
 */
import type { Manifest, Shard } from "../records/manifest.ts"
import type { Preimage } from "../records/preimage.ts"
import type { Trace } from "../records/trace.ts"

/** A trace without the parts that its key determines. */
export type TraceOutcome = Pick<
  Trace,
  "artifact" | "error" | "hint" | "reads" | "partial" | "losses" | "run" | "at" | "accepted"
>
export interface FreshEntry {
  readonly outcome: TraceOutcome
  readonly manifest: Manifest
}
/** What a manifest shares with the preimage of its key. */
export type OutputSchema = Preimage["output"]

/** Reading the empty parts took a third of the time. */
type Sparse<A, Always extends keyof A> = Pick<A, Always> & Partial<A>
type SparseShard = Sparse<Shard, "items" | "rows" | "table">
type SparseManifest = Sparse<
  Omit<Manifest, keyof OutputSchema | "format" | "failed" | "shards">,
  "digest" | "rows" | "bytes"
> & { readonly shards: ReadonlyArray<SparseShard> }
type SparseAnswer = Sparse<
  Pick<TraceOutcome, "reads" | "partial" | "losses" | "run" | "at" | "accepted">,
  "run" | "at"
>
type Line = readonly [
  key: string,
  traceMark: string,
  manifestBytes: number,
  answer: SparseAnswer,
  manifest: SparseManifest
]

/** The position of the key in a line. */
const [keyStart, keyEnd] = ['["'.length, '["'.length + 64]
export const keyOfLine = (text: string, start: number): string => text.slice(start + keyStart, start + keyEnd)

/** `manifest` must have no failed items. */
export function writeLine(
  traceMark: string,
  manifestBytes: number,
  { key, reads, partial, losses, run, at, accepted }: Trace,
  { digest, items, rows, bytes, ids, digests, families, shards, segments }: Manifest
): string {
  const line: Line = [
    key,
    traceMark,
    manifestBytes,
    { run, at, ...filled({ reads, partial, losses, accepted }) },
    {
      digest,
      rows,
      bytes,
      shards: shards.map(({ items, rows, table, ...rest }) => ({ items, rows, table, ...filled(rest) })),
      ...filled({ items, ids, digests, families, segments })
    }
  ]
  return JSON.stringify(line)
}

/** The non-empty parts. */
const filled = <A extends object>(value: A): Partial<A> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => !isEmpty(one))) as Partial<A>
const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === 0 ||
  (typeof value === "object" && Object.keys(value).length === 0)

/** The value of every absent member, shared by all lines. */
const noMembers = Object.freeze({})
const noneOf: ReadonlyArray<never> = Object.freeze([])

export interface ReadLine extends FreshEntry {
  readonly traceMark: string
  readonly manifestBytes: number
}
/** @throws SyntaxError or TypeError if the line is malformed */
export function readLine(text: string, { form, columns, label }: OutputSchema): ReadLine {
  const [, traceMark, manifestBytes, answer, manifest] = JSON.parse(text) as Line
  const { reads = noneOf, partial = noneOf, losses, run, at, accepted } = answer
  const {
    digest,
    items = 0,
    rows,
    bytes,
    ids = null,
    digests = noMembers,
    families = noMembers,
    segments = null
  } = manifest
  const shards = manifest.shards.map(
    ({
      items,
      rows,
      table,
      sidecar = null,
      tensors = noMembers,
      shapes = noMembers,
      files = noneOf
    }): Shard => ({
      items,
      rows,
      table,
      sidecar,
      tensors,
      shapes,
      files
    })
  )
  return {
    traceMark,
    manifestBytes,
    outcome: {
      artifact: digest,
      error: null,
      hint: null,
      reads,
      partial,
      run,
      at,
      ...(losses === undefined ? {} : { losses }),
      ...(accepted === undefined ? {} : { accepted })
    },
    manifest: {
      format: 1,
      digest,
      form,
      columns,
      idColumn: label,
      items,
      rows,
      bytes,
      ids,
      digests,
      families,
      failed: noneOf,
      shards,
      segments
    }
  }
}
