/** Compares the values of two artifacts by what their schemas say. */
import type { ComparisonTable } from "../pipeline/comparison.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { Store } from "../store/store.ts"

/** One side of a comparison. */
export interface Side {
  readonly store: Store
  readonly manifest: Manifest
  /** the columns that, with the item, name a row; null if they are not known */
  readonly rowKey: ReadonlyArray<string> | null
}
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
export interface ColumnDifference {
  readonly column: string
  /** rows whose values differ, of those compared */
  readonly changed: number
  readonly compared: number
  /** of numbers: absolute differences; null for other types */
  readonly max: number | null
  readonly mean: number | null
  readonly median: number | null
  readonly p99: number | null
  readonly first: ReadonlyArray<{ readonly key: string; readonly before: unknown; readonly after: unknown }>
}
