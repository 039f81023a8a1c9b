/** Float32 features in the kernel's memory, and beside them what it needs to know about rows, and vectors of weights. */
import type { FeatureRows } from "./exact.ts"
import { floatsAtATime, type ScanKernel, scanKernel, sideBytes, state } from "./scan-kernel.ts"
import { type ScoreBound, scoreBound, squaredNorm } from "./score-bound.ts"

/** Data that needs more is fitted without the kernel, whose addresses end at 4 GiB. */
const mostBytes = 2 ** 31
const aligned = (bytes: number) => Math.ceil(bytes / (4 * floatsAtATime)) * 4 * floatsAtATime

export class KernelRows implements FeatureRows<Float32Array> {
  readonly kernel: ScanKernel
  /** the whole memory, which begins with the rows */
  readonly x: Float32Array
  /** float32 from row to row, and in a vector of weights */
  readonly stride: number
  readonly width: number
  /** [rows × 2] norms and signs */
  readonly sides: Float64Array
  readonly largestNorm: number
  readonly bound: ScoreBound
  /** where the kernel's state begins, in bytes; and its row numbers, of which there may be as many as rows */
  readonly state: number
  readonly numbers: number
  private readonly vectors: number

  private constructor(features: Float32Array, width: number, vectors: number) {
    const rows = features.length / width
    this.width = width
    this.stride = aligned(4 * width) / 4
    const sides = 4 * rows * this.stride
    this.state = sides + aligned(sideBytes * rows)
    this.numbers = this.state + state.bytes
    this.vectors = this.numbers + aligned(4 * rows)
    const bytes = this.vectors + 4 * vectors * this.stride
    if (bytes > mostBytes) throw new RangeError(`the kernel would need ${bytes} bytes`)
    this.kernel = scanKernel({ rowBytes: 4 * this.stride, sides, state: this.state }, bytes)
    const { buffer } = this.kernel.memory
    this.x = new Float32Array(buffer)
    this.sides = new Float64Array(buffer, sides, 2 * rows)
    let largest = 0
    for (let row = 0; row < rows; row++) {
      const [start, end] = [row * width, (row + 1) * width]
      this.x.set(features.subarray(start, end), row * this.stride)
      const norm = Math.sqrt(squaredNorm(features, start, end))
      this.sides[2 * row] = norm
      largest = Math.max(largest, norm)
    }
    this.largestNorm = largest
    this.bound = scoreBound(width)
  }

  /**
   * Copies the features.
   *
   * @param features [rows × width]
   * @param vectors how many vectors of weights there may be at a time
   * @returns undefined if there is no memory for them
   */
  static of(features: Float32Array, width: number, vectors: number): KernelRows | undefined {
    try {
      return new KernelRows(features, width, vectors)
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

  /** Where the vector with this number begins, in bytes. */
  startOf(vector: number): number {
    return this.vectors + 4 * vector * this.stride
  }

  normOf(row: number): number {
    return this.sides[2 * row]!
  }
}
