/** One vector of float32 weights in the kernel's memory, with quick scores and a bound for their error. */
import { Float32Weights } from "./exact.ts"
import type { KernelRows } from "./kernel-rows.ts"
import { state } from "./scan-kernel.ts"
import { largestError, squaredNorm } from "./score-bound.ts"

export class FilteredWeights {
  /** the same weights, for exact scores */
  readonly exact: Float32Weights
  private readonly rows: KernelRows
  /** addresses in bytes */
  private readonly start: number
  private readonly end: number
  private readonly sums: Float32Array
  /** row numbers that the kernel reads, and the state's integers and floats */
  private readonly numbers: Int32Array
  private readonly integers: Int32Array
  private readonly floats: Float64Array
  /** not below ‖weights‖² */
  private squared = 0
  private reach = 0

  /** The vector with this number; its weights become 0. */
  constructor(rows: KernelRows, vector: number) {
    const { buffer } = rows.kernel.memory
    this.rows = rows
    this.start = rows.startOf(vector)
    this.end = this.start + 4 * rows.stride
    this.exact = new Float32Weights(new Float32Array(buffer, this.start, rows.width).fill(0), rows)
    this.sums = new Float32Array(buffer, rows.state + state.sums, 4)
    this.numbers = new Int32Array(buffer, rows.numbers, rows.sides.length / 2)
    this.integers = new Int32Array(buffer, rows.state, state.bytes / 4)
    this.floats = new Float64Array(buffer, rows.state, state.bytes / 8)
  }

  /** Tells the kernel which rows come, and what their signs are. */
  show(order: Int32Array, signs: Int8Array): void {
    const { sides } = this.rows
    this.numbers.set(order)
    for (let row = 0; row < signs.length; row++) sides[2 * row + 1] = signs[row]!
    this.floats[state.absolute / 8] = this.rows.bound.absolute
  }

  /**
   * Passes over rows that are certainly on their side.
   *
   * @returns the place in the order after the first that may not be, or after the last; `lastScore` is the score before
   */
  scan(place: number, places: number, intercept: number): number {
    const { floats, integers, rows } = this
    floats[state.intercept / 8] = intercept
    floats[state.reach / 8] = this.reach
    const { kernel, numbers } = rows
    kernel.scan(numbers + 4 * place, numbers + 4 * places, this.start, this.end)
    return (integers[state.next / 4]! - numbers) / 4
  }

  /** The score of the last row scanned, up to `error(row)`. */
  lastScore(): number {
    const { sums } = this
    return sums[0]! + sums[1]! + sums[2]! + sums[3]!
  }

  /** The score, up to `error(row)`. */
  score(row: number): number {
    this.numbers[0] = row
    this.scan(0, 1, 0)
    return this.lastScore()
  }

  /** NaN if there is no bound. */
  error(row: number): number {
    return this.reach * this.rows.normOf(row) + this.rows.bound.absolute
  }

  /**
   * Adds the row (sign 1), or subtracts it (−1).
   *
   * ‖w ± x‖² = ‖w‖² + ‖x‖² ± 2·w·x. The last summand is for the rounding of the weights, a factor of up to (1 + 2⁻²⁴)² for
   * a square that is at most 2·(‖w‖² + ‖x‖²), and for rounding here.
   *
   * @param score the row's score up to `error(row)`
   */
  add(row: number, sign: number, score: number): void {
    const { kernel, stride } = this.rows
    if (sign > 0) kernel.add(this.start, this.end, 4 * row * stride)
    else kernel.subtract(this.start, this.end, 4 * row * stride)
    const norm = this.rows.normOf(row)
    const squares = this.squared + norm * norm
    this.setSquared(squares + 2 * (sign * score + this.error(row)) + 2 ** -21 * squares)
  }

  /** Computes the norm anew, since the bound for it moves away from it. */
  measure(): void {
    const { values } = this.exact
    this.setSquared(squaredNorm(values, 0, values.length))
  }

  private setSquared(squared: number): void {
    this.squared = squared
    this.reach = largestError(this.rows.bound, Math.sqrt(squared), this.rows.largestNorm)
  }
}
