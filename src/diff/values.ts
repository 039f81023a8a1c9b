/** Compares the values of two artifacts by what their schemas say. */
import type { ComparisonTable } from "../pipeline/comparison.ts"
import type { AlignedSide } from "./align/schema.ts"
import type { ColumnDifference } from "./columns/column-comparer.ts"

export type { ColumnDifference, AlignedSide as Side }

export interface ValueOptions {
  /** the largest absolute difference of two numbers that counts as none, by column; "*" for all others */
  readonly tolerance: Readonly<Record<string, number>>
  readonly signal?: AbortSignal
}
/** Plain JSON. */
export interface ValueDifference {
  /** same: equal digests, or all differences lie within the tolerance */
  readonly verdict: "same" | "different"
  readonly schema: ReadonlyArray<{
    readonly column: string
    readonly before: string | null
    readonly after: string | null
  }>
  /** null in tables without items */
  readonly items: Counts | null
  readonly rows: Counts
  readonly columns: ReadonlyArray<ColumnDifference>
  /** by name: drift per member of each tensor family, the items that moved most … */
  readonly tables: Readonly<Record<string, ComparisonTable>>
  /** in words, most important first */
  readonly lines: ReadonlyArray<string>
}
/** Of items or rows, matched by key; examples are the first few. */
export interface Counts {
  readonly same: number
  readonly changed: number
  readonly added: number
  readonly removed: number
  readonly examples: {
    readonly changed: ReadonlyArray<string>
    readonly added: ReadonlyArray<string>
    readonly removed: ReadonlyArray<string>
  }
}
