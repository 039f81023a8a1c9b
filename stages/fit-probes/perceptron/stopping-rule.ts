/** scikit-learn's rule for the end of training, also for losses that are known only to lie in an interval. */

export const MAX_EPOCHS = 1000
const TOLERANCE = 1e-3
const PATIENCE = 5

/** An epoch's mean loss, as scikit-learn computes it. */
export interface EpochLoss {
  /** it lies in low … high */
  readonly low: number
  readonly high: number
  /** computes it, which may take as long as an epoch */
  readonly exact: () => number
}

export const exactly = (loss: number): EpochLoss => ({ low: loss, high: loss, exact: () => loss })

export class StoppingRule {
  epochs = 0
  private best = exactly(Infinity)
  private stale = 0

  /** Counts an epoch; returns whether it is the last. */
  count(loss: EpochLoss): boolean {
    this.epochs++
    if (!this.decides(loss)) {
      this.best = exactly(this.best.exact())
      loss = exactly(loss.exact())
    }
    if (loss.low > this.best.high - TOLERANCE) this.stale++
    else this.stale = 0
    if (loss.high < this.best.low) this.best = loss
    return this.stale >= PATIENCE || this.epochs >= MAX_EPOCHS
  }

  /**
   * Whether the intervals show how the loss compares with the best one, and with the best one less the tolerance.
   * Rounding does not matter here, since the difference is rounded monotonically.
   */
  private decides({ low, high }: EpochLoss): boolean {
    const { best } = this
    const isStale = low > best.high - TOLERANCE || high <= best.low - TOLERANCE
    return isStale && (high < best.low || low >= best.high)
  }
}
