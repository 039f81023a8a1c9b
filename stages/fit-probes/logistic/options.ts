/** The input of a logistic fit: its data, how strengths are chosen, and its validation. */
import type { FitControl, OuterSplit, ProbeData } from "../data/probe-data.ts"
import type { Tolerance } from "./lbfgs.ts"

/** C ∈ 10^{−4, −3.5 … 2}, as decimals: powers in V8 differ in the last bit between versions. */
// oxfmt-ignore
export const DEFAULT_GRID: ReadonlyArray<number> = [
  1e-4, 3.1622776601683794e-4, 1e-3, 3.1622776601683794e-3, 1e-2, 0.03162277660168379, 0.1, 0.31622776601683794,
  1, 3.1622776601683795, 10, 31.622776601683793, 100
]

/** How closely objectives are minimised: for the choice of C, where only held-out losses matter, and for the refit. */
export interface Tolerances {
  readonly inner: Tolerance
  readonly refit: Tolerance
}

/**
 * The inner losses of a split are then within 2e-3 of their limit, and almost all within 1e-3, a tenth of the difference
 * between neighbouring C's (`bench/README.md`).
 */
export const DEFAULT_TOLERANCES: Tolerances = {
  inner: { loss: 1e-7, settled: { loss: 1e-5, heldOut: 3e-5 } },
  refit: { loss: 1e-10 }
}

export interface LogisticOptions extends ProbeData, FitControl {
  /** [rows] the number of the image that a row belongs to: inner folds keep an image's rows together */
  readonly images: Int32Array
  /** the image's own id, by that number, which determines its inner fold; default: the number */
  readonly imageIds?: ReadonlyArray<string>
  /** [rows] ≥ 0, scaled to a mean of 1 (see `cellWeights`); default: 1. Rows of weight 0 are not fitted */
  readonly weights?: Float64Array
  /**
   * [rows] instead of `weights`: within every training set, inner ones too, all cells get the same total weight.
   * Weights computed over all rows would leak which classes are more frequent in the held-out rows.
   */
  readonly cells?: Int32Array
  readonly outer: ReadonlyArray<OuterSplit>
  /** strengths C, ascending; with only one, there is no choice */
  readonly grid?: ReadonlyArray<number>
  /** default: `INNER_FOLDS` */
  readonly innerFolds?: number
  readonly seed: number
  readonly tolerances?: Tolerances
  /** threads of large matrix products, which do not change a bit of the result; default: 1 */
  readonly threads?: number
}

/** @throws RangeError on inconsistent shapes, negative weights, or a grid that does not ascend */
export function checkLogistic(
  { images, imageIds, weights, cells, rows, seed, threads = 1 }: LogisticOptions,
  grid: ReadonlyArray<number>
): void {
  if (images.length !== rows) throw new RangeError(`images has ${images.length} rows and x ${rows}`)
  if (imageIds)
    for (const image of images)
      if (imageIds[image] === undefined) throw new RangeError(`imageIds has no entry for image ${image}`)
  if (weights && cells) throw new RangeError("give weights or cells, not both")
  if (cells && cells.length !== rows) throw new RangeError(`cells has ${cells.length} rows and x ${rows}`)
  if (weights && weights.length !== rows)
    throw new RangeError(`weights has ${weights.length} rows and x ${rows}`)
  weights?.forEach((weight, row) => {
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`weights[${row}] is ${weight}`)
  })
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: ${seed} is not a whole number`)
  if (!(Number.isSafeInteger(threads) && threads >= 1))
    throw new RangeError(`threads: ${threads} is not a whole number of 1 or more`)
  if (grid.length === 0) throw new RangeError("grid: give at least one strength C")
  grid.forEach((c, i) => {
    if (!(c > 0 && c < Infinity) || (i > 0 && c <= grid[i - 1]!))
      throw new RangeError(`grid[${i}] is ${c}: strengths must be positive and ascending`)
  })
}
