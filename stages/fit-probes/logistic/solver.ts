/**
 * Solves many regressions over one matrix in lock-step: each round evaluates all active ones on shared products. A
 * problem's solution does not depend on the others (a row of a product depends only on its own vector).
 */
import { breathe } from "../data/probe-data.ts"
import { FLOAT_BYTES, type FitKernel } from "./kernel.ts"
import type { Minimum, Query, SearchSpace, Tolerance } from "./lbfgs.ts"
import { lbfgs, SEARCH_VECTORS, searchSpace } from "./lbfgs.ts"
import type { Matrix } from "./matrix.ts"
import type { Spectrum } from "./preconditioner.ts"
import type { HeldOut, LogisticProblem, Losses, Regression } from "./problem.ts"
import { finishGradient, foldScalingIn, lossPass, meanCurvatures, placeProblem } from "./problem.ts"
import type { Shape } from "./shape.ts"

/** Scores held at once: as many as fit in a core's cache. */
const BLOCK = 1 << 18

/** Memory for one search at a time. */
export type Slot = SearchSpace

/** Bytes of a slot for this many classes. */
export const searchBytes = ({ stride }: Shape, classes: number): number =>
  SEARCH_VECTORS * (classes === 2 ? 1 : classes) * stride * FLOAT_BYTES

interface Task {
  readonly problem: LogisticProblem
  readonly c: number
  readonly slot: Slot
  readonly start: Float32Array
  readonly tolerance: Tolerance
  /** may add more */
  readonly done: (minimum: Minimum) => void
}

interface Active extends Task {
  readonly search: Generator<Query, Minimum, void>
  query: Query
  /** from the first evaluation on */
  inverse: Inverse | null
}

/** A problem's H₀: per vector V (D − τ) Vᵀ + τ, and a number for the intercept. */
interface Inverse {
  /** [vectors × rank] D − τ */
  readonly leading: Float32Array
  /** [vectors] τ, and the intercept's */
  readonly rest: Float64Array
  readonly intercept: Float64Array
}

export class Solver {
  readonly shape: Shape
  private active: Array<Active> = []
  private readonly kernel: FitKernel
  private readonly features: Matrix
  private readonly spectrum: Spectrum
  /** vectors that fit the buffers */
  private readonly room: number
  /** addresses: operands and products [room × stride], scores [room × rows], reduced [room × rank] */
  private readonly operands: number
  private readonly products: number
  private readonly scores: number
  private readonly reduced: number

  /** @param classes the largest number of classes of a problem */
  constructor(kernel: FitKernel, shape: Shape, features: Matrix, spectrum: Spectrum, classes: number) {
    this.kernel = kernel
    this.shape = shape
    this.features = features
    this.spectrum = spectrum
    this.room = Math.max(classes, Math.floor(BLOCK / shape.rows))
    this.operands = kernel.allocate(this.room * shape.stride)
    this.products = kernel.allocate(this.room * shape.stride)
    this.scores = kernel.allocate(this.room * shape.rows)
    this.reduced = kernel.allocate(this.room * spectrum.values.length)
  }

  slot(vectors: number): Slot {
    return searchSpace(this.kernel, vectors * this.shape.stride)
  }

  place(regression: Regression, heldOut?: HeldOut): LogisticProblem {
    return placeProblem(this.kernel, this.shape, regression, heldOut)
  }

  /** Adds a problem. */
  add(task: Task): void {
    const { slot: space, start, tolerance } = task
    const search = lbfgs({ kernel: this.kernel, space, start, tolerance })
    const first = search.next()
    if (first.done) throw new Error("a search ends before its first point")
    this.active.push({ ...task, search, query: first.value, inverse: null })
  }

  /** Runs until no problem is left. */
  async run(signal?: AbortSignal, round?: () => void): Promise<void> {
    while (this.active.length > 0) {
      const current = this.active
      this.active = []
      for (let from = 0; from < current.length;) {
        const to = this.blockEnd(current, from)
        await this.evaluate(current.slice(from, to))
        await breathe()
        signal?.throwIfAborted()
        from = to
      }
      for (const item of current) {
        const next = item.search.next()
        if (next.done) item.done(next.value)
        else {
          item.query = next.value
          this.active.push(item)
        }
      }
      round?.()
    }
  }

  /** Takes whole problems as long as they fit the buffers. */
  private blockEnd(items: ReadonlyArray<Active>, from: number): number {
    let taken = 0
    let to = from
    while (to < items.length && taken + items[to]!.problem.vectors <= this.room)
      taken += items[to++]!.problem.vectors
    return to
  }

  private async evaluate(items: ReadonlyArray<Active>): Promise<void> {
    const { kernel, shape, features, operands, scores, products } = this
    const { stride, rows } = shape
    const place = (address: number, from: number, width: number) => address + from * width * FLOAT_BYTES
    const firsts: Array<number> = []
    let k = 0
    for (const { problem, query } of items) {
      foldScalingIn(kernel, shape, problem, query, place(operands, k, stride))
      firsts.push(k)
      k += problem.vectors
    }
    await features.timesTranspose(kernel.at(operands, k * stride), k, kernel.at(scores, k * rows))
    const losses: Array<Losses> = []
    for (const [i, item] of items.entries()) {
      const at = place(scores, firsts[i]!, rows)
      losses.push(lossPass(kernel, shape, item.problem, at))
      item.inverse ??= this.inverseOf(item, at)
    }
    await features.times(kernel.at(scores, k * rows), k, kernel.at(products, k * stride))
    for (const [i, { problem, query, c }] of items.entries()) {
      const { loss, heldOut } = losses[i]!
      const penalty = finishGradient(kernel, shape, problem, c, query, place(products, firsts[i]!, stride))
      query.loss = loss / problem.total + penalty
      query.heldOut = heldOut
      kernel.copy(place(operands, firsts[i]!, stride), query.gradient, problem.vectors * stride)
    }
    await this.precondition(items, k)
  }

  /** From `operands`, which hold the gradients. */
  private async precondition(items: ReadonlyArray<Active>, k: number): Promise<void> {
    const { kernel, spectrum, operands, reduced, products } = this
    const { stride, width } = this.shape
    const rank = spectrum.values.length
    const inner = kernel.at(reduced, k * rank)
    await spectrum.vectors.timesTranspose(kernel.at(operands, k * stride), k, inner)
    let at = 0
    for (const { inverse } of items) {
      multiply(inner, at, inverse!.leading)
      at += inverse!.leading.length
    }
    await spectrum.vectors.times(inner, k, kernel.at(products, k * stride))
    const { floats, passes } = kernel
    let from = products
    for (const { problem, query, inverse } of items)
      for (let v = 0; v < problem.vectors; v++, from += stride * FLOAT_BYTES) {
        const offset = v * stride * FLOAT_BYTES
        const to = query.preconditioned + offset
        kernel.factors(inverse!.rest[v]!)
        passes.precondition(to, from, query.gradient + offset, problem.place.mask, to + stride * FLOAT_BYTES)
        floats[to / FLOAT_BYTES + width] =
          floats[(query.gradient + offset) / FLOAT_BYTES + width]! * inverse!.intercept[v]!
      }
  }

  /** A vector's block of the Hessian is about curvature · G + shrink · I; τ is the inverse outside the spectrum. */
  private inverseOf({ problem, c }: Task, residuals: number): Inverse {
    const { values, rest } = this.spectrum
    const shrink = 1 / (c * problem.total)
    const curvatures = meanCurvatures(this.kernel, this.shape, problem, residuals).map((curvature) =>
      Math.max(curvature, 1e-6)
    )
    const taus = curvatures.map((curvature) => (rest === null ? 0 : 1 / (curvature * rest + shrink)))
    const leading = new Float32Array(problem.vectors * values.length)
    curvatures.forEach((curvature, v) =>
      values.forEach((value, j) => {
        leading[v * values.length + j] = 1 / (curvature * value + shrink) - taus[v]!
      })
    )
    return { leading, rest: taus, intercept: curvatures.map((curvature) => 1 / curvature) }
  }
}

function multiply(values: Float32Array, from: number, factors: Float32Array): void {
  for (let i = 0; i < factors.length; i++) values[from + i]! *= factors[i]!
}
