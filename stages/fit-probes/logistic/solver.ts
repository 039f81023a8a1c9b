/**
 * Solves many regressions over one matrix in lock-step: each round evaluates all active ones on shared products. A
 * problem's solution does not depend on the others (a row of a product depends only on its own vector).
 */
import { breathe } from "../probes/probe.ts"
import type { Minimum, Query } from "./lbfgs.ts"
import { lbfgs } from "./lbfgs.ts"
import type { Matrix } from "./matrix.ts"
import type { Spectrum } from "./preconditioner.ts"
import type { Pass, LogisticProblem } from "./problem.ts"
import { finishGradient, foldScalingIn, lossPass, meanCurvatures } from "./problem.ts"

/** Scores held at once (4 bytes each): as many as fit in a core's cache. */
const BLOCK = 1 << 18

interface Active {
  readonly problem: LogisticProblem
  readonly search: Generator<Query, Minimum, void>
  query: Query
  readonly done: (minimum: Minimum) => Promise<void>
  /** [vectors] the mean curvatures at the start, which determine the preconditioner */
  curvatures: Float64Array | null
}

export class Solver {
  /** evaluations so far, for all problems */
  evaluations = 0
  private active: Array<Active> = []
  private readonly features: Matrix
  private readonly spectrum: Spectrum
  private readonly buffers: {
    vectors: Float32Array
    scores: Float32Array
    residuals: Float32Array
    products: Float32Array
    reduced: Float32Array
  }

  /** @param widest the largest number of vectors of a problem */
  constructor(features: Matrix, spectrum: Spectrum, widest: number) {
    this.features = features
    this.spectrum = spectrum
    const { rows, columns } = features
    const k = Math.max(widest, Math.floor(BLOCK / rows))
    this.buffers = {
      vectors: new Float32Array(k * columns),
      scores: new Float32Array(k * rows),
      residuals: new Float32Array(k * rows),
      products: new Float32Array(k * columns),
      reduced: new Float32Array(k * spectrum.values.length)
    }
  }

  /** Adds a problem; `done` may add more, and is awaited. */
  add(
    problem: LogisticProblem,
    start: Float64Array,
    tolerance: number,
    done: (minimum: Minimum) => Promise<void>
  ): void {
    const search = lbfgs(start, { tolerance })
    const first = search.next()
    if (first.done) throw new Error("a search ends before its first point")
    this.active.push({ problem, search, query: first.value, done, curvatures: null })
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
        if (next.done) await item.done(next.value)
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
    const { rows } = this.features
    const room = this.buffers.scores.length / rows
    let taken = 0
    let to = from
    while (to < items.length && taken + items[to]!.problem.vectors <= room)
      taken += items[to++]!.problem.vectors
    return to
  }

  private async evaluate(items: ReadonlyArray<Active>): Promise<void> {
    const { features, buffers } = this
    const { rows: n, columns: width } = features
    const offsets: Array<Float64Array> = []
    let k = 0
    for (const { problem, query } of items) {
      offsets.push(foldScalingIn(query.x, problem, part(buffers.vectors, k, problem.vectors, width)))
      k += problem.vectors
    }
    await features.timesTranspose(buffers.vectors, k, buffers.scores)
    const passes: Array<Pass> = []
    k = 0
    for (const [i, item] of items.entries()) {
      const { vectors } = item.problem
      const scores = part(buffers.scores, k, vectors, n)
      const residuals = part(buffers.residuals, k, vectors, n)
      const pass = lossPass(item.problem, scores, offsets[i]!, residuals, n)
      item.curvatures ??= meanCurvatures(item.problem, residuals, n)
      passes.push(pass)
      k += vectors
    }
    await features.times(buffers.residuals, k, buffers.products)
    k = 0
    for (const [i, { problem, query }] of items.entries()) {
      const products = part(buffers.products, k, problem.vectors, width)
      const penalty = finishGradient(problem, query.x, passes[i]!.sums, products, query.gradient)
      query.loss = passes[i]!.loss / problem.total + penalty
      k += problem.vectors
    }
    this.evaluations += items.length
    await this.precondition(items)
  }

  /** preconditioned = V (D − τ) Vᵀ gradient + τ gradient, with D and τ per vector. */
  private async precondition(items: ReadonlyArray<Active>): Promise<void> {
    const { spectrum, buffers } = this
    const { columns: width } = this.features
    const { values } = spectrum
    const rank = values.length
    let k = 0
    for (const { problem, query } of items)
      for (let v = 0; v < problem.vectors; v++, k++) {
        const at = v * (width + 1)
        buffers.vectors.set(query.gradient.subarray(at, at + width), k * width)
      }
    await spectrum.vectors.timesTranspose(buffers.vectors, k, buffers.reduced)
    k = 0
    for (const item of items)
      for (let v = 0; v < item.problem.vectors; v++, k++) {
        const { curvature, shrink, tau } = this.scales(item, v)
        for (let j = 0; j < rank; j++)
          buffers.reduced[k * rank + j]! *= 1 / (curvature * values[j]! + shrink) - tau
      }
    await spectrum.vectors.times(buffers.reduced, k, buffers.products)
    k = 0
    for (const item of items) {
      const { problem, query } = item
      const { inverse } = problem.scaling
      for (let v = 0; v < problem.vectors; v++, k++) {
        const { curvature, tau } = this.scales(item, v)
        const at = v * (width + 1)
        for (let j = 0; j < width; j++)
          query.preconditioned[at + j] =
            inverse[j] === 0 ? 0 : buffers.products[k * width + j]! + tau * query.gradient[at + j]!
        query.preconditioned[at + width] = query.gradient[at + width]! / curvature
      }
    }
  }

  /** A vector's block of the Hessian is about curvature · G + shrink · I; tau is the inverse outside the spectrum. */
  private scales({ problem, curvatures }: Active, vector: number) {
    const { rest } = this.spectrum
    const curvature = Math.max(curvatures![vector]!, 1e-6)
    const shrink = 1 / (problem.c * problem.total)
    return { curvature, shrink, tau: rest === null ? 0 : 1 / (curvature * rest + shrink) }
  }
}

const part = (buffer: Float32Array, from: number, count: number, width: number) =>
  buffer.subarray(from * width, (from + count) * width)
