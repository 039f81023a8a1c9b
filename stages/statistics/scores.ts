/**
 * Scores of predictions in a design of cells: rows count equally within a cell, cells within their label, and labels in
 * the score. A cell belongs to one label: it is the label itself, or the label with another category of the scene
 * (primary × secondary). Cells and labels without rows are ignored.
 *
 * Why not a plain mean over cells: where a cell of a crossed design is empty, its label has fewer cells than the others,
 * so a constant answer, or one that ignores the label, scores above chance.
 */

/** Cells by number, 0 … cells − 1. */
export interface Design {
  /** [cells] the label of each cell, 0 … labels − 1 */
  readonly labelOf: ArrayLike<number>
  readonly labels: number
}

/**
 * [labels] the recall of each label: the mean over its cells of the share of the cell's rows that are right; NaN for a
 * label without rows.
 *
 * @param hits [cells] the rows that are right
 * @param counts [cells] all rows
 */
export function labelRecalls(
  hits: ArrayLike<number>,
  counts: ArrayLike<number>,
  { labelOf, labels }: Design
): Float64Array {
  const sums = new Float64Array(labels)
  const cells = new Int32Array(labels)
  for (let cell = 0; cell < labelOf.length; cell++) {
    if (counts[cell] === 0) continue
    sums[labelOf[cell]!]! += hits[cell]! / counts[cell]!
    cells[labelOf[cell]!]!++
  }
  return sums.map((sum, label) => sum / cells[label]!)
}

/**
 * Balanced accuracy: the mean of the labels' recalls; NaN without rows. With the labels as cells it is scikit-learn's
 * `balanced_accuracy_score`.
 */
export const balancedAccuracy = (
  hits: ArrayLike<number>,
  counts: ArrayLike<number>,
  design: Design
): number => meanOfNumbers(labelRecalls(hits, counts, design))

/**
 * [rows] the weight of each row in balanced accuracy, 1/(labels · cells of its label · rows of its cell), counting cells
 * and labels with rows alone. They sum to 1.
 *
 * @param cells [rows] the cell of each row; −1 for a row that does not count, whose weight is 0
 */
export function scoreWeights(cells: ArrayLike<number>, { labelOf, labels }: Design): Float64Array {
  const sizes = new Int32Array(labelOf.length)
  for (let row = 0; row < cells.length; row++) if (cells[row]! >= 0) sizes[cells[row]!]!++
  const cellsOf = new Int32Array(labels)
  sizes.forEach((size, cell) => void (size > 0 && cellsOf[labelOf[cell]!]!++))
  const present = cellsOf.reduce((count, of) => count + (of > 0 ? 1 : 0), 0)
  const weights = new Float64Array(cells.length)
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row]!
    if (cell >= 0) weights[row] = 1 / (present * cellsOf[labelOf[cell]!]! * sizes[cell]!)
  }
  return weights
}

/**
 * Log-loss, −Σ w ln p, of rows with `scoreWeights`. It is scikit-learn's `log_loss` with these as `sample_weight`.
 *
 * @param logProbabilities [rows] ln p of the right label
 */
export function weightedLogLoss(logProbabilities: ArrayLike<number>, weights: ArrayLike<number>): number {
  let sum = 0
  for (let row = 0; row < weights.length; row++)
    if (weights[row]! > 0) sum -= weights[row]! * logProbabilities[row]!
  return sum
}

/**
 * The best balanced accuracy of any function of the image: an image gives one answer to all its questions, at best the
 * label with the largest weight among its rows.
 *
 * @param images [rows] the image of each row, 0, 1, …
 * @param weights [rows] `scoreWeights`
 */
export function imageCeiling(
  images: ArrayLike<number>,
  cells: ArrayLike<number>,
  weights: ArrayLike<number>,
  { labelOf, labels }: Design
): number {
  const sums = new Map<number, number>()
  for (let row = 0; row < weights.length; row++) {
    if (weights[row] === 0) continue
    const key = images[row]! * labels + labelOf[cells[row]!]!
    sums.set(key, (sums.get(key) ?? 0) + weights[row]!)
  }
  const best = new Map<number, number>()
  for (const [key, sum] of sums) {
    const image = Math.floor(key / labels)
    best.set(image, Math.max(best.get(image) ?? 0, sum))
  }
  let ceiling = 0
  for (const weight of best.values()) ceiling += weight
  // without conflicts it is 1, which a sum of fractions misses by an ulp or so
  return Math.abs(ceiling - 1) < 2 ** -40 ? 1 : ceiling
}

/**
 * The mean over all labels of F1 = 2 right/(rows of the label + predictions of it); 0 for a label with neither. It is
 * scikit-learn's `f1_score(average="macro", zero_division=0)` with `labels` given.
 *
 * @param right [labels] rows of the label that are right
 * @param actual [labels] rows of the label
 * @param predicted [labels] rows predicted to have the label
 */
export function macroF1(
  right: ArrayLike<number>,
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>
): number {
  let sum = 0
  for (let label = 0; label < right.length; label++)
    if (right[label]! > 0) sum += (2 * right[label]!) / (actual[label]! + predicted[label]!)
  return sum / right.length
}

/** The mean of the values that are not NaN; NaN if there are none. */
export function meanOfNumbers(values: ArrayLike<number>): number {
  let sum = 0
  let count = 0
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue
    sum += values[i]!
    count++
  }
  return sum / count
}
