/** One vector, fitted epoch by epoch. */
import type { Learner } from "./exact.ts"
import { exactly, StoppingRule } from "./stopping-rule.ts"

export class VectorFit {
  private readonly rule = new StoppingRule()
  private readonly learner: Learner
  private order: Int32Array
  private readonly signs: Int8Array
  private readonly permutation: Int32Array | null

  /**
   * @param rows the training rows
   * @param signs 1 or −1 for each row of the data
   * @param permutation what the shuffle before each epoch does; null: no shuffle
   */
  constructor(learner: Learner, rows: Int32Array, signs: Int8Array, permutation: Int32Array | null) {
    this.learner = learner
    this.order = rows
    this.signs = signs
    this.permutation = permutation
  }

  get epochs(): number {
    return this.rule.epochs
  }

  /** Runs an epoch; returns true when training is over. */
  epoch(): boolean {
    const { permutation, order, learner, rule } = this
    if (permutation !== null) this.order = permuted(order, permutation)
    const { updates, loss } = learner.epoch(this.order, this.signs)
    if (updates > 0) return rule.count(loss)
    // after an epoch without updates all later ones are the same in any order: count them without running them
    let over = false
    while (!over) over = rule.count(exactly(0))
    return over
  }
}

function permuted(order: Int32Array, permutation: Int32Array): Int32Array {
  const next = new Int32Array(order.length)
  for (let i = 0; i < order.length; i++) next[i] = order[permutation[i]!]!
  return next
}
