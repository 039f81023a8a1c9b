/** One vector of float32 weights in the kernel's memory, with quick scores and a bound for their error. */
import type { DotKernel } from "./dot-kernel.ts"
import { Float32Weights } from "./exact-weights.ts"
import { reachOf, squaredNorm } from "./score-bound.ts"
import type { KernelRows } from "./kernel-rows.ts"

export class FilteredWeights {
  /** the same weights, for exact scores */
  readonly exact: Float32Weights
  private readonly rows: KernelRows
  private readonly kernel: DotKernel
  /** addresses in bytes */
  private readonly start: number
  private readonly end: number
  private readonly target: number
  /** the four sums */
  private readonly sums: Float32Array
  /** not below ‖weights‖² */
  private squared = 0
  private reach = 0

  /** The vector with this number; its weights become 0. */
  constructor(rows: KernelRows, vector: number) {
    const { kernel, x, width, stride, target } = rows
    const start = rows.startOf(vector)
    const values = x.subarray(start, start + width).fill(0)
    this.exact = new Float32Weights(values, rows)
    this.rows = rows
    this.kernel = kernel
    this.start = 4 * start
    this.end = 4 * (start + stride)
    this.target = 4 * target
    this.sums = x.subarray(target, target + 4)
  }

  /** The score, up to `error(row)`. */
  score(row: number): number {
    const { kernel, rows, sums } = this
    kernel.dot(this.start, this.end, 4 * row * rows.stride, this.target)
    return sums[0]! + sums[1]! + sums[2]! + sums[3]!
  }

  /** NaN if there is no bound. */
  error(row: number): number {
    return this.reach * this.rows.norms[row]! + this.rows.bound.absolute
  }

  /**
   * Adds the row (sign 1), or subtracts it (−1).
   *
   * ‖w ± x‖² = ‖w‖² + ‖x‖² ± 2·w·x. The last term takes the summand for rounding the weights, by a factor of up to
   * (1 + 2⁻²⁴)² for a square that is at most 2·(‖w‖² + ‖x‖²), and for rounding here.
   *
   * @param score what `score(row)` gave
   */
  add(row: number, sign: number, score: number): void {
    const { kernel, rows } = this
    if (sign > 0) kernel.add(this.start, this.end, 4 * row * rows.stride)
    else kernel.subtract(this.start, this.end, 4 * row * rows.stride)
    const squares = this.squared + rows.norms[row]! * rows.norms[row]!
    this.setSquared(squares + 2 * (sign * score + this.error(row)) + 2 ** -21 * squares)
  }

  /** Computes the norm anew, since the bound for it moves away from it. */
  measure(): void {
    const { values } = this.exact
    this.setSquared(squaredNorm(values, 0, values.length))
  }

  private setSquared(squared: number): void {
    this.squared = squared
    this.reach = reachOf(this.rows.bound, Math.sqrt(squared), this.rows.largestNorm)
  }
}
