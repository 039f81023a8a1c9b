/** Comparisons: what a stage says about the difference between two of its artifacts. */
import type { Columns } from "./columns.ts"
import type { Artifacts } from "./losses.ts"
import type { Params } from "./params.ts"
import type { Ports } from "./ports.ts"

export type Verdict = "same" | "different" | "inconclusive"

/** Plain JSON: NaN and infinities are null. */
export interface Comparison {
  /** null if the stage draws no conclusion */
  readonly verdict: Verdict | null
  /** the differences in words, most important first */
  readonly lines: ReadonlyArray<string>
  /** by name; `diff --json` has them in full, and figures are drawn from them */
  readonly tables: Readonly<Record<string, ComparisonTable>>
  /** the numbers that the verdict rests on, by a name that does not depend on the artifacts: `diff --attribute` shares them out */
  readonly effects?: ReadonlyArray<Effect>
}
/** b's value less a's. */
interface Effect {
  readonly name: string
  readonly difference: number
}
export interface ComparisonTable {
  readonly doc: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string | number | boolean | null>>
}

/** A number that a verdict depends on, such as the largest difference that counts as none. */
export interface Threshold {
  readonly default: number
  /** values outside are refused; default: none are */
  readonly min?: number
  readonly max?: number
  readonly doc: string
}

/**
 * How two artifacts of a stage differ, in the stage's own terms. In no key. `diff` calls it, with the artifacts as
 * `losses` gets them; they may come from different runs and have different parameters.
 */
export interface Comparing<I extends Ports, P extends Params, C extends Columns> {
  readonly thresholds?: Readonly<Record<string, Threshold>>
  readonly artifacts: (
    a: Artifacts<I, P, C>,
    b: Artifacts<I, P, C>,
    thresholds: Readonly<Record<string, number>>
  ) => Promise<Comparison> | Comparison
}
