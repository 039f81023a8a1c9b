/** Scores of predictions: recall per cell, and the mean recall. */

/** Which rows were predicted correctly, and the cell (or class) of each. */
export interface Outcomes {
  /** [rows] 1 where the prediction is correct */
  readonly correct: ArrayLike<number | boolean>
  /** [rows] the row's cell, 0 … cellCount − 1 */
  readonly cells: ArrayLike<number>
  readonly cellCount: number
}

export interface BalancedAccuracy {
  /** the mean recall over the cells with rows; NaN if no cell has any */
  readonly value: number
  /** [cells] NaN for a cell without rows */
  readonly recalls: Float64Array
  /** [cells] */
  readonly counts: Int32Array
  /** the cells without rows, which `value` ignores: tables must report them */
  readonly empty: ReadonlyArray<number>
}

/**
 * Balanced accuracy: the mean, over cells, of the share of the cell's rows that were predicted correctly. With the
 * classes as cells it equals scikit-learn's `balanced_accuracy_score`.
 *
 * `keep` limits it to some rows, such as those of one fold.
 *
 * @throws RangeError if lengths differ or a cell is out of range
 */
export function balancedAccuracy(outcomes: Outcomes, keep?: (row: number) => boolean): BalancedAccuracy {
  const { correct, cells, cellCount } = outcomes
  sameLength("correct", correct, "cells", cells)
  const hits = new Int32Array(cellCount)
  const counts = new Int32Array(cellCount)
  for (let row = 0; row < cells.length; row++) {
    if (keep && !keep(row)) continue
    const cell = inRange("cells", cells, row, cellCount)
    counts[cell]!++
    if (correct[row]) hits[cell]!++
  }
  const recalls = Float64Array.from(counts, (count, cell) => (count === 0 ? NaN : hits[cell]! / count))
  const empty: Array<number> = []
  let sum = 0
  for (let cell = 0; cell < cellCount; cell++) {
    if (counts[cell] === 0) empty.push(cell)
    else sum += recalls[cell]!
  }
  return { value: sum / (cellCount - empty.length), recalls, counts, empty }
}

function inRange(name: string, values: ArrayLike<number>, row: number, count: number): number {
  const value = values[row]!
  if (!Number.isInteger(value) || value < 0 || value >= count)
    throw new RangeError(`${name}[${row}] is ${value}, not in 0 … ${count - 1}`)
  return value
}

function sameLength(a: string, x: ArrayLike<unknown>, b: string, y: ArrayLike<unknown>): void {
  if (x.length !== y.length) throw new RangeError(`${a} has ${x.length} rows and ${b} ${y.length}`)
}
