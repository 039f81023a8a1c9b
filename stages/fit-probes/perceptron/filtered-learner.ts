/**
 * Epochs that compute exact scores only where quick ones leave in doubt whether a row changes the weights. The weights,
 * the intercept and the number of updates are scikit-learn's to the bit; the loss is an interval.
 */
import { type Epoch, exactPass, Float32Weights, type Learner } from "./exact.ts"
import type { FilteredWeights } from "./filtered-weights.ts"
import type { KernelRows } from "./kernel-rows.ts"
import type { EpochLoss } from "./stopping-rule.ts"

export class FilteredLearner implements Learner {
  readonly values: Float32Array
  intercept = 0
  private readonly rows: KernelRows
  private readonly weights: FilteredWeights

  constructor(rows: KernelRows, weights: FilteredWeights) {
    this.rows = rows
    this.weights = weights
    this.values = weights.exact.values
  }

  epoch(order: Int32Array, signs: Int8Array): Epoch {
    const { weights } = this
    const before = { values: this.values.slice(), intercept: this.intercept }
    const updated: Array<number> = []
    let loss = 0
    let error = 0
    weights.measure()
    weights.show(order, signs)
    for (let next = 0; next < order.length;) {
      next = weights.scan(next, order.length, this.intercept)
      const row = order[next - 1]!
      const sign = signs[row]!
      const score = weights.lastScore()
      let bound = weights.error(row)
      let margin = sign * (score + this.intercept)
      if (margin > bound) continue // the last row
      // also if the bound is NaN
      if (!(margin <= -bound)) {
        margin = sign * (weights.exact.score(row) + this.intercept)
        bound = 0
        if (margin > 0) continue
      }
      loss -= margin
      error += bound
      updated.push(row)
      weights.add(row, sign, score)
      this.intercept += sign
    }
    const rows = Int32Array.from(updated)
    const exact = () => {
      const again = new Float32Weights(before.values.slice(), this.rows)
      return exactPass(again, before.intercept, rows, signs).loss / order.length
    }
    return { updates: rows.length, loss: { ...meanWithin(loss, error, order.length), exact } }
  }
}

/**
 * Each of scikit-learn's n losses differs from ours by at most its part of `error`, but for the rounding of the intercept's
 * addition: 2⁻⁵³ of either. Both sums of positive losses have relative errors of at most about n·2⁻⁵³, and so has the
 * sum of errors; the mean adds another 2⁻⁵³. All of this together is below (n + 4)·2⁻⁵⁰ of the largest possible loss.
 */
function meanWithin(loss: number, error: number, n: number): Omit<EpochLoss, "exact"> {
  const rounding = (n + 4) * 2 ** -50 * (loss + error)
  return { low: (loss - error - rounding) / n, high: (loss + error + rounding) / n }
}
