/** Epochs in scikit-learn's own arithmetic. */
import type { ExactWeights } from "./exact-weights.ts"
import { exactly, type EpochLoss } from "./stopping-rule.ts"

/** One vector that learns, epoch by epoch. */
export interface Learner {
  /** [width] the weights so far, in the data's type */
  readonly values: Float32Array | Float64Array
  readonly intercept: number
  /**
   * Shows the rows in this order once.
   *
   * @param signs 1 or −1 for each row of the data
   */
  epoch(order: Int32Array, signs: Int8Array): Epoch
}

export interface Epoch {
  readonly updates: number
  readonly loss: EpochLoss
}

export class ExactLearner implements Learner {
  readonly values: Float32Array | Float64Array
  intercept = 0
  private readonly weights: ExactWeights

  constructor(weights: ExactWeights & { readonly values: Float32Array | Float64Array }) {
    this.values = weights.values
    this.weights = weights
  }

  epoch(order: Int32Array, signs: Int8Array): Epoch {
    const { updates, loss, intercept } = exactPass(this.weights, this.intercept, order, signs)
    this.intercept = intercept
    return { updates, loss: exactly(loss / order.length) }
  }
}

/** @returns the sum of losses, and the intercept afterwards; rows that change nothing add nothing to either */
export function exactPass(
  weights: ExactWeights,
  intercept: number,
  order: Int32Array,
  signs: Int8Array
): { updates: number; loss: number; intercept: number } {
  let updates = 0
  let loss = 0
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!
    const sign = signs[row]!
    const margin = sign * (weights.score(row) + intercept)
    if (margin > 0) continue
    loss -= margin
    updates++
    weights.add(row, sign)
    intercept += sign
  }
  return { updates, loss, intercept }
}
