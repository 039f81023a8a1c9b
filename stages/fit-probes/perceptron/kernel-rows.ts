/** Float32 features in the kernel's memory, and vectors of weights beside them. */
import { type DotKernel, dotKernel, floatsAtATime } from "./dot-kernel.ts"
import type { Rows } from "./exact-weights.ts"
import { type ScoreBound, scoreBound, squaredNorm } from "./score-bound.ts"

/** Data that needs more is fitted without the kernel, whose addresses end at 4 GiB. */
const mostBytes = 2 ** 31

export class KernelRows implements Rows<Float32Array> {
  readonly kernel: DotKernel
  /** the kernel's whole memory; it begins with the rows */
  readonly x: Float32Array
  readonly width: number
  readonly stride: number
  /** [rows] */
  readonly norms: Float64Array
  readonly largestNorm: number
  readonly bound: ScoreBound
  /** where the rows end, in floats */
  private readonly end: number

  /** Copies the features, for which the kernel has enough memory. */
  private constructor(kernel: DotKernel, features: Float32Array, width: number) {
    const rows = features.length / width
    this.kernel = kernel
    this.x = new Float32Array(kernel.memory.buffer)
    this.width = width
    this.stride = padded(width)
    this.end = rows * this.stride
    this.bound = scoreBound(width)
    this.norms = new Float64Array(rows)
    for (let row = 0; row < rows; row++) {
      this.x.set(features.subarray(row * width, (row + 1) * width), row * this.stride)
      this.norms[row] = Math.sqrt(squaredNorm(features, row * width, (row + 1) * width))
    }
    this.largestNorm = this.norms.reduce((a, b) => Math.max(a, b), 0)
  }

  /**
   * @param features [rows × width]
   * @param vectors how many vectors of weights there may be at a time
   * @returns undefined if there is no memory for them
   */
  static of(features: Float32Array, width: number, vectors: number): KernelRows | undefined {
    const floats = (features.length / width + vectors) * padded(width) + sums
    if (4 * floats > mostBytes) return undefined
    try {
      return new KernelRows(dotKernel(4 * floats), features, width)
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

  /** Where the vector with this number begins, in floats. */
  startOf(vector: number): number {
    return this.end + sums + vector * this.stride
  }

  /** Where the kernel stores four sums, in floats. */
  get target(): number {
    return this.end
  }
}

/** Room for the four sums, after which vectors are still aligned. */
const sums = floatsAtATime

const padded = (width: number): number => Math.ceil(width / floatsAtATime) * floatsAtATime
