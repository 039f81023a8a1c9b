/** What a logistic fit is asked for: its data, how strengths are chosen, and what cannot be asked. */
import type { FitControl, OuterSplit, ProbeData } from "../probes/probe.ts"
import type { Tolerances } from "./regularisation-path.ts"

/** C ∈ 10^{−4, −3.5 … 2}, in decimals: V8's powers differ in the last bit from version to version. */
// oxfmt-ignore
export const DEFAULT_GRID: ReadonlyArray<number> = [
  1e-4, 3.1622776601683794e-4, 1e-3, 3.1622776601683794e-3, 1e-2, 0.03162277660168379, 0.1, 0.31622776601683794,
  1, 3.1622776601683795, 10, 31.622776601683793, 100
]

/** The inner losses are then within 1e-3 of their limit, a tenth of what neighbouring C's differ by. */
export const DEFAULT_TOLERANCES: Tolerances = { inner: 1e-7, refit: 1e-10 }

export interface LogisticOptions extends ProbeData, FitControl {
  /** [rows] the number of the image a row belongs to: inner folds keep an image's rows together */
  readonly images: Int32Array
  /** the image's own id, by that number, on which its inner fold hangs; the number by default */
  readonly imageIds?: ReadonlyArray<string>
  /** [rows] ≥ 0, scaled so that their mean is 1 (see `cellWeights`); 1 by default. Rows of weight 0 are not fitted on */
  readonly weights?: Float64Array
  /**
   * [rows] in place of `weights`: the cells of every training set, inner ones too, get the same say within it. Weights
   * that were taken over all rows would tell a training set which classes the held-out rows have more of: it has less.
   */
  readonly cells?: Int32Array
  readonly outer: ReadonlyArray<OuterSplit>
  /** strengths C, ascending; with a single one nothing is chosen */
  readonly grid?: ReadonlyArray<number>
  /** 4 by default */
  readonly innerFolds?: number
  readonly seed: number
  readonly tolerances?: Tolerances
}

/** @throws RangeError on shapes that do not fit, weights below 0, or a grid that does not ascend */
export function checkLogistic(
  { images, imageIds, weights, cells, rows, seed }: LogisticOptions,
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
  if (grid.length === 0) throw new RangeError("grid: no strength C is given")
  grid.forEach((c, i) => {
    if (!(c > 0 && c < Infinity) || (i > 0 && c <= grid[i - 1]!))
      throw new RangeError(`grid[${i}] is ${c}: strengths are positive and ascend`)
  })
}
