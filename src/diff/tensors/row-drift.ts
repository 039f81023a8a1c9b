/** How far the rows of a group moved: gathered row by row, in float64. */
import { Quantiles } from "../columns/quantiles.ts"

/** Means by dimension are kept up to this width. */
export const mostDimensions = 4096

/** Of one pair of rows of the same width. */
export interface RowMove {
  /** null if a row is all 0 or has a value that is not finite */
  readonly cosine: number | null
  /** ‖a − b‖ / ‖a‖; null if a is all 0 or a value is not finite */
  readonly relative: number | null
  readonly largest: number
}

export class RowDrift {
  /** [width], sums of finite rows on either side; null for wide rows */
  readonly sums: readonly [Float64Array, Float64Array] | null
  rows = 0
  notFinite = 0
  #cosines = 0
  #cosineSum = 0
  readonly #turns = new Quantiles()
  #squares = [0, 0, 0]
  #largest = 0
  constructor(widths: readonly [number, number]) {
    const isNarrow = Math.max(...widths) <= mostDimensions
    this.sums = isNarrow ? [new Float64Array(widths[0]), new Float64Array(widths[1])] : null
  }

  /** Takes the sums of squares of a, of b and of a − b; rows with values that are not finite have no finite sums. */
  add(aa: number, bb: number, ab: number, dd: number, largest: number): RowMove {
    this.rows++
    if (!Number.isFinite(aa + bb)) {
      this.notFinite++
      return { cosine: null, relative: null, largest }
    }
    this.#squares[0]! += aa
    this.#squares[1]! += bb
    this.#squares[2]! += dd
    if (largest > this.#largest) this.#largest = largest
    const cosine = cosineOf(aa, bb, ab, dd)
    if (cosine !== null) {
      this.#cosines++
      this.#cosineSum += cosine
      this.#turns.add(1 - cosine)
    }
    return { cosine, relative: aa === 0 ? null : Math.sqrt(dd / aa), largest }
  }
  /** For rows of different widths. */
  addNorms(aa: number, bb: number): void {
    this.rows++
    if (!Number.isFinite(aa + bb)) this.notFinite++
    else {
      this.#squares[0]! += aa
      this.#squares[1]! += bb
    }
  }

  merge(other: RowDrift): void {
    this.rows += other.rows
    this.notFinite += other.notFinite
    this.#cosines += other.#cosines
    this.#cosineSum += other.#cosineSum
    this.#turns.merge(other.#turns)
    this.#squares = this.#squares.map((sum, i) => sum + other.#squares[i]!)
    this.#largest = Math.max(this.#largest, other.#largest)
    this.sums?.forEach((sum, side) => other.sums![side]!.forEach((value, k) => (sum[k]! += value)))
  }

  result() {
    const [aa, bb, dd] = this.#squares as [number, number, number]
    const turned = this.#turns.at(0.99)
    return {
      cosine_mean: this.#cosines === 0 ? null : this.#cosineSum / this.#cosines,
      cosine_p1: turned === null ? null : 1 - turned,
      relative_error: aa === 0 ? null : Math.sqrt(dd / aa),
      max_difference: this.#largest,
      norm_ratio: aa === 0 ? null : Math.sqrt(bb / aa)
    }
  }
}

/** In −1 … 1; null if a row is all 0. Equal rows have exactly 1. */
export function cosineOf(aa: number, bb: number, ab: number, dd: number): number | null {
  if (aa === 0 || bb === 0) return null
  if (dd === 0) return 1
  return Math.max(-1, Math.min(1, ab / (Math.sqrt(aa) * Math.sqrt(bb))))
}

/** The mean of a sum over rows, and the dimensions that carry most of its square. */
export interface Dominating {
  readonly dimensions: ReadonlyArray<number>
  /** share of the squared mean that they carry; null if the mean is 0 */
  readonly share: number | null
}

/** At most three dimensions, and at most an eighth of all. */
export function dominating(sum: Float64Array): Dominating {
  const total = sum.reduce((squares, value) => squares + value * value, 0)
  const most = Math.min(3, Math.floor(sum.length / 8))
  if (total === 0 || most === 0) return { dimensions: [], share: null }
  const dimensions: Array<number> = []
  let carried = 0
  while (dimensions.length < most) {
    let best = -1
    for (let k = 0; k < sum.length; k++)
      if (!dimensions.includes(k) && (best < 0 || Math.abs(sum[k]!) > Math.abs(sum[best]!))) best = k
    dimensions.push(best)
    carried += sum[best]! * sum[best]!
  }
  return { dimensions, share: carried / total }
}
