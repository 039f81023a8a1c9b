/** Gathers how the values of a column differ, cell by cell. */
import type { AnyColumn } from "../../pipeline/columns.ts"
import { differOf, shownCell } from "./cell-difference.ts"
import { Quantiles } from "./quantiles.ts"

/** Plain JSON: infinities are null. The four statistics are over the numbers that differ, so 0 is not among them. */
export interface ColumnDifference {
  readonly column: string
  /** rows whose values differ, of those compared */
  readonly changed: number
  readonly compared: number
  /** of numbers: absolute differences; null for other types, and if no numbers differ */
  readonly max: number | null
  readonly mean: number | null
  /** at most 0.8 % too small */
  readonly median: number | null
  readonly p99: number | null
  /** The first rows that differ. Of a tensor's row: the element that differs most, with its index. */
  readonly first: ReadonlyArray<{ readonly key: string; readonly before: unknown; readonly after: unknown }>
}

const mostExamples = 5

/** Absolute differences of the numbers of a column. */
export class NumberDifferences {
  readonly #tolerance: number
  readonly #quantiles = new Quantiles()
  #sum = 0
  #max = 0
  /** whether one of them exceeds the tolerance */
  exceed = false
  constructor(tolerance: number) {
    this.#tolerance = tolerance
  }

  /** Takes a difference above 0; NaN if just one of the two numbers is NaN. */
  readonly add = (difference: number): void => {
    if (!(difference <= this.#tolerance)) this.exceed = true
    if (difference !== difference) return
    this.#quantiles.add(difference)
    this.#sum += difference
    if (difference > this.#max) this.#max = difference
  }

  result(): Pick<ColumnDifference, "max" | "mean" | "median" | "p99"> {
    const { count } = this.#quantiles
    if (count === 0) return { max: null, mean: null, median: null, p99: null }
    const quantile = (p: number) => Math.min(this.#max, this.#quantiles.at(p)!)
    const [max, mean] = [this.#max, this.#sum / count]
    const plain = (x: number) => (Number.isFinite(x) ? x : null)
    return { max: plain(max), mean: plain(mean), median: plain(quantile(0.5)), p99: plain(quantile(0.99)) }
  }
}

export class ColumnComparer {
  readonly #name: string
  readonly #differ: ReturnType<typeof differOf>
  readonly #numbers: NumberDifferences
  readonly #first: Array<ColumnDifference["first"][number]> = []
  #changed = 0
  /** whether something differs that no tolerance covers: texts, lengths of lists, null */
  #exceeds = false
  compared = 0
  /** `tolerance`: the largest difference of numbers that counts as none */
  constructor(name: string, column: AnyColumn, tolerance: number) {
    this.#name = name
    this.#differ = differOf(column)
    this.#numbers = new NumberDifferences(tolerance)
  }

  /** Returns whether the cells differ. */
  compare(before: unknown, after: unknown, key: () => string): boolean {
    this.compared++
    let numbers = 0
    const differs = this.#differ(before, after, (difference) => {
      numbers++
      this.#numbers.add(difference)
    })
    if (!differs) return false
    this.#changed++
    if (numbers === 0) this.#exceeds = true
    if (this.#first.length < mostExamples)
      this.#first.push({ key: key(), before: shownCell(before), after: shownCell(after) })
    return true
  }

  get exceedsTolerance(): boolean {
    return this.#exceeds || this.#numbers.exceed
  }
  result(): ColumnDifference {
    return {
      column: this.#name,
      changed: this.#changed,
      compared: this.compared,
      ...this.#numbers.result(),
      first: this.#first
    }
  }
}
