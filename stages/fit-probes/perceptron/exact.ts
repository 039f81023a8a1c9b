/**
 * Epochs in scikit-learn's own arithmetic: products are rounded to the data's type and summed one by one in double;
 * weights are rounded to the data's type.
 */
import { exactly, type EpochLoss } from "./stopping-rule.ts"

/** [rows × stride], row-major; the first `width` values of a row are its features */
export interface FeatureRows<T extends Float32Array | Float64Array> {
  readonly x: T
  readonly stride: number
  readonly width: number
}

export interface ExactWeights {
  score(row: number): number
  /** Adds the row (sign 1), or subtracts it (−1). */
  add(row: number, sign: number): void
}

abstract class Weights<T extends Float32Array | Float64Array> implements ExactWeights {
  /** [width], or longer */
  readonly values: T
  protected readonly rows: FeatureRows<T>

  constructor(values: T, rows: FeatureRows<T>) {
    this.values = values
    this.rows = rows
  }

  abstract score(row: number): number

  add(row: number, sign: number): void {
    const { values, rows } = this
    const { x, stride, width } = rows
    const start = row * stride
    for (let j = 0; j < width; j++) values[j]! += sign * x[start + j]! // rounded when stored
  }
}

export class Float32Weights extends Weights<Float32Array> {
  score(row: number): number {
    const { values, rows } = this
    const { x, stride, width } = rows
    const start = row * stride
    let score = 0
    for (let j = 0; j < width; j++) score += Math.fround(values[j]! * x[start + j]!)
    return score
  }
}

export class Float64Weights extends Weights<Float64Array> {
  score(row: number): number {
    const { values, rows } = this
    const { x, stride, width } = rows
    const start = row * stride
    let score = 0
    for (let j = 0; j < width; j++) score += values[j]! * x[start + j]!
    return score
  }
}

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
