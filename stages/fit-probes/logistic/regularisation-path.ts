/**
 * Chooses C for one outer split: inner folds by image, each with its own scaling; the C with the least mean
 * out-of-fold log-loss, ties to the smaller; then a refit on all training rows.
 *
 * C runs from small to large, and each fit starts where the two solutions before it point. The path ends early once the loss has
 * risen at two consecutive C's, which gives the same choice if the loss has a single valley over the grid.
 */
import type { Minimum } from "./lbfgs.ts"
import type { Tolerances } from "./options.ts"
import type { LogisticProblem, Regression } from "./problem.ts"
import { priorSolution } from "./problem.ts"
import type { Slot, Solver } from "./solver.ts"
import type { InnerFold, TrainingSets } from "./training-sets.ts"

export interface PathResult {
  readonly cIndex: number
  /** [grid] the mean inner log-loss; NaN past the end of the path */
  readonly innerLosses: Float64Array
  /** of each inner fold at the chosen C; none if nothing was chosen */
  readonly solutions: ReadonlyArray<Float32Array>
  readonly minimum: Minimum
}

/**
 * −ln p for a class missing from the training rows: p is float64's epsilon, 2⁻⁵², as in scikit-learn's `log_loss`.
 */
export const UNSEEN_LOSS = 36.04365338911715

/** A regression with its last two solutions along the path. */
interface Fold {
  readonly regression: Regression
  readonly problem: LogisticProblem
  readonly slot: Slot
  solution: Float32Array
  before: Float32Array
  /** Σ wℓ of the held-out rows whose class is missing */
  readonly unseen: number
  heldOut: number
}

export class RegularisationPath {
  result: PathResult | null = null
  /** steps done, of grid.length + 1 */
  steps = 0
  private readonly solver: Solver
  readonly outer: Regression
  readonly inner: ReadonlyArray<InnerFold>
  private readonly folds: ReadonlyArray<Fold>
  private readonly outerProblem: LogisticProblem
  private readonly outerSlot: Slot
  private readonly grid: ReadonlyArray<number>
  private readonly tolerances: Tolerances
  private readonly losses: Float64Array
  /** of all held-out rows */
  private readonly weight: number
  private best = { index: -1, loss: Infinity, solutions: [] as Array<Float32Array> }
  private rises = 0
  private index = 0
  private pending = 0

  constructor(options: {
    readonly solver: Solver
    readonly sets: TrainingSets
    readonly grid: ReadonlyArray<number>
    readonly tolerances: Tolerances
  }) {
    const { solver, sets, grid, tolerances } = options
    this.solver = solver
    this.outer = sets.outer
    this.inner = sets.inner
    this.grid = grid
    this.tolerances = tolerances
    this.losses = new Float64Array(grid.length).fill(NaN)
    this.weight = sets.inner.reduce((total, { heldOut }) => total + sum(heldOut.weights), 0)
    this.folds = sets.inner.map(({ regression, heldOut }) => {
      const prior = priorSolution(regression, solver.shape)
      return {
        regression,
        problem: solver.place(regression, heldOut),
        slot: solver.slot(sets.outer.vectors),
        solution: prior,
        before: prior,
        unseen: UNSEEN_LOSS * sum(heldOut.weights.filter((_, t) => heldOut.labels[t]! < 0)),
        heldOut: 0
      }
    })
    this.outerProblem = solver.place(sets.outer)
    this.outerSlot = this.folds[0]?.slot ?? solver.slot(sets.outer.vectors)
  }

  /** Adds the first fits to the solver. */
  start(): void {
    if (this.folds.length === 0) return this.refit(0)
    this.pending = this.folds.length
    for (const fold of this.folds) {
      // a single class has no loss
      if (fold.regression.classes.length < 2) this.judge(fold, 0)
      else
        this.solver.add({
          problem: fold.problem,
          c: this.grid[this.index]!,
          slot: fold.slot,
          start: extrapolated(fold),
          tolerance: this.tolerances.inner,
          done: ({ x, heldOut }) => {
            fold.before = fold.solution
            fold.solution = x
            this.judge(fold, heldOut)
          }
        })
    }
  }

  private judge(fold: Fold, heldOut: number): void {
    fold.heldOut = heldOut + fold.unseen
    if (--this.pending === 0) this.advance()
  }

  private advance(): void {
    const loss = this.folds.reduce((total, { heldOut }) => total + heldOut, 0) / this.weight
    this.rises = this.index > 0 && loss > this.losses[this.index - 1]! ? this.rises + 1 : 0
    this.losses[this.index] = loss
    if (loss < this.best.loss)
      this.best = { index: this.index, loss, solutions: this.folds.map(({ solution }) => solution) }
    this.index++
    this.steps = this.index
    if (this.rises >= 2 || this.index === this.grid.length) this.refit(this.best.index)
    else this.start()
  }

  private refit(cIndex: number): void {
    const prior = priorSolution(this.outer, this.solver.shape)
    const fitting = this.best.solutions.filter((solution) => solution.length === prior.length)
    this.solver.add({
      problem: this.outerProblem,
      c: this.grid[cIndex]!,
      slot: this.outerSlot,
      start: fitting.length === 0 ? prior : average(fitting),
      tolerance: this.tolerances.refit,
      done: (minimum) => {
        this.steps = this.grid.length + 1
        this.result = { cIndex, innerLosses: this.losses, solutions: this.best.solutions, minimum }
      }
    })
  }
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0)

/** Where the next solution would lie if it were as far from the last as that from the one before. */
function extrapolated({ solution, before }: Fold): Float32Array {
  const next = new Float32Array(solution.length)
  for (let i = 0; i < next.length; i++) next[i] = 2 * solution[i]! - before[i]!
  return next
}

function average(solutions: ReadonlyArray<Float32Array>): Float32Array {
  const mean = new Float64Array(solutions[0]!.length)
  for (const solution of solutions)
    for (let i = 0; i < mean.length; i++) mean[i]! += solution[i]! / solutions.length
  return Float32Array.from(mean)
}
